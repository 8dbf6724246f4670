package atomicfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// An oldFile is the file to replace, open for reading.
type oldFile struct {
	*os.File
	info fs.FileInfo
}

// replace replaces the file. The temporary file is in the first of places where this
// is possible.
func (f *file) replace(places []place, want, contents []byte) (lost []string, err error) {
	old, err := f.check(want)
	if err != nil {
		return nil, err
	}
	defer old.Close()
	lockShared(old.File) // RemoveTemporary does not delete it while it has a temporary name
	for _, p := range places {
		if lost, err = f.replaceFrom(p, old, want, contents); !errors.As(err, new(*placeError)) {
			break
		}
	}
	return lost, err
}

// A placeError says that a place for temporary files cannot be used.
type placeError struct{ err error }

func (e *placeError) Error() string { return e.err.Error() }
func (e *placeError) Unwrap() error { return e.err }

func (f *file) replaceFrom(p place, old *oldFile, want, contents []byte) (lost []string, err error) {
	t, lost, err := p.fill(old, contents)
	if err != nil {
		return nil, err
	}
	defer t.close()
	if err := t.Sync(); err != nil {
		return nil, fmt.Errorf("writing a temporary file: %w", reason(err))
	}
	if err := f.commit(t, old, want); err != nil {
		return nil, err
	}
	syncFolder(f.folder)
	return lost, nil
}

// fill makes a temporary file with the contents, and the metadata of old. It returns
// the attributes that the file does not have.
func (p place) fill(old *oldFile, contents []byte) (_ *temporary, lost []string, err error) {
	t, err := p.make(0o600)
	if err != nil {
		return nil, nil, &placeError{fmt.Errorf("making a temporary file in its folder: %w", reason(err))}
	}
	defer func() {
		if err != nil {
			t.close()
		}
	}()
	if _, err := t.Write(contents); err != nil {
		return nil, nil, fmt.Errorf("writing a temporary file: %w", reason(err))
	}
	if lost, err = keepMetadata(t.File, old.File, old.info); err != nil {
		return nil, nil, err
	}
	return t, lost, nil
}

// check opens the file if it may be replaced and its contents are want.
func (f *file) check(want []byte) (*oldFile, error) {
	old, err := f.openOld()
	if err != nil {
		return nil, err
	}
	if err := old.compare(want); err != nil {
		old.Close()
		return nil, err
	}
	return old, nil
}

// openOld opens the file if it may be replaced, whatever its contents are.
func (f *file) openOld() (_ *oldFile, err error) {
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
	if !os.SameFile(named, opened) {
		return nil, ErrChanged
	}
	return &oldFile{old, opened}, nil
}

// compare returns ErrChanged if the contents of the file are not want, or if its mode
// has changed.
func (x *oldFile) compare(want []byte) error {
	info, err := x.Stat()
	if err != nil {
		return reason(err)
	}
	if info.Size() != int64(len(want)) || info.Mode() != x.info.Mode() {
		return ErrChanged
	}
	got, err := io.ReadAll(io.NewSectionReader(x, 0, int64(len(want))+1))
	if err != nil {
		return reason(err)
	}
	if !bytes.Equal(got, want) {
		return ErrChanged
	}
	return nil
}

// isAt returns ErrChanged if the name in folder is not that of x, or if the contents
// of x are not want.
func (x *oldFile) isAt(folder *folder, name string, want []byte) error {
	named, err := folder.Lstat(name)
	if err != nil {
		return reason(err)
	}
	switch {
	case named.Mode()&fs.ModeSymlink != 0:
		return ErrSymlink
	case !named.Mode().IsRegular():
		return ErrNotRegular
	case !os.SameFile(named, x.info):
		return ErrChanged
	}
	return x.compare(want)
}

// commit puts t in the place of the file if that is still old.
func (f *file) commit(t *temporary, old *oldFile, want []byte) error {
	if err := t.giveName(); err != nil {
		return &placeError{reason(err)}
	}
	if err := old.isAt(f.folder, f.name, want); err != nil {
		return err
	}
	return f.swap(t, old, want)
}

// swap exchanges t and the file. If the file is not old, it exchanges them again.
func (f *file) swap(t *temporary, old *oldFile, want []byte) error {
	if err := exchange(t.folder, t.name, f.folder, f.name); errors.Is(err, errors.ErrUnsupported) {
		if !removesOpenFiles {
			t.File.Close()
			old.Close()
		}
		if err := rename(t.folder, t.name, f.folder, f.name); err != nil {
			return placeErrorOf(err)
		}
		t.name = ""
		return nil
	} else if err != nil {
		return placeErrorOf(err)
	}
	// Now the name of t is that of whatever was at the name of the file.
	changed := old.isAt(t.folder, t.name, want)
	if changed == nil {
		return nil // closing t deletes old
	}
	if err := f.undo(t); err != nil {
		kept := t.name
		t.name = ""
		return fmt.Errorf("%w; it could not be put back (%w) and is now %q in %q", changed, err, kept, t.folder.Name())
	}
	return changed
}

// undo exchanges t and the file again.
func (f *file) undo(t *temporary) error {
	back := func() error { return exchange(t.folder, t.name, f.folder, f.name) }
	if err := back(); err != nil {
		return reason(err)
	}
	if info, err := t.folder.Lstat(t.name); err == nil && t.is(info) {
		return nil
	}
	// Another process has replaced the new file. Its file is the newest.
	if err := back(); err != nil {
		return reason(err)
	}
	return nil
}

// placeErrorOf returns err, as a placeError if the two names are on different file
// systems.
func placeErrorOf(err error) error {
	if err = reason(err); isCrossDevice(err) {
		return &placeError{err}
	}
	return err
}

// create writes a temporary file and gives it its name.
func (f *file) create(contents []byte) error {
	t, err := place{folder: f.folder, prefix: hiddenPrefix}.make(0o644)
	if err != nil {
		return reason(err)
	}
	defer t.close()
	if _, err := t.Write(contents); err != nil {
		return reason(err)
	}
	if err := t.Sync(); err != nil {
		return reason(err)
	}
	if err := t.giveName(); err != nil {
		return reason(err)
	}
	// Unlike Rename, Link does not replace a file.
	if err := f.folder.Link(t.name, f.name); errors.Is(err, fs.ErrExist) {
		return fs.ErrExist
	} else if err != nil { // the file system has no hard links
		if _, err := f.folder.Lstat(f.name); err == nil {
			return fs.ErrExist
		}
		if !removesOpenFiles {
			t.File.Close()
		}
		if err := f.folder.Rename(t.name, f.name); err != nil {
			return reason(err)
		}
		t.name = ""
	}
	syncFolder(f.folder)
	return nil
}
