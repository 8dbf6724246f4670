// Package atomicfile replaces the contents of a file, so that at every moment
// the file has either all of the old contents or all of the new contents.
//
// All files are in a [Dir]. No symbolic link leads a write out of it, also if a
// folder becomes a link during the run.
//
// [Dir.Replace] replaces regular files only, never the target of a symbolic link,
// and only if the file still has the contents that the caller expects. The new file
// has the owner, the group and the mode bits of the old one, including set-user-ID
// and set-group-ID, and on Linux its access control list (POSIX, NFS). If it cannot
// have them, the file is not replaced. Other extended attributes are kept if
// possible, on Linux and macOS. Times are not kept, and neither are the access
// control lists of other systems.
//
// A process that is killed may leave a temporary file. On Linux such a file has a
// name only while it takes the place of the old one, where the file system permits
// that. The name is in the git directory if the Dir is the top of a repository and on
// the same file system, so that git cannot add the file. Otherwise it is in the folder
// of the old file; [IsTemporary] reports whether a name is one of these.
// [Dir.RemoveTemporary] deletes files of both kinds, unless the process that made
// them still runs.
//
// Hard links: the new contents are a new file with the given name. Other names
// of the old file keep the old contents, as with git and sed -i.
//
// Permissions: as for every rename, the permissions of the folder decide. A file
// without write permission is replaced if its folder is writable (except on
// Windows).
package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// The reasons why a file is not replaced; errors wrap them.
var (
	ErrSymlink    = errors.New("is a symbolic link")
	ErrNotRegular = errors.New("is not a regular file")
	ErrChanged    = errors.New("changed on disk since it was read")
	ErrFolder     = errors.New("a folder of its path was replaced by a symbolic link or by something else since it was read")
)

// permissions are the mode bits that the new file keeps.
const permissions = fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky

// Replace replaces the contents of the file called name if they are exactly want.
// The name is relative and slash-separated. On an error the file is unchanged, and
// no temporary file is left. The error wraps [ErrSymlink], [ErrNotRegular],
// [ErrChanged], [ErrFolder] or a [*MetadataError] if one of these is the reason,
// otherwise the error of the system ([fs.ErrNotExist], [fs.ErrPermission], …).
//
// The result lost has the names, sorted, of the extended attributes that the new
// file does not have.
//
// On Linux and macOS the two files change places, and the old one is compared again
// before it is deleted: a change by another process is not lost, unless the process
// still writes to the old file afterwards. On other systems and file systems, a change
// between the last comparison and the rename directly after it is lost.
func (d *Dir) Replace(name string, want, contents []byte) (lost []string, err error) {
	f, err := d.open(name)
	if err == nil {
		defer f.close()
		lost, err = f.replace(d.places(f), want, contents)
	}
	if err != nil {
		return nil, fmt.Errorf("replacing %q: %w", name, err)
	}
	return lost, nil
}

// Create makes a file with the mode bits 0o644, less those of the umask. The error
// wraps [fs.ErrExist] if there is a file, a folder or a link called name.
func (d *Dir) Create(name string, contents []byte) error {
	f, err := d.open(name)
	if err == nil {
		defer f.close()
		err = f.create(contents)
	}
	if err != nil {
		return fmt.Errorf("creating %q: %w", name, err)
	}
	return nil
}

// reason returns err without the operation and path that package os adds; the
// caller adds the path.
func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	var l *os.LinkError
	if errors.As(err, &l) {
		return l.Err
	}
	return err
}
