//go:build !unix

package atomicfile

import (
	"errors"
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
func syncFolder(*folder) {}

func exchange(*folder, string, *folder, string) error { return errors.ErrUnsupported }

// rename renames the file a in the folder from to b in to, which is the same folder.
func rename(from *folder, a string, _ *folder, b string) error { return from.Rename(a, b) }

func isCrossDevice(error) bool { return false }

// deviceOf returns an unknown device: a rename cannot leave an os.Root here, so
// temporary files are in the folder of the file.
func deviceOf(fs.FileInfo) device { return device{} }

const removesOpenFiles = false
