package kustomize

import (
	"errors"
	"fmt"
)

// A overlayTree is a kustomization with everything below it.
type overlayTree struct {
	dir     string
	layers  []*layer          // the topmost first
	files   map[string]string // the sums of what they take, by path
	charts  []chartEntry
	omitted []omission
	missing []string
	load    func(name string) ([]byte, error)
	tree    *Tree
}

var errNoKustomization = errors.New("there is no kustomization")

// overlayTree returns the kustomization in the folder dir. The error says why there
// is none that can be built.
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
		return nil, fmt.Errorf("its bases have bases more than %d deep", maxLayerDepth)
	case top.count > maxLayers:
		return nil, fmt.Errorf("it takes more than %d bases, each counted as often as it is built", maxLayers)
	}
	t := &overlayTree{dir: dir, files: map[string]string{}, load: x.load, tree: x}
	seen := map[string]bool{dir: true}
	for next := []*layer{top}; len(next) > 0; next = next[1:] {
		l := next[0]
		if l.err != nil {
			return nil, l.err
		}
		t.layers = append(t.layers, l)
		t.omitted = append(t.omitted, l.omitted...)
		t.missing = append(t.missing, l.missing...)
		for _, name := range l.files {
			if _, ok := t.files[name]; ok {
				continue
			}
			sum, err := x.sum(name)
			if err != nil {
				return nil, err
			}
			if t.files[name] = sum; len(t.files) > maxTreeFiles {
				return nil, fmt.Errorf("it takes more than %d files", maxTreeFiles)
			}
		}
		for _, dir := range l.bases {
			if b := x.layer(dir); b != nil && !seen[dir] {
				seen[dir] = true
				next = append(next, b)
			}
		}
	}
	t.setNamespaces(x)
	return t, nil
}
