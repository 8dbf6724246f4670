package kustomize

import (
	"errors"
	"fmt"
	"slices"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// An overlayTree is a kustomization with all its bases and components.
type overlayTree struct {
	dir     string
	layers  []*layer          // layers[0] is the kustomization itself
	files   map[string]string // the SHA-256 sums of the files of all layers, by path
	charts  []chartEntry
	omitted []omission
	missing []string // see layer
	load    func(name string) ([]byte, error)
	tree    *Tree
}

var errNoKustomization = errors.New("the folder has no kustomization")

// overlayTree returns the kustomization in the folder dir. The error says why it
// cannot be built.
func (x *Tree) overlayTree(dir string) (*overlayTree, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	top := x.layer(dir)
	if top == nil {
		return nil, errNoKustomization
	}
	x.measure(top, map[*layer]bool{})
	switch {
	case top.depth > maxLayerDepth:
		return nil, fmt.Errorf("bases are nested more than %d deep", maxLayerDepth)
	case top.count > maxLayers:
		return nil, fmt.Errorf("the kustomization builds more than %d bases, counted once per use", maxLayers)
	}
	t := &overlayTree{dir: dir, files: map[string]string{}, load: x.load, tree: x}
	seen := map[string]bool{dir: true}
	images := 0
	for next := []*layer{top}; len(next) > 0; next = next[1:] {
		l := next[0]
		if l.err != nil {
			return nil, l.err
		}
		if l.k != nil {
			images += len(l.k.Images)
		}
		if images > maxImages {
			return nil, fmt.Errorf("the kustomization and its bases have more than %d images entries", maxImages)
		}
		t.layers = append(t.layers, l)
		t.omitted = append(t.omitted, l.omitted...)
		t.missing = append(t.missing, l.missing...)
		if err := t.addSums(l.files); err != nil {
			return nil, err
		}
		for _, dir := range l.bases {
			if b := x.layer(dir); b != nil && !seen[dir] {
				seen[dir] = true
				next = append(next, b)
			}
		}
	}
	t.addCharts()
	return t, nil
}

// addSums adds files to t.files. The caller holds t.tree.mu.
func (t *overlayTree) addSums(files []string) error {
	for _, name := range files {
		if _, ok := t.files[name]; ok {
			continue
		}
		sum, err := t.tree.sum(name)
		if err != nil {
			return err
		}
		if t.files[name] = sum; len(t.files) > maxTreeFiles {
			return fmt.Errorf("the kustomization has more than %d files", maxTreeFiles)
		}
	}
	return nil
}

// read returns the file name, and an error when its sum differs from t.files.
func (t *overlayTree) read(name string) ([]byte, error) {
	src, err := t.load(name)
	if err == nil && sumOf(src) != t.files[name] {
		err = changedWhileRead(name)
	}
	if err != nil {
		return nil, &render.JobError{Text: err.Error()}
	}
	return src, nil
}

// addCharts adds the charts of all layers with the namespaces of the layers above
// them. The caller holds t.tree.mu. Source:
// sigs.k8s.io/kustomize/api/internal/target, helmRootNamespace.
func (t *overlayTree) addCharts() {
	if !slices.ContainsFunc(t.layers, func(l *layer) bool { return len(l.charts) > 0 }) {
		return
	}
	namespaces := map[string]map[string]bool{} // by the folder of the layer
	t.collectNamespaces(t.layers[0], "", 0, namespaces)
	for _, l := range t.layers {
		if len(l.charts) > 0 && len(namespaces[l.dir]) > 1 {
			t.omitted = append(t.omitted, omission{"the charts of " + l.file, "several namespaces apply to them", true})
			continue
		}
		for _, c := range l.charts {
			for namespace := range namespaces[l.dir] {
				if c.Chart.Namespace == "" {
					c.Chart.Namespace = namespace
				}
			}
			t.charts = append(t.charts, c)
		}
	}
}

// collectNamespaces adds the namespaces that l and its bases get to namespaces.
func (t *overlayTree) collectNamespaces(l *layer, namespace string, depth int, namespaces map[string]map[string]bool) {
	if l.k != nil && l.k.Namespace != "" {
		namespace = l.k.Namespace
	}
	if namespaces[l.dir] == nil {
		namespaces[l.dir] = map[string]bool{}
	}
	if depth > maxLayerDepth || namespaces[l.dir][namespace] {
		return
	}
	namespaces[l.dir][namespace] = true
	for _, dir := range l.bases {
		if b := t.tree.layer(dir); b != nil {
			t.collectNamespaces(b, namespace, depth+1, namespaces)
		}
	}
}
