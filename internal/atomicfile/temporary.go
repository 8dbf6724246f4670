package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"regexp"
)

// The prefixes of the names of temporary files. In a folder of the user, the name is
// hidden.
const (
	gitPrefix    = "regmigrate-tmp-"
	hiddenPrefix = "." + gitPrefix
)

var temporaryName = regexp.MustCompile(`^\.?` + gitPrefix + `[0-9a-f]{16}$`)

// IsTemporary reports whether name, without slashes, is that of a temporary file in
// the folder of a replaced file.
func IsTemporary(name string) bool { return name[0] == '.' && temporaryName.MatchString(name) }

// A place is a folder for temporary files.
type place struct {
	folder *folder
	prefix string

	isNamed bool // its files have names from the beginning
}

// places returns where temporary files for f may be, the best place first.
func (d *Dir) places(f *file) []place {
	out := []place{
		{folder: f.folder, prefix: hiddenPrefix},
		{folder: f.folder, prefix: hiddenPrefix, isNamed: true}, // if a file cannot get a name later
	}
	if d.git != nil && d.git.device.isSame(f.folder.device) {
		out = append([]place{{folder: d.git, prefix: gitPrefix}}, out...)
	}
	return out
}

// A temporary is a temporary file, open for writing.
type temporary struct {
	*os.File
	place
	name string // "" if the file has no name
	info fs.FileInfo
}

// make makes a temporary file. It has no name yet if the system permits that.
func (p place) make(mode fs.FileMode) (*temporary, error) {
	t := &temporary{place: p}
	err := errors.ErrUnsupported
	if !p.isNamed {
		t.File, err = makeNameless(p.folder, mode)
	}
	if err != nil {
		err = t.makeNamed(mode)
	}
	if err != nil {
		return nil, err
	}
	if t.info, err = t.Stat(); err != nil {
		t.close()
		return nil, err
	}
	lockShared(t.File)
	return t, nil
}

// attempts bounds how many random names are tried.
const attempts = 100

func (p place) newName() string { return fmt.Sprintf("%s%016x", p.prefix, rand.Uint64()) }

// makeNamed makes a file with a new name, and locks it.
func (t *temporary) makeNamed(mode fs.FileMode) (err error) {
	for range attempts {
		t.name = t.newName()
		t.File, err = t.folder.OpenFile(t.name, os.O_RDWR|os.O_CREATE|os.O_EXCL, mode)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return err
		}
		// Another process may have deleted the file before the lock.
		lockShared(t.File)
		if named, err := t.folder.Lstat(t.name); err == nil {
			if opened, err := t.Stat(); err == nil && os.SameFile(named, opened) {
				return nil
			}
		}
		t.File.Close()
	}
	return fmt.Errorf("no file was made with any of %d names: %w", attempts, err)
}

// giveName gives the file a name if it has none.
func (t *temporary) giveName() error {
	if t.name != "" {
		return nil
	}
	for range attempts {
		name := t.newName()
		err := linkNameless(t.File, t.folder, name)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err == nil {
			t.name = name
		}
		return err
	}
	return fs.ErrExist
}

// is reports whether info describes t.
func (t *temporary) is(info fs.FileInfo) bool { return os.SameFile(t.info, info) }

// close deletes the file that has the name of t, and closes t.
func (t *temporary) close() {
	if !removesOpenFiles {
		t.File.Close()
	}
	if t.name != "" {
		_ = t.folder.Remove(t.name) // before Close, which releases the lock
	}
	t.File.Close()
}

// RemoveTemporary deletes what processes that do not run any more left in the git
// directory, and the temporary files with the given names. Names are relative and
// slash-separated. It returns those of the given names that exist no more.
func (d *Dir) RemoveTemporary(names []string) (removed []string) {
	if d.git != nil {
		removeTemporaryIn(d.git.Root)
	}
	for _, name := range names {
		f, err := d.open(name)
		if err != nil {
			continue
		}
		if IsTemporary(f.name) && removeUnlocked(f.folder.Root, f.name) == nil {
			removed = append(removed, name)
		}
		f.close()
	}
	return removed
}

// removeTemporaryIn deletes the temporary files in the git directory.
func removeTemporaryIn(git *os.Root) {
	folder, err := git.Open(".")
	if err != nil {
		return
	}
	defer folder.Close()
	names, _ := folder.Readdirnames(-1)
	for _, name := range names {
		if name[0] != '.' && temporaryName.MatchString(name) {
			_ = removeUnlocked(git, name)
		}
	}
}

// errLocked is the error for a file that a process uses.
var errLocked = errors.New("a process uses the file")

// removeUnlocked deletes the regular file called name if no process has locked it.
func removeUnlocked(folder *os.Root, name string) error {
	named, err := folder.Lstat(name)
	if err != nil {
		return err
	}
	if !named.Mode().IsRegular() {
		return ErrNotRegular
	}
	f, err := folder.OpenFile(name, os.O_RDWR|nonBlocking, 0)
	if errors.Is(err, fs.ErrPermission) { // it has the mode of the replaced file
		f, err = folder.OpenFile(name, os.O_RDONLY|nonBlocking, 0)
	}
	if err != nil {
		return err
	}
	opened, err := f.Stat()
	switch {
	case err == nil && !os.SameFile(named, opened):
		err = ErrChanged
	case err == nil && !lockExclusive(f):
		err = errLocked
	}
	if err == nil && !removesOpenFiles {
		f.Close() // this releases the lock too
	}
	if err == nil {
		err = folder.Remove(name)
	}
	f.Close()
	return err
}
