package render

import (
	"bytes"
	"io/fs"
	"path"
	"strings"
	"sync"
	"time"
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
	base fs.FS
	read func(path string) (src []byte, ok bool)
	real sync.Map // folder -> the folder with its symbolic links resolved
}

func (o *overlay) Open(name string) (fs.File, error) {
	data, ok := o.read(name)
	if !ok && fs.ValidPath(name) {
		data, ok = o.read(o.resolve(name, 0))
	}
	if ok {
		return &memoryFile{name: path.Base(name), size: int64(len(data)), Reader: bytes.NewReader(data)}, nil
	}
	return o.base.Open(name)
}

// maxLinks bounds the symbolic links on the way to a file. Linux has the same
// bound.
const maxLinks = 40

// resolve returns name with its symbolic links resolved. It returns a path that
// still contains a link where a link leaves base or the links are too many:
// opening that path in base then fails. links counts the links resolved so far.
func (o *overlay) resolve(name string, links int) string {
	if name == "." || links > maxLinks {
		return name
	}
	dir, file := path.Split(name)
	resolved := "."
	if dir = strings.TrimSuffix(dir, "/"); dir != "" {
		if known, ok := o.real.Load(dir); ok {
			resolved = known.(string)
		} else {
			resolved = o.resolve(dir, links)
			o.real.Store(dir, resolved)
		}
	}
	resolved = path.Join(resolved, file)
	target, err := fs.ReadLink(o.base, resolved)
	if err != nil || path.IsAbs(target) {
		return resolved
	}
	if target = path.Join(path.Dir(resolved), target); !fs.ValidPath(target) {
		return resolved
	}
	return o.resolve(target, links+1)
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
