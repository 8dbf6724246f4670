// Package atomicfile replaces the contents of a file so that it is at every
// moment the whole old one or the whole new one.
//
// [Replace] is all there is. It replaces regular files only, never what a
// symlink stands for, and only if the file still holds what the caller planned
// on. It keeps the mode bits, set-user-ID and its like included, and, as far
// as the system lets it, owner and group. It does not keep access control
// lists, extended attributes and times.
//
// Hard links: the new contents are a new file under the one name given. Other
// names of the old file keep the old contents, as with git and sed -i.
//
// Permission: as with every rename, the folder decides. A file without
// write permission is replaced if its folder may be written (Windows refuses).
package atomicfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// TempPrefix is how the name of each temporary file begins. One that was left
// behind by a killed process can be deleted.
const TempPrefix = ".regmigrate-tmp-"

// What Replace refuses; its errors wrap these.
var (
	ErrSymlink    = errors.New("is a symbolic link")
	ErrNotRegular = errors.New("is not a regular file")
	ErrChanged    = errors.New("changed on disk since it was read")
)

// permissions are the mode bits that the new file takes over.
const permissions = fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky

// Replace gives the file at path new contents if it holds exactly want. On an
// error the file is as it was, and no temporary file is left. The error wraps
// [ErrSymlink], [ErrNotRegular] or [ErrChanged] if one of these is the reason,
// else the error of the system ([fs.ErrNotExist], [fs.ErrPermission], …).
//
// Someone who writes to the file between the last comparison and the rename
// that follows it loses what was written: without locks no system does better.
func Replace(path string, want, contents []byte) error {
	if err := replace(path, want, contents); err != nil {
		return fmt.Errorf("replacing %q: %w", path, err)
	}
	return nil
}

// Check returns the error that Replace would return because of what the file at
// path is, nil when it may be replaced now.
func Check(path string, want []byte) error {
	if _, err := check(path, want); err != nil {
		return fmt.Errorf("checking %q: %w", path, err)
	}
	return nil
}

func replace(path string, want, contents []byte) error {
	old, err := check(path, want)
	if err != nil {
		return err
	}
	temp, err := writeTemp(filepath.Dir(path), old, contents)
	if err != nil {
		return err
	}
	if err := commit(temp, path, old, want); err != nil {
		os.Remove(temp)
		return err
	}
	syncFolder(filepath.Dir(path))
	return nil
}

// check returns what the file at path is if it may be replaced.
func check(path string, want []byte) (fs.FileInfo, error) {
	named, err := os.Lstat(path)
	if err != nil {
		return nil, reason(err)
	}
	switch mode := named.Mode(); {
	case mode&fs.ModeSymlink != 0:
		return nil, ErrSymlink
	case !mode.IsRegular():
		return nil, ErrNotRegular
	}
	f, err := os.OpenFile(path, os.O_RDONLY|openFlags, 0)
	if err != nil {
		return nil, reason(err)
	}
	defer f.Close()
	// Between Lstat and Open a link or another file may have taken the name.
	opened, err := f.Stat()
	if err != nil {
		return nil, reason(err)
	}
	if !os.SameFile(named, opened) || opened.Size() != int64(len(want)) {
		return nil, ErrChanged
	}
	got, err := io.ReadAll(io.LimitReader(f, int64(len(want))+1))
	if err != nil {
		return nil, reason(err)
	}
	if !bytes.Equal(got, want) {
		return nil, ErrChanged
	}
	return opened, nil
}

// writeTemp makes a file in folder with the contents, the mode bits and the
// owner that the new file is to have, on disk down to the last byte.
func writeTemp(folder string, old fs.FileInfo, contents []byte) (name string, err error) {
	f, err := os.CreateTemp(folder, TempPrefix+"*")
	if err != nil {
		return "", fmt.Errorf("making a temporary file in its folder: %w", reason(err))
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
			err = fmt.Errorf("writing a temporary file: %w", reason(err))
		}
	}()
	if _, err := f.Write(contents); err != nil {
		return "", err
	}
	// The owner first: a change of it clears set-user-ID.
	if err := keepOwner(f, old); err != nil {
		return "", err
	}
	if err := f.Chmod(old.Mode() & permissions); err != nil {
		return "", err
	}
	if err := f.Sync(); err != nil {
		return "", err
	}
	return f.Name(), f.Close()
}

// commit moves temp to path if the file there is still the one that was
// checked before temp was written.
func commit(temp, path string, old fs.FileInfo, want []byte) error {
	now, err := check(path, want)
	if err != nil {
		return err
	}
	if now.Mode() != old.Mode() {
		return ErrChanged
	}
	return reason(os.Rename(temp, path))
}

// reason returns err without the operation and the path that package os puts
// before it: the caller names the path once.
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
