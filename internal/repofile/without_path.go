package repofile

import (
	"errors"
	"io/fs"
)

// WithoutPath returns the cause of a file system's error, without the operation and
// the path. It is for messages that name the file themselves. It returns other errors
// as they are.
func WithoutPath(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
