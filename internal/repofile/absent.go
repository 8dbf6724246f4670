package repofile

import (
	"errors"
	"io/fs"
	"syscall"
)

// IsAbsent reports whether err says that there is no such file. All other errors say
// that the system could not tell: code that decides by the content of a file must not
// take them for a missing file.
func IsAbsent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}
