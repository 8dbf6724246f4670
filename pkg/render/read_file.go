package render

import (
	"io"
	"io/fs"

	"github.com/regmigrate/regmigrate/internal/repofile"
)

// ReadFile reads a regular file of a tree, of at most limit bytes. The error wraps
// repofile.ErrIrregular for a folder, a device or a pipe, and is a repofile.TooLargeError for
// a larger file.
func ReadFile(tree fs.FS, name string, limit int64) ([]byte, error) {
	f, err := tree.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, &fs.PathError{Op: "open", Path: name, Err: repofile.ErrIrregular}
	}
	src, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(src)) > limit {
		return nil, &repofile.TooLargeError{Limit: limit}
	}
	return src, err
}
