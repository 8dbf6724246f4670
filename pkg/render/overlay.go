package render

import (
	"bytes"
	"io/fs"
	"path"
	"sync"
	"time"

	"github.com/regmigrate/regmigrate/internal/repofile"
)

// Overlay returns base with the contents of some files replaced: the tree after
// a plan is written. The keys of files are paths in base.
func Overlay(base fs.FS, files map[string][]byte) fs.FS {
	return OverlayFunc(base, func(path string) ([]byte, bool) {
		src, ok := files[path]
		return src, ok
	})
}

// OverlayFunc returns base with the contents of the files for which read returns
// true replaced. read gets paths in base, and must be safe for use by several
// goroutines.
func OverlayFunc(base fs.FS, read func(path string) (src []byte, ok bool)) fs.FS {
	return &overlay{base: base, read: read}
}

type overlay struct {
	base  fs.FS
	read  func(path string) (src []byte, ok bool)
	links sync.Map // path -> the target of the symbolic link there, "" for everything else
}

func (o *overlay) Open(name string) (fs.File, error) {
	data, ok := o.read(name)
	if !ok {
		// A path that leads out of base fails when base opens it.
		if real, err := repofile.Follow(name, o.link); err == nil && real != name {
			data, ok = o.read(real)
		}
	}
	if ok {
		return &memoryFile{name: path.Base(name), size: int64(len(data)), Reader: bytes.NewReader(data)}, nil
	}
	return o.base.Open(name)
}

// Lstat describes the file called name, and not what a symbolic link leads to.
func (o *overlay) Lstat(name string) (fs.FileInfo, error) { return fs.Lstat(o.base, name) }

// ReadLink returns the target of the symbolic link called name.
func (o *overlay) ReadLink(name string) (string, error) { return fs.ReadLink(o.base, name) }

// link returns the target of the symbolic link called name, and false for anything
// else.
func (o *overlay) link(name string) (string, bool) {
	if known, ok := o.links.Load(name); ok {
		return known.(string), known != ""
	}
	target, err := fs.ReadLink(o.base, name)
	if err != nil {
		target = ""
	}
	o.links.Store(name, target)
	return target, target != ""
}

// A memoryFile is a replaced file of an overlay.
type memoryFile struct {
	name string
	size int64
	*bytes.Reader
}

func (f *memoryFile) Stat() (fs.FileInfo, error) { return fileInfo{f.name, f.size}, nil }
func (f *memoryFile) Close() error               { return nil }

type fileInfo struct {
	name string
	size int64
}

func (i fileInfo) Name() string     { return i.name }
func (fileInfo) Mode() fs.FileMode  { return 0o644 }
func (i fileInfo) Size() int64      { return i.size }
func (fileInfo) ModTime() time.Time { return time.Time{} }
func (fileInfo) IsDir() bool        { return false }
func (fileInfo) Sys() any           { return nil }
