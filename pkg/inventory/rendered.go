package inventory

import "fmt"

// A Text is what a template of a chart, or a kustomization, prints.
type Text struct {
	Path string // of the template, or of the kustomization's folder, relative to the root
	Body []byte
}

// AddRendered lists the references of texts, which one chart or kustomization
// prints: of a chart, those of all its value sets together. What several of
// them print in one field of one object is one use.
func (v *Inventory) AddRendered(texts []Text) {
	type place struct{ path, object, field, ref string }
	seen := map[place]bool{}
	var hits []hit
	unfilled := 0
	for _, t := range texts {
		s := v.scan("rendered.yaml", t.Body, Use{Via: Rendered, Path: t.Path})
		if s.err != nil {
			v.fail(t.Path, fmt.Errorf("what it prints: %w", s.err))
		}
		unfilled += s.unfilled
		for _, h := range s.hits {
			if p := (place{h.use.Path, h.use.Object, h.use.Field, h.image.Ref}); !seen[p] {
				seen[p] = true
				hits = append(hits, h)
			}
		}
	}
	v.add(hits, unfilled)
	v.mu.Lock()
	v.Rendered++
	v.mu.Unlock()
}
