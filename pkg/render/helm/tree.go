package helm

import "io/fs"

// A Tree reads single charts of a tree of files. To read all charts, use Charts.
type Tree struct{ index *chartIndex }

// OpenTree finds the charts in the folder within of tree; "" is all of tree. It
// returns an error when that folder cannot be read.
func OpenTree(tree fs.FS, within string) (*Tree, error) {
	x, err := newChartIndex(tree, within)
	if err != nil {
		return nil, err
	}
	return &Tree{x}, nil
}

// WithFiles returns a Tree that reads contents from files, which must have the
// same paths as t.
func (t *Tree) WithFiles(files fs.FS) *Tree {
	return &Tree{&chartIndex{tree: files, dirs: t.index.dirs, byName: t.index.byName}}
}

// Chart reads the chart in the folder dir, slash-separated. When that fails, the
// result has an Err.
func (t *Tree) Chart(dir string) Chart { return t.index.read(dir) }
