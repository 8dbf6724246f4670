// Package licenses tests that THIRD_PARTY_LICENSES has the licenses of all modules that
// are linked into the program, on every system that has releases.
//
// It exports nothing. `make golden` writes the file again.
package licenses
