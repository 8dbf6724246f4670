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
// Hard links: the new contents are a new file with the given name. Other names
// of the old file keep the old contents, as with git and sed -i.
//
// Permissions: as for every rename, the permissions of the folder decide. A file
// without write permission is replaced if its folder is writable (except on
// Windows).
package atomicfile

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
)

// TempPrefix is the prefix of the names of temporary files. If a process is
// killed, it may leave such a file behind, which can be deleted.
const TempPrefix = ".regmigrate-tmp-"

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
// If another process writes to the file between the last comparison and the
// rename directly after it, that change is lost. Without locks this cannot be
// avoided.
func (d *Dir) Replace(name string, want, contents []byte) (lost []string, err error) {
	f, err := d.open(name)
	if err == nil {
		defer f.close()
		lost, err = f.replace(want, contents)
	}
	if err != nil {
		return nil, fmt.Errorf("replacing %q: %w", name, err)
	}
	return lost, nil
}

// Check returns the error that Replace would return because of the state of the
// file called name, or nil if Replace would replace it.
func (d *Dir) Check(name string, want []byte) error {
	f, err := d.open(name)
	if err == nil {
		defer f.close()
		var old *oldFile
		if old, err = f.check(want); err == nil {
			old.Close()
		}
	}
	if err != nil {
		return fmt.Errorf("checking %q: %w", name, err)
	}
	return nil
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

func (f *file) replace(want, contents []byte) (lost []string, err error) {
	old, err := f.check(want)
	if err != nil {
		return nil, err
	}
	defer old.Close()
	temp, lost, err := f.writeTemp(old, contents)
	if err != nil {
		return nil, err
	}
	if err := f.commit(temp, old, want); err != nil {
		_ = f.folder.Remove(temp)
		return nil, err
	}
	syncFolder(f.folder)
	return lost, nil
}

// An oldFile is the file to replace, open for reading.
type oldFile struct {
	*os.File
	info fs.FileInfo
}

// check opens the file if it may be replaced.
func (f *file) check(want []byte) (_ *oldFile, err error) {
	named, err := f.folder.Lstat(f.name)
	if err != nil {
		return nil, reason(err)
	}
	switch mode := named.Mode(); {
	case mode&fs.ModeSymlink != 0:
		return nil, ErrSymlink
	case !mode.IsRegular():
		return nil, ErrNotRegular
	}
	old, err := f.folder.OpenFile(f.name, os.O_RDONLY|nonBlocking, 0)
	if err != nil {
		return nil, reason(err)
	}
	defer func() {
		if err != nil {
			old.Close()
		}
	}()
	// Between Lstat and OpenFile a link or another file may have replaced it.
	opened, err := old.Stat()
	if err != nil {
		return nil, reason(err)
	}
	if !os.SameFile(named, opened) || opened.Size() != int64(len(want)) {
		return nil, ErrChanged
	}
	got, err := io.ReadAll(io.LimitReader(old, int64(len(want))+1))
	if err != nil {
		return nil, reason(err)
	}
	if !bytes.Equal(got, want) {
		return nil, ErrChanged
	}
	return &oldFile{old, opened}, nil
}

// writeTemp makes a file in the same folder with the given contents and with the
// metadata of old, and syncs it to disk. It returns the attributes that the file does
// not have.
func (f *file) writeTemp(old *oldFile, contents []byte) (_ string, lost []string, err error) {
	temp, name, err := f.openTemp(0o600)
	if err != nil {
		return "", nil, fmt.Errorf("making a temporary file in its folder: %w", reason(err))
	}
	defer func() {
		if err != nil {
			temp.Close()
			_ = f.folder.Remove(name)
		}
	}()
	if _, err := temp.Write(contents); err != nil {
		return "", nil, fmt.Errorf("writing a temporary file: %w", reason(err))
	}
	if lost, err = keepMetadata(temp, old.File, old.info); err != nil {
		return "", nil, err
	}
	if err := errors.Join(temp.Sync(), temp.Close()); err != nil {
		return "", nil, fmt.Errorf("writing a temporary file: %w", reason(err))
	}
	return name, lost, nil
}

// openTemp makes a file with a new name in the same folder.
func (f *file) openTemp(mode fs.FileMode) (temp *os.File, name string, err error) {
	for range 100 {
		name = fmt.Sprintf("%s%016x", TempPrefix, rand.Uint64())
		temp, err = f.folder.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	return temp, name, err
}

// commit renames temp to the name of the file if the file there has not changed
// since old was read.
func (f *file) commit(temp string, old *oldFile, want []byte) error {
	now, err := f.check(want)
	if err != nil {
		return err
	}
	defer now.Close()
	if now.info.Mode() != old.info.Mode() || !os.SameFile(now.info, old.info) {
		return ErrChanged
	}
	return reason(f.folder.Rename(temp, f.name))
}

// create writes a temporary file and gives it its name.
func (f *file) create(contents []byte) (err error) {
	temp, name, err := f.openTemp(0o644)
	if err != nil {
		return reason(err)
	}
	defer func() { _ = f.folder.Remove(name) }()
	_, err = temp.Write(contents)
	if err == nil {
		err = temp.Sync()
	}
	if closed := temp.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return reason(err)
	}
	// Unlike Rename, Link does not replace a file.
	if err := f.folder.Link(name, f.name); errors.Is(err, fs.ErrExist) {
		return fs.ErrExist
	} else if err != nil { // the file system has no hard links
		if _, err := f.folder.Lstat(f.name); !errors.Is(err, fs.ErrNotExist) {
			return cmp.Or(reason(err), fs.ErrExist)
		}
		if err := f.folder.Rename(name, f.name); err != nil {
			return reason(err)
		}
	}
	syncFolder(f.folder)
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
