package kustomize

import (
	"slices"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// A variable is an entry of vars, which puts the text of a field in the place of $(NAME).
// Source: https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/vars/
type variable struct {
	file *link.File
	node *syntax.Node
}

// applyVars adds the images that the variables of l and of the layers below make of
// images $(NAME).
func (g *Graph) applyVars(l *layer, f *link.File, root *syntax.Node) {
	for _, n := range itemsOf(root, "vars") {
		l.vars = append(slices.Clip(l.vars), variable{f, n})
	}
	for _, v := range l.vars {
		name := "$(" + v.node.Str("name") + ")"
		if !slices.ContainsFunc(l.images, func(a LayerImage) bool { return a.Before == name }) {
			continue
		}
		from := v.node.Field("fieldref")
		if from == nil {
			from = v.node.Field("fieldRef")
		}
		at := from.Str("fieldpath")
		if at == "" {
			at = from.Str("fieldPath")
		}
		var sources []source
		for _, r := range g.refsAt(l, v.node.Field("objref"), at) {
			sources = append(sources, g.sourceOf(g.asImage(r)))
		}
		if len(sources) > 0 {
			g.addCopies(l, v.file, sources, false)
		}
	}
}
