package repofile

import "os"

// ReadOutput reads the file at path, to which AppendOutput appends, under the conditions
// of CreateOutput. The error wraps ErrIrregular if it is no regular file. It is a
// *TooLargeError if the file has more than limit bytes.
func ReadOutput(path, tree string, limit int64) ([]byte, error) {
	f, size, err := openOutput(path, tree, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readAll(f, size, limit)
}

// AppendOutput opens the file at path for appending, and creates it if it does not exist,
// under the conditions of CreateOutput. The file may also be read. The error wraps
// ErrIrregular if it is no regular file.
func AppendOutput(path, tree string) (*os.File, error) {
	f, _, err := openOutput(path, tree, os.O_RDWR|os.O_APPEND|os.O_CREATE)
	return f, err
}

// openOutput opens a regular file with the given flags, and returns its size in bytes. It
// does not wait for the other end of a pipe.
func openOutput(path, tree string, flags int) (*os.File, int64, error) {
	root, name, err := openTop(path, tree)
	if err != nil {
		return nil, 0, err
	}
	open := os.OpenFile
	if root != nil {
		defer root.Close()
		open = func(_ string, flags int, mode os.FileMode) (*os.File, error) { return root.OpenFile(name, flags, mode) }
	}
	f, err := open(path, flags|nonBlocking, 0o666)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &os.PathError{Op: "open", Path: path, Err: ErrIrregular}
	}
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}
