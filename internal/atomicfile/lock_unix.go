//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package atomicfile

import (
	"os"

	"golang.org/x/sys/unix"
)

// lockShared marks f as used by this process, until f is closed. The system removes
// the mark when the process ends. Without a lock, a file system that cannot lock, the
// file is not deleted either: lockExclusive fails there too.
func lockShared(f *os.File) { _ = unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB) }

// lockExclusive reports whether no other process uses f.
func lockExclusive(f *os.File) bool {
	return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil
}
