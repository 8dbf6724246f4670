package release

import (
	"bytes"
	"io/fs"
	"maps"
	"slices"
	"sync"

	"github.com/regmigrate/regmigrate/internal/chartutil"
	"github.com/regmigrate/regmigrate/pkg/render/helm"
)

// chartPairs are the charts of the two trees.
type chartPairs struct {
	open  func() [2]*helm.Tree
	files [2]fs.FS

	mu    sync.Mutex
	known map[string]*chartChange
}

// A chartChange is what differs between a chart before and after the change.
type chartChange struct {
	same        bool
	sameVersion bool
	changed     []string // the paths of the files in the tree; "" for one that is not known
}

func newChartPairs(before, after fs.FS) *chartPairs {
	c := &chartPairs{files: [2]fs.FS{before, after}, known: map[string]*chartChange{}}
	c.open = sync.OnceValue(func() (out [2]*helm.Tree) {
		for i, files := range c.files {
			out[i], _ = helm.OpenTree(files, "") // a folder that cannot be read has no chart
		}
		return out
	})
	return c
}

// read reads a chart of both trees.
func (c *chartPairs) read(dir string) (before, after helm.Chart) {
	trees := c.open()
	for _, t := range trees {
		if t == nil {
			return helm.Chart{Err: fs.ErrNotExist}, helm.Chart{Err: fs.ErrNotExist}
		}
	}
	return trees[0].Chart(dir), trees[1].Chart(dir)
}

// change returns how a chart changes.
func (c *chartPairs) change(dir string) *chartChange {
	c.mu.Lock()
	defer c.mu.Unlock()
	if x := c.known[dir]; x != nil {
		return x
	}
	x := &chartChange{}
	c.known[dir] = x
	before, after := c.read(dir)
	if before.Err != nil || after.Err != nil {
		x.same = before.Err != nil && after.Err != nil && before.Err.Error() == after.Err.Error() && maps.EqualFunc(before.Files, after.Files, bytes.Equal)
		return x // the rendering says why
	}
	x.sameVersion = version(before.Files) == version(after.Files)
	var sources [2]map[string]string
	for i, files := range c.files {
		sources[i], _ = helm.ChartFiles(files, dir)
	}
	for _, name := range slices.Sorted(maps.Keys(before.Files)) {
		if src, ok := after.Files[name]; !ok || !bytes.Equal(src, before.Files[name]) {
			at := sources[0][name]
			if at != sources[1][name] || !ok {
				at = ""
			}
			x.changed = append(x.changed, at)
		}
	}
	for name := range after.Files {
		if _, ok := before.Files[name]; !ok {
			x.changed = append(x.changed, "")
		}
	}
	x.same = len(x.changed) == 0
	return x
}

func version(files map[string][]byte) string {
	v, _ := chartutil.ReadValues(files["Chart.yaml"])
	return textOf(v["version"])
}
