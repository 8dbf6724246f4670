package atomicfile

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A Dir is a folder with the files to replace, such as a repository. Several
// goroutines may use it.
type Dir struct {
	root *os.Root
	git  *folder // the git directory; nil if temporary files cannot be there
}

// OpenDir opens the folder at path, such as the top of a repository. Close closes it.
func OpenDir(path string) (*Dir, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	d := &Dir{root: root}
	if git := openGit(path); git != nil {
		if d.git, err = newFolder(git); err != nil {
			d.git = nil
		}
	}
	return d, nil
}

// Close closes the folder.
func (d *Dir) Close() error {
	if d.git != nil {
		d.git.close()
	}
	return d.root.Close()
}

// A folder is an open folder. If it is moved or replaced, this is still the same one.
type folder struct {
	*os.Root
	dir    *os.File // the same folder, for system calls
	device device
}

// newFolder returns the folder at root, and closes root if that fails.
func newFolder(root *os.Root) (*folder, error) {
	dir, err := root.Open(".")
	if err != nil {
		root.Close()
		return nil, reason(err)
	}
	info, err := dir.Stat()
	if err != nil {
		dir.Close()
		root.Close()
		return nil, reason(err)
	}
	return &folder{root, dir, deviceOf(info)}, nil
}

func (f *folder) close() {
	f.dir.Close()
	f.Root.Close()
}

// A device identifies a file system. The zero value is an unknown one.
type device struct {
	number  uint64
	isKnown bool
}

// isSame reports whether a and b are known to be the same file system.
func (a device) isSame(b device) bool { return a.isKnown && a == b }

// A file is a name in an open folder.
type file struct {
	folder *folder
	name   string // without slashes
}

func (f *file) close() { f.folder.close() }

// open opens the folder of the file called name.
func (d *Dir) open(name string) (*file, error) {
	if !isLocal(name) {
		return nil, fs.ErrInvalid
	}
	above, base := splitName(name)
	folder, err := d.openFolder(above)
	if err != nil {
		return nil, err
	}
	return &file{folder, base}, nil
}

// splitName returns the path of the folder of the file called name, "" for the top, and
// its name there.
func splitName(name string) (above, base string) {
	i := strings.LastIndexByte(name, '/')
	return name[:max(i, 0)], name[i+1:]
}

// openFolder opens the folder at path; "" is the top. It follows no symbolic link, not
// even within d: the caller knows the file by a path without links. The error is
// ErrFolder if there is a link.
func (d *Dir) openFolder(path string) (*folder, error) {
	root, err := d.root.OpenRoot(".")
	if err != nil {
		return nil, reason(err)
	}
	for element := range strings.SplitSeq(path, "/") {
		if element == "" {
			break
		}
		below, err := openBelow(root, element)
		root.Close()
		if err != nil {
			return nil, err
		}
		root = below
	}
	return newFolder(root)
}

// isLocal reports whether name is the slash-separated path of a file in a folder. Other
// than in fs.ValidPath, its bytes need not be UTF-8: a file system allows all names.
func isLocal(name string) bool {
	for element := range strings.SplitSeq(name, "/") {
		if element == "" || element == "." || element == ".." {
			return false
		}
	}
	return filepath.IsLocal(filepath.FromSlash(name))
}

// openBelow opens the folder called name in the folder above.
func openBelow(above *os.Root, name string) (*os.Root, error) {
	named, err := above.Lstat(name)
	if err != nil {
		return nil, reason(err)
	}
	if !named.IsDir() {
		return nil, ErrFolder
	}
	below, err := above.OpenRoot(name) // follows links within above
	if err != nil {
		return nil, reason(err)
	}
	opened, err := below.Stat(".")
	if err == nil && !os.SameFile(named, opened) {
		err = ErrFolder
	}
	if err != nil {
		below.Close()
		return nil, reason(err)
	}
	return below, nil
}
