package repofile

import (
	"io/fs"
	"os"
	"strings"
	"sync"
)

// A Dir is the folder of a repository, as a file system. It opens regular files and
// folders. It follows symbolic links within the folder, but not out of it, and not
// into a folder .git.
//
// It implements fs.ReadLinkFS. Several goroutines may use it.
type Dir struct {
	root *os.Root

	mu    sync.Mutex
	plain map[string]bool // folders that no symbolic link leads to
}

// OpenDir opens the folder at dir. Close closes it.
func OpenDir(dir string) (*Dir, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &Dir{root: root, plain: map[string]bool{".": true}}, nil
}

// Close closes the folder.
func (d *Dir) Close() error { return d.root.Close() }

// Open opens the file or folder called name, as fs.FS requires. The error wraps
// ErrIrregular for a device, a pipe or a socket.
func (d *Dir) Open(name string) (fs.File, error) {
	target, err := d.resolve(name)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	f, err := d.root.OpenFile(target, os.O_RDONLY|nonBlocking, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		err = &fs.PathError{Op: "open", Path: name, Err: ErrIrregular}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// ReadAtMost reads the file called name. It returns a *TooLargeError if the file has
// more than limit bytes. The result isLink reports whether a symbolic link leads to
// it: then an error must not quote its text, which the repository may not show.
func (d *Dir) ReadAtMost(name string, limit int64) (src []byte, isLink bool, err error) {
	target, err := d.resolve(name)
	if err != nil {
		return nil, true, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	isLink = target != name
	f, err := d.Open(target)
	if err != nil {
		return nil, isLink, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, isLink, err
	}
	if info.IsDir() {
		return nil, isLink, &fs.PathError{Op: "open", Path: name, Err: ErrIrregular}
	}
	src, err = readAll(f, info.Size(), limit)
	return src, isLink, err
}

// Lstat describes the file called name, and not what a symbolic link leads to.
func (d *Dir) Lstat(name string) (fs.FileInfo, error) { return d.root.Lstat(name) }

// ReadLink returns the target of the symbolic link called name, as it is written.
func (d *Dir) ReadLink(name string) (string, error) { return d.root.Readlink(name) }

// Stat describes the file or folder that name leads to.
func (d *Dir) Stat(name string) (fs.FileInfo, error) {
	target, err := d.resolve(name)
	if err != nil {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: err}
	}
	return d.root.Stat(target)
}

// resolve returns the path in d that name leads to, as Follow does.
func (d *Dir) resolve(name string) (string, error) { return Follow(name, d.link) }

// link returns the target of the symbolic link called name, slash-separated; false
// if name is no link.
func (d *Dir) link(name string) (string, bool) {
	d.mu.Lock()
	isPlain := d.plain[name]
	d.mu.Unlock()
	if isPlain {
		return "", false
	}
	info, err := d.root.Lstat(name)
	if err != nil || info.Mode()&fs.ModeSymlink == 0 {
		if err == nil && info.IsDir() {
			d.mu.Lock()
			d.plain[name] = true
			d.mu.Unlock()
		}
		return "", false
	}
	target, err := d.root.Readlink(name)
	if err != nil {
		return "", false // it was replaced; opening it tells
	}
	return strings.ReplaceAll(target, string(os.PathSeparator), "/"), true
}
