package kustomize

import (
	"path"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// applyTransformer applies the transformer that n holds or names. n may name a
// folder with a kustomization whose resources are transformers.
func (g *Graph) applyTransformer(l *layer, f *link.File, n *syntax.Node) {
	if n.Kind == syntax.Scalar && !strings.Contains(n.Value, "\n") {
		if at, inside := g.tree.Resolve(path.Dir(f.Path), n.Value); !isRemote(n.Value) && inside {
			if k := g.kustomization(at); k != nil && k != f && g.root(k) != nil {
				for _, r := range itemsOf(g.root(k), "resources") {
					if below, _ := g.tree.Resolve(at, r.Value); g.kustomization(below) == nil {
						g.applyTransformer(l, k, r)
					}
				}
				return
			}
		}
	}
	t, roots := g.inlineOrFile(f, n)
	for _, r := range roots {
		switch r.Str("kind") {
		case "ImageTagTransformer":
			if tag := r.Field("imageTag"); tag != nil {
				specs := map[string]bool{}
				for _, s := range specsIn(r, "fieldSpecs") {
					specs[s.id()] = true
				}
				g.applyEntry(l, entryPlace{text: t, specs: specs}, tag)
			}
		case "PatchTransformer", "PatchJson6902Transformer":
			if t.outer == nil {
				g.applyPatch(l, t.file, r.Field("patch"))
			}
			g.applyPatch(l, t.file, r.Field("path"))
		case "ReplacementTransformer":
			g.applyReplacements(l, t.file, r)
		}
	}
}
