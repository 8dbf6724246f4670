package kustomize

import (
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// makeGroups makes the groups of the decisions, and adds their advice.
func (g *Graph) makeGroups() {
	if g.comparisons > maxComparisons {
		g.groups = append(g.groups, g.keepEverything())
		return
	}
	for _, d := range g.decisions {
		if d.advice.Text != "" {
			g.tree.Advice = append(g.tree.Advice, d.advice)
		}
		g.addDecision(d)
	}
}

// addDecision adds the groups of a decision.
func (g *Graph) addDecision(d *decision) {
	var name, all []format.Occurrence
	if d.name != nil {
		name = append(name, *d.name)
	}
	all = append(all, name...)
	for _, o := range d.selected {
		all = append(all, *o)
	}
	var insert []link.FileEdit
	if d.insert.Path != "" {
		insert = append(insert, d.insert)
	}
	switch d.outcome {
	case moveName:
		g.addGroup(link.Group{Occurrences: all, Insert: d.edits, Why: d.why})
	case moveAndInsert:
		g.addGroup(link.Group{Occurrences: all, Insert: append(insert, d.edits...), Why: d.why})
	case insertNewName:
		g.addGroup(link.Group{Occurrences: name, Keep: d.reason, Why: d.why})
		g.addGroup(link.Group{Insert: insert, Why: "the image comes from a remote base, under its old name"})
	case keepName:
		if d.reason != "" {
			g.addGroup(link.Group{Occurrences: name, Keep: d.reason, Why: d.why})
		}
	case keepAll:
		g.addGroup(link.Group{Occurrences: all, Insert: append(insert, d.edits...), Keep: d.reason, Why: d.why})
	}
}

// keepEverything returns a group that keeps all entries and all images that
// they may select.
func (g *Graph) keepEverything() link.Group {
	x := link.Group{Keep: format.Conflict, Why: "the kustomizations have too many images and entries to compare"}
	for _, d := range g.decisions {
		if d.name != nil {
			x.Occurrences = append(x.Occurrences, *d.name)
		}
	}
	g.eachMovingRef(func(_ string, occ *format.Occurrence) { x.Occurrences = append(x.Occurrences, *occ) })
	return x
}
