// Package archtest holds the architecture as a test: the rows of packages,
// what each package may import, and how many parameters a function may have.
//
// It exports nothing. The table is in table_test.go, one entry per package; a
// new package needs an entry there before the tests pass, and an entry without
// a package fails too. ARCHITECTURE.md says what the rows are for.
package archtest
