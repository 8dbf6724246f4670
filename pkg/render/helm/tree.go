package helm

import (
	"io/fs"
	"path"
	"slices"
	"strings"
)

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

// Found says what a walk of a tree has found. Paths are slash-separated and relative to it.
type Found struct {
	Charts     []string // the files with the name Chart.yaml
	NotVisited []string // the folders into which the walk did not go
}

// OpenFound is [OpenTree] for all of a tree that was walked already: it looks only into the
// folders that the walk did not visit.
func OpenFound(tree fs.FS, f Found) *Tree {
	var all []string
	mayHaveCharts := func(name string) bool {
		return !slices.ContainsFunc(strings.Split(name, "/"), hasNoCharts)
	}
	for _, name := range f.Charts {
		if mayHaveCharts(name) {
			all = append(all, path.Dir(name))
		}
	}
	for _, dir := range f.NotVisited {
		if mayHaveCharts(dir) {
			below, _ := findCharts(tree, dir) // the walk reports a folder that cannot be read
			all = append(all, below...)
		}
	}
	return &Tree{indexCharts(tree, all)}
}

// WithFiles returns a Tree that reads contents from files, which must have the
// same paths as t.
func (t *Tree) WithFiles(files fs.FS) *Tree {
	return &Tree{&chartIndex{tree: files, dirs: t.index.dirs, byName: t.index.byName, archives: t.index.archives}}
}

// Chart reads the chart in the folder dir, slash-separated. When that fails, the
// result has an Err.
func (t *Tree) Chart(dir string) Chart { return t.index.read(dir) }
