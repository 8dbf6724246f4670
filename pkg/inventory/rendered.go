package inventory

import "fmt"

// A RenderedText is what a template of a chart, or a kustomization, prints.
type RenderedText struct {
	Path string // of the template, or of the kustomization's folder, relative to the root
	Body []byte
}

// AddRendered lists the references of texts, which one chart or kustomization
// prints: of a chart, those of all its value sets together. What several of
// them print in one field of one object is one use.
func (v *Inventory) AddRendered(texts []RenderedText) {
	type place struct{ path, object, field, ref string }
	seen := map[place]bool{}
	var hits []foundRef
	unfilled := 0
	for _, t := range texts {
		s := v.scan("rendered.yaml", t.Body, Use{Origin: InRendering, Path: t.Path})
		if s.err != nil {
			v.fail(t.Path, fmt.Errorf("what it prints: %w", s.err))
		}
		unfilled += s.unresolved
		for _, h := range s.refs {
			if p := (place{h.use.Path, h.use.Object, h.use.Field, h.image.Ref}); !seen[p] {
				seen[p] = true
				hits = append(hits, h)
			}
		}
	}
	v.add(hits, unfilled)
	v.mu.Lock()
	v.ScannedRenderings++
	v.mu.Unlock()
}
