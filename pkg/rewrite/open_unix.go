//go:build unix

package rewrite

import (
	"os"
	"syscall"
)

// open opens the file at path for reading. Unlike os.Open, it does not try to
// register the file with the runtime's poller, which does not support regular
// files. The registration accounts for half of the system calls of a run with
// nothing to rewrite.
func open(path string) (*os.File, error) {
	for {
		fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
		switch err {
		case nil:
			return os.NewFile(uintptr(fd), path), nil
		case syscall.EINTR: // retry, as os.Open does
		default:
			return nil, &os.PathError{Op: "open", Path: path, Err: err}
		}
	}
}
