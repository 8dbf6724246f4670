package helm

import "io/fs"

// A Tree is a tree of files from which charts are read one at a time. It is
// for reading one chart of many; Charts reads all.
type Tree struct{ index *index }

// OpenTree looks for the charts of tree. The error is one of walking it.
func OpenTree(tree fs.FS) (*Tree, error) {
	x, err := newIndex(tree)
	if err != nil {
		return nil, err
	}
	return &Tree{x}, nil
}

// WithFiles returns t with contents read from files, which holds the same paths.
func (t *Tree) WithFiles(files fs.FS) *Tree {
	return &Tree{&index{tree: files, dirs: t.index.dirs, byName: t.index.byName}}
}

// Chart reads the chart in the folder dir, slash-separated. What is wrong with
// it stands in its Err.
func (t *Tree) Chart(dir string) Chart { return t.index.read(dir) }
