package render

import "syscall"

// limitData lets the system refuse private memory beyond limit bytes. It
// counts what is mapped to be written, so that the address space which Go
// reserves beforehand does not matter.
func limitData(limit uint64) {
	// An error leaves the watch in limitMemory.
	_ = syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: limit, Max: limit})
}
