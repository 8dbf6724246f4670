//go:build !linux

package atomicfile

import (
	"errors"
	"io/fs"
	"os"
)

// Other systems have no files without a name.
func makeNameless(*folder, fs.FileMode) (*os.File, error) { return nil, errors.ErrUnsupported }

func linkNameless(*os.File, *folder, string) error { return errors.ErrUnsupported }
