//go:build !unix

package atomicfile

import (
	"io/fs"
	"os"
)

const openFlags = 0

// keepOwner does nothing: a file here has no owner that a new one would lack.
func keepOwner(*os.File, fs.FileInfo) error { return nil }

// syncFolder does nothing: a folder cannot be opened for that here.
func syncFolder(string) {}
