package render

import "syscall"

// limitData makes the system refuse private writable memory over limit bytes.
// Address space that Go reserves in advance does not count.
func limitData(limit uint64) {
	// After an error, the checks of limitProcess still apply.
	_ = syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: limit, Max: limit})
}
