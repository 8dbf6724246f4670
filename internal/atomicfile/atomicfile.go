// Package atomicfile replaces the contents of a file, so that at every moment
// the file has either all of the old contents or all of the new contents.
//
// [Replace] replaces regular files only, never the target of a symbolic link,
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
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// TempPrefix is the prefix of the names of temporary files. If a process is
// killed, it may leave such a file behind, which can be deleted.
const TempPrefix = ".regmigrate-tmp-"

// The reasons why Replace does not replace a file; its errors wrap them.
var (
	ErrSymlink    = errors.New("is a symbolic link")
	ErrNotRegular = errors.New("is not a regular file")
	ErrChanged    = errors.New("changed on disk since it was read")
)

// permissions are the mode bits that the new file keeps.
const permissions = fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky

// Replace replaces the contents of the file at path if they are exactly want. On
// an error the file is unchanged, and no temporary file is left. The error wraps
// [ErrSymlink], [ErrNotRegular] or [ErrChanged] if one of these is the reason,
// otherwise the error of the system ([fs.ErrNotExist], [fs.ErrPermission], …).
//
// If another process writes to the file between the last comparison and the
// rename directly after it, that change is lost. Without locks this cannot be
// avoided.
func Replace(path string, want, contents []byte) error {
	if err := replace(path, want, contents); err != nil {
		return fmt.Errorf("replacing %q: %w", path, err)
	}
	return nil
}

// Check returns the error that Replace would return because of the state of the
// file at path, or nil if Replace would replace it.
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

// check returns the state of the file at path if it may be replaced.
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
	// Between Lstat and Open a link or another file may have replaced it.
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

// writeTemp makes a file in folder with the given contents and with the mode
// bits and owner of old, and syncs it to disk.
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
	// Set the owner first: chown clears set-user-ID.
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

// commit renames temp to path if the file there has not changed since old was
// read.
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
