//go:build !unix

package atomicfile

import (
	"io/fs"
	"os"
)

const nonBlocking = 0

// keepOwner does nothing: on these systems a new file needs no change of owner.
func keepOwner(*os.File, fs.FileInfo) error { return nil }

// syncFolder does nothing: these systems cannot sync a folder.
func syncFolder(*os.Root) {}
