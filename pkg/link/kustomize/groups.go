package kustomize

import (
	"slices"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// settle makes the groups of what was decided.
func (g *Graph) settle() {
	if g.spent > maxSelect {
		g.groups = append(g.groups, g.everything())
		return
	}
	for _, d := range g.order {
		var one, all []format.Occurrence
		if d.name != nil {
			one = append(one, *d.name)
		}
		all = append(all, one...)
		for _, x := range d.order {
			all = append(all, *x)
		}
		if d.advice.Text != "" {
			g.tree.Advice = append(g.tree.Advice, d.advice)
		}
		switch d.verdict {
		case moving:
			g.add(link.Group{Occurrences: all, Insert: d.edits, Why: d.why})
		case both:
			g.add(link.Group{Occurrences: all, Insert: append([]link.FileEdit{d.insert}, d.edits...), Why: d.why})
		case adds:
			g.add(link.Group{Occurrences: one, Keep: d.reason, Why: d.why})
			g.add(link.Group{Insert: []link.FileEdit{d.insert}, Why: "a remote base brings the image under its old name"})
		case stays:
			if d.reason != "" {
				g.add(link.Group{Occurrences: one, Keep: d.reason, Why: d.why})
			}
		case conflict:
			var insert []link.FileEdit
			if d.insert.Path != "" {
				insert = append(insert, d.insert)
			}
			g.add(link.Group{Occurrences: all, Insert: append(insert, d.edits...), Keep: d.reason, Why: d.why})
		}
	}
}

func (g *Graph) add(x link.Group) {
	if len(x.Occurrences)+len(x.Insert) > 0 {
		g.groups = append(g.groups, x)
	}
}

// everything keeps all that kustomizations have to do with.
func (g *Graph) everything() link.Group {
	x := link.Group{Keep: format.Conflict, Why: "more images arrive at more entries of kustomizations than are followed"}
	for _, d := range g.order {
		if d.name != nil {
			x.Occurrences = append(x.Occurrences, *d.name)
		}
	}
	for _, path := range g.sighted() {
		for _, s := range slices.Concat(g.seen[path], g.extra[path]) {
			if s.occ != nil && g.move.Moves(s.occ) {
				x.Occurrences = append(x.Occurrences, *s.occ)
			}
		}
	}
	return x
}
