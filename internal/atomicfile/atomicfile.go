// Package atomicfile replaces the contents of a file, so that at every moment
// the file has either all of the old contents or all of the new contents.
//
// All files are in a [Dir]. No symbolic link leads a write out of it, also if a
// folder becomes a link during the run.
//
// [Dir.Replace] replaces regular files only, never the target of a symbolic link,
// and only if the file still has the contents that the caller expects. It keeps
// the mode bits, including set-user-ID and set-group-ID, and the owner and group
// as far as the system allows. It does not keep access control lists, extended
// attributes and times.
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
// [ErrChanged] or [ErrFolder] if one of these is the reason, otherwise the error of
// the system ([fs.ErrNotExist], [fs.ErrPermission], …).
//
// If another process writes to the file between the last comparison and the
// rename directly after it, that change is lost. Without locks this cannot be
// avoided.
func (d *Dir) Replace(name string, want, contents []byte) error {
	f, err := d.open(name)
	if err == nil {
		defer f.close()
		err = f.replace(want, contents)
	}
	if err != nil {
		return fmt.Errorf("replacing %q: %w", name, err)
	}
	return nil
}

// Check returns the error that Replace would return because of the state of the
// file called name, or nil if Replace would replace it.
func (d *Dir) Check(name string, want []byte) error {
	f, err := d.open(name)
	if err == nil {
		defer f.close()
		_, err = f.check(want)
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

func (f *file) replace(want, contents []byte) error {
	old, err := f.check(want)
	if err != nil {
		return err
	}
	temp, err := f.writeTemp(old, contents)
	if err != nil {
		return err
	}
	if err := f.commit(temp, old, want); err != nil {
		_ = f.folder.Remove(temp)
		return err
	}
	syncFolder(f.folder)
	return nil
}

// check returns the state of the file if it may be replaced.
func (f *file) check(want []byte) (fs.FileInfo, error) {
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
	defer old.Close()
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
	return opened, nil
}

// writeTemp makes a file in the same folder with the given contents and with the
// mode bits and owner of old, and syncs it to disk.
func (f *file) writeTemp(old fs.FileInfo, contents []byte) (_ string, err error) {
	temp, name, err := f.openTemp(0o600)
	if err != nil {
		return "", fmt.Errorf("making a temporary file in its folder: %w", reason(err))
	}
	defer func() {
		if err != nil {
			temp.Close()
			_ = f.folder.Remove(name)
			err = fmt.Errorf("writing a temporary file: %w", reason(err))
		}
	}()
	if _, err := temp.Write(contents); err != nil {
		return "", err
	}
	// Set the owner first: chown clears set-user-ID.
	if err := keepOwner(temp, old); err != nil {
		return "", err
	}
	if err := temp.Chmod(old.Mode() & permissions); err != nil {
		return "", err
	}
	if err := temp.Sync(); err != nil {
		return "", err
	}
	return name, temp.Close()
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
func (f *file) commit(temp string, old fs.FileInfo, want []byte) error {
	now, err := f.check(want)
	if err != nil {
		return err
	}
	if now.Mode() != old.Mode() {
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
