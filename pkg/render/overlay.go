package render

import (
	"bytes"
	"io/fs"
	"path"
	"strings"
	"sync"
	"time"
)

// Overlay returns base with the contents of some of its files replaced: the
// tree as it would be after a plan was written. Keys are paths in base.
func Overlay(base fs.FS, files map[string][]byte) fs.FS {
	return OverlayFunc(base, func(path string) ([]byte, bool) {
		src, ok := files[path]
		return src, ok
	})
}

// OverlayFunc returns base with the contents of those files replaced that read
// returns, by their path in base. read must be safe for use by several
// goroutines.
func OverlayFunc(base fs.FS, read func(path string) (src []byte, ok bool)) fs.FS {
	return &overlay{base: base, read: read}
}

type overlay struct {
	base fs.FS
	read func(path string) (src []byte, ok bool)
	real sync.Map // folder -> the same folder without symbolic links
}

func (o *overlay) Open(name string) (fs.File, error) {
	data, ok := o.read(name)
	if !ok && fs.ValidPath(name) {
		data, ok = o.read(o.follow(name, 0)) // name may contain a symbolic link
	}
	if ok {
		return &memoryFile{name: path.Base(name), size: int64(len(data)), Reader: bytes.NewReader(data)}, nil
	}
	return o.base.Open(name)
}

// maxLinks is how many links lead to one file. Linux has as many.
const maxLinks = 40

// follow returns where name is without links; name itself where that cannot be
// told, and the base says what is wrong.
func (o *overlay) follow(name string, links int) string {
	if name == "." || links > maxLinks {
		return name
	}
	dir, file := path.Split(name)
	at := "."
	if dir = strings.TrimSuffix(dir, "/"); dir != "" {
		if known, ok := o.real.Load(dir); ok {
			at = known.(string)
		} else {
			at = o.follow(dir, links)
			o.real.Store(dir, at)
		}
	}
	at = path.Join(at, file)
	to, err := fs.ReadLink(o.base, at)
	if err != nil || path.IsAbs(to) {
		return at
	}
	if to = path.Join(path.Dir(at), to); !fs.ValidPath(to) {
		return at
	}
	return o.follow(to, links+1)
}

// A memoryFile is a file of an overlay.
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
