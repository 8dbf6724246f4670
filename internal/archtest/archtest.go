// Package archtest tests the architecture: the rows of packages, the imports
// that each package may have, and the number of parameters that a function may
// have.
//
// It exports nothing. The table is in table_test.go and has one entry per
// package. A package without an entry fails the tests, and so does an entry
// without a package. ARCHITECTURE.md describes the rows.
package archtest
