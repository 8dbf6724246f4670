package atomicfile

import (
	"os"

	"golang.org/x/sys/windows"
)

// The locked byte is far behind the end of the file: a lock prevents other processes
// from reading what it covers.
func lockRange() *windows.Overlapped { return &windows.Overlapped{OffsetHigh: 1 << 30} }

// lockShared marks f as used by this process, until f is closed.
func lockShared(f *os.File) {
	_ = windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, lockRange())
}

// lockExclusive reports whether no other process uses f.
func lockExclusive(f *os.File) bool {
	return windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, lockRange()) == nil
}
