package kustomize

import (
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// A memoryTree is the file system that the library builds from: it shares the
// bytes of its files, and takes any name. What the library does not ask of one
// that it only reads is that of an empty tree.
type memoryTree struct {
	filesys.FileSystem
	files map[string][]byte // by absolute path
	dirs  map[string]bool
}

func newMemoryTree() *memoryTree {
	return &memoryTree{filesys.MakeFsInMemory(), map[string][]byte{}, map[string]bool{"/": true}}
}

func (t *memoryTree) put(name string, src []byte) {
	t.files[name] = src
	for dir := path.Dir(name); !t.dirs[dir]; dir = path.Dir(dir) {
		t.dirs[dir] = true
	}
}

// cleanPath is name as put has it.
func cleanPath(name string) string { return path.Clean(filepath.ToSlash(name)) }

// ReadFile returns the contents of a file.
func (t *memoryTree) ReadFile(name string) ([]byte, error) {
	src, ok := t.files[cleanPath(name)]
	switch {
	case ok:
		return append([]byte(nil), src...), nil
	case t.dirs[cleanPath(name)]:
		return nil, fmt.Errorf("%s is a folder", name)
	}
	return nil, notExist(name)
}

// IsDir reports whether name is a folder.
func (t *memoryTree) IsDir(name string) bool { return t.dirs[cleanPath(name)] }

// Exists reports whether name is a file or a folder.
func (t *memoryTree) Exists(name string) bool {
	_, ok := t.files[cleanPath(name)]
	return ok || t.IsDir(name)
}

// CleanedAbs splits name into a folder and a file of it, "" for a folder.
func (t *memoryTree) CleanedAbs(name string) (filesys.ConfirmedDir, string, error) {
	name = cleanPath(name)
	if t.dirs[name] {
		return filesys.ConfirmedDir(name), "", nil
	}
	if _, ok := t.files[name]; ok {
		return filesys.ConfirmedDir(path.Dir(name)), path.Base(name), nil
	}
	return "", "", notExist(name)
}

func notExist(name string) error {
	return fmt.Errorf("%s: %w", strings.TrimPrefix(cleanPath(name), repository+"/"), fs.ErrNotExist)
}
