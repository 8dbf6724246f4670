package kustomize

import (
	"slices"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// tests ties what an operation of a patch expects with what it is held against:
// both move, or neither.
func (g *Graph) tests(l *layer, f *link.File, v *syntax.Node, by edit.Map) {
	if g.survey || v.Kind != syntax.Scalar || v.Value == "" {
		return
	}
	o := g.occurrence(f, v, by, ".value")
	if o == nil || !g.move.Moves(o) {
		return
	}
	x := link.Group{Occurrences: []format.Occurrence{*o}, Why: "a patch tests that this is here"}
	add := func(found *format.Occurrence) {
		if !slices.ContainsFunc(x.Occurrences, func(h format.Occurrence) bool { return link.IDOf(&h.Pieces[0]) == link.IDOf(&found.Pieces[0]) }) {
			x.Occurrences = append(x.Occurrences, *found)
		}
	}
	for i := range l.out {
		if a := &l.out[i]; a.Before == v.Value {
			if a.Source != nil {
				add(a.Source)
			}
			if !a.moved() {
				x.Keep = format.Compared
			}
		}
	}
	l.each(func(l *layer) {
		for _, in := range l.files {
			for i := range in.Scanned.Occurrences {
				if found := &in.Scanned.Occurrences[i]; found.Text() == v.Value {
					add(found)
				}
			}
		}
	})
	if x.Keep != "" || len(x.Occurrences) == 1 {
		x.Keep, x.Why = format.Compared, "a patch tests that this is here, and what it is held against does not move"
	}
	g.add(x)
}
