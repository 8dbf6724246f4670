package render

import (
	"bytes"
	"io/fs"
	"path"
	"time"
)

// Overlay returns base with the contents of some of its files replaced: the
// tree as it would be after a plan was written. Keys are paths in base.
func Overlay(base fs.FS, files map[string][]byte) fs.FS {
	return overlay{base, files}
}

type overlay struct {
	base  fs.FS
	files map[string][]byte
}

func (o overlay) Open(name string) (fs.File, error) {
	if data, ok := o.files[name]; ok {
		return &memoryFile{name: path.Base(name), size: int64(len(data)), Reader: bytes.NewReader(data)}, nil
	}
	return o.base.Open(name)
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
