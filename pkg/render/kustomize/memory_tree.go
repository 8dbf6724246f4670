package kustomize

import (
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// A memoryTree is the file system that the library reads. Unlike the library's own,
// it does not copy file contents and allows any name. The methods that the library
// does not call when it builds are those of an empty tree.
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

// cleanPath returns the key of name in memoryTree.files.
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

// CleanedAbs splits name into a folder and the name of a file, "" for a folder.
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
	return fmt.Errorf("%s: %w", strings.TrimPrefix(cleanPath(name), repositoryDir+"/"), fs.ErrNotExist)
}
