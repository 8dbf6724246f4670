//go:build !unix

package atomicfile

import (
	"io/fs"
	"os"
)

const nonBlocking = 0

// keepMetadata sets the mode bits of temp to those of the old file. On these systems
// a new file needs no change of owner, and inherits access control from its folder.
func keepMetadata(temp, _ *os.File, info fs.FileInfo) ([]string, error) {
	if err := temp.Chmod(info.Mode() & permissions); err != nil {
		return nil, &MetadataError{"mode", reason(err)}
	}
	return nil, nil
}

// syncFolder does nothing: these systems cannot sync a folder.
func syncFolder(*os.Root) {}
