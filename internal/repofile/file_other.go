//go:build !unix

package repofile

import "os"

// A File is a regular file that is open for reading.
type File struct {
	*os.File
	size int64
}

// The flags of unix do not exist here.
const (
	noFollow    = 1
	nonBlocking = 0
)

// open opens the file at path. With noFollow, it fails for a symbolic link.
func open(path string, flags int) (*File, error) {
	lookUp := os.Stat
	if flags == noFollow {
		lookUp = os.Lstat
	}
	if info, err := lookUp(path); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, &os.PathError{Op: "open", Path: path, Err: ErrIrregular} // opening a pipe would block
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &os.PathError{Op: "open", Path: path, Err: ErrIrregular}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return &File{f, info.Size()}, nil
}

// isLinkError reports whether err is the error of noFollow.
func isLinkError(error) bool { return false }
