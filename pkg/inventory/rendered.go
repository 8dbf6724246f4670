package inventory

import "fmt"

// A RenderedText is the output of one template of a chart, or of a kustomization.
type RenderedText struct {
	Path string // of the template, or of the kustomization's folder; relative to the root
	Body []byte
}

// AddRendered adds the references of the output of one chart or kustomization.
// Texts has the output for all values files of a chart; the same reference in
// the same field of the same object is one use.
func (v *Inventory) AddRendered(texts []RenderedText) {
	type place struct{ path, object, container, field, ref string }
	seen := map[place]bool{}
	var found []foundRef
	unresolved := 0
	for _, t := range texts {
		s := v.scan("rendered.yaml", t.Body, Use{Origin: InRendering, Path: t.Path})
		if s.err != nil {
			v.fail(t.Path, fmt.Errorf("reading the rendered output: %w", s.err))
		}
		unresolved += s.unresolved
		for _, f := range s.refs {
			if p := (place{f.use.Path, f.use.Object, f.use.Container, f.use.Field, f.image.Ref}); !seen[p] {
				seen[p] = true
				found = append(found, f)
			}
		}
	}
	v.add(found, unresolved)
	v.mu.Lock()
	v.ScannedRenderings++
	v.mu.Unlock()
}
