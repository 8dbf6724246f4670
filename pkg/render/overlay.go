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
	return &overlay{base: base, files: files}
}

type overlay struct {
	base  fs.FS
	files map[string][]byte
	real  sync.Map // where folders are without links, by their name
}

func (o *overlay) Open(name string) (fs.File, error) {
	data, ok := o.files[name]
	if !ok && fs.ValidPath(name) {
		data, ok = o.files[o.follow(name, 0)] // it may be reached by a link
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

// A memoryFile is a file of an overlay, and its own information.
type memoryFile struct {
	name string
	size int64
	*bytes.Reader
}

func (f *memoryFile) Stat() (fs.FileInfo, error) { return memoryInfo{info{f.name, false}, f.size}, nil }
func (f *memoryFile) Close() error               { return nil }

type memoryInfo struct {
	info
	size int64
}

func (i memoryInfo) Size() int64        { return i.size }
func (i memoryInfo) ModTime() time.Time { return time.Time{} }
