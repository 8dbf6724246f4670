//go:build unix

package repofile

import (
	"io"
	"os"
	"syscall"
)

// A File is a regular file that is open for reading.
//
// It is no os.File: an os.File is registered with the runtime's poller, which does
// not support regular files. The registration accounts for half of the system calls
// of a run that reads many files.
type File struct {
	fd   int
	path string
	size int64
}

// open opens the file at path. It does not wait for the writer of a pipe.
func open(path string, flags int) (*File, error) {
	fd, err := ignoreInterrupts(func() (int, error) {
		return syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC|syscall.O_NONBLOCK|flags, 0)
	})
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	var stat syscall.Stat_t
	if _, err := ignoreInterrupts(func() (int, error) { return 0, syscall.Fstat(fd, &stat) }); err != nil {
		syscall.Close(fd)
		return nil, &os.PathError{Op: "stat", Path: path, Err: err}
	}
	if stat.Mode&syscall.S_IFMT != syscall.S_IFREG {
		syscall.Close(fd)
		return nil, &os.PathError{Op: "open", Path: path, Err: ErrIrregular}
	}
	return &File{fd, path, stat.Size}, nil
}

// noFollow makes open fail if the last element of the path is a symbolic link.
const noFollow = syscall.O_NOFOLLOW

// isLinkError reports whether err is the error of noFollow.
func isLinkError(err error) bool { return err == syscall.ELOOP || err == syscall.EMLINK }

// nonBlocking is the flag with which os.Root opens files.
const nonBlocking = syscall.O_NONBLOCK

// Read reads up to len(p) bytes, as io.Reader requires.
func (f *File) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	n, err := ignoreInterrupts(func() (int, error) { return syscall.Read(f.fd, p) })
	switch {
	case err != nil:
		return 0, &os.PathError{Op: "read", Path: f.path, Err: err}
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

// Close closes the file.
func (f *File) Close() error { return syscall.Close(f.fd) }

// ignoreInterrupts calls a system call again while a signal interrupts it.
func ignoreInterrupts(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if err != syscall.EINTR {
			return n, err
		}
	}
}
