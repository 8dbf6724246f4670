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
	git  *os.Root // the git directory; nil if temporary files cannot be there
}

// OpenDir opens the folder at path, such as the top of a repository. Close closes it.
func OpenDir(path string) (*Dir, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	return &Dir{root, openGit(path)}, nil
}

// Close closes the folder.
func (d *Dir) Close() error {
	if d.git != nil {
		d.git.Close()
	}
	return d.root.Close()
}

// A file is a name in an open folder. If the folder is moved or replaced, folder is
// still the same one.
type file struct {
	folder *os.Root
	name   string // without slashes
}

func (f *file) close() { f.folder.Close() }

// open opens the folder of the file called name. It follows no symbolic link, not
// even within d: the caller knows the file by a path without links. The error is
// ErrFolder if there is a link.
func (d *Dir) open(name string) (*file, error) {
	if !isLocal(name) {
		return nil, fs.ErrInvalid
	}
	folder, err := d.root.OpenRoot(".")
	if err != nil {
		return nil, reason(err)
	}
	elements := strings.Split(name, "/")
	last := len(elements) - 1
	for _, element := range elements[:last] {
		below, err := openBelow(folder, element)
		folder.Close()
		if err != nil {
			return nil, err
		}
		folder = below
	}
	return &file{folder, elements[last]}, nil
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
