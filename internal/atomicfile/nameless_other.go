//go:build !linux

package atomicfile

import (
	"errors"
	"io/fs"
	"os"
)

// Other systems have no files without a name.
func makeNameless(*os.Root, fs.FileMode) (*os.File, error) { return nil, errors.ErrUnsupported }

func linkNameless(*os.File, *os.Root, string) error { return errors.ErrUnsupported }
