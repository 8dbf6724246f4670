// Package torture has tests that kill the program, and that let system calls,
// file systems and other processes interfere with it. `make torture` runs them; without
// the flag -rounds they are skipped. docs/reliability.md has the figures.
package torture
