// Package archtest holds the architecture as a test: the rows of the packages,
// what each may import of ours and of others, and which names no package has.
//
// There is nothing to call. The table is in table_test.go, one line a package;
// a new package needs a line there before the tests pass. ARCHITECTURE.md
// says what the rows are for.
package archtest
