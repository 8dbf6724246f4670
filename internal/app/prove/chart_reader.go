package prove

import (
	"io/fs"
	"sync"
	"sync/atomic"

	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/render/helm"
)

// A chartReader reads charts of a tree. Its first use lists the charts of the tree.
type chartReader struct {
	files func() fs.FS
	open  func() (*helm.Tree, error)
	found *atomic.Pointer[helm.Found] // what the walk of the whole tree found, nil if there was none
}

func (p *Prover) chartReader(root string) chartReader {
	files := sync.OnceValue(func() fs.FS { return p.Tree(root) })
	found := &atomic.Pointer[helm.Found]{}
	return chartReader{files, sync.OnceValues(func() (*helm.Tree, error) {
		if f := found.Load(); f != nil {
			return helm.OpenFound(files(), *f).WithArchives(p.archives), nil
		}
		tree, err := helm.OpenTree(files(), p.Within)
		if err != nil {
			return nil, err
		}
		return tree.WithArchives(p.archives), nil
	}), found}
}

// read reads the chart in the folder dir. It takes the files for which scanned
// returns bytes from there. The error is that of the tree; a chart that cannot be
// read has an error of its own.
func (r chartReader) read(dir string, scanned func(path string) ([]byte, bool)) (helm.Chart, error) {
	tree, err := r.open()
	if err != nil {
		return helm.Chart{}, err
	}
	return tree.WithFiles(render.OverlayFunc(r.files(), scanned)).Chart(dir), nil
}

// outsideSubcharts is for rewrite.Options.OutsideSubcharts. If the tree cannot be
// read, reading a chart returns the error.
func (r chartReader) outsideSubcharts() map[string]map[string]string {
	tree, err := r.open()
	if err != nil {
		return nil
	}
	return tree.OutsideSubcharts()
}
