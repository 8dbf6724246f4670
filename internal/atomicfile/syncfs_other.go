//go:build !linux

package atomicfile

import (
	"errors"
	"os"
)

// Other systems do not report the errors of a sync of a whole file system.
func canSyncFileSystem() bool { return false }

func syncFileSystem(*os.File) error { return errors.ErrUnsupported }
