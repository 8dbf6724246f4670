package gitops

import (
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/absentchart"
)

// A localRelease is a chart of the repository that an object deploys.
type localRelease struct {
	dir      string        // of the chart
	defaults *link.File    // its values
	all      []chartValues // values that the object passes; later ones override earlier ones
}

// keepPreceded keeps the names before which the chart may print a registry that the
// object sets. The chart alone prints no registry before them, or another one, so that
// its own rendering does not show it.
func (g *gitopsLinker) keepPreceded(r localRelease) {
	for _, o := range g.shownIn(r.defaults) {
		if g.keepIfEncoded(r, o) {
			continue
		}
		if _, given := lastOf(r.all, o.Field(len(o.Pieces)-1)); given == nil {
			g.keepIfPreceded(r, o, o.Field(len(o.Pieces)-1))
		}
	}
	for _, v := range r.all {
		for _, o := range g.occurrencesIn(v.file, v.node) {
			if field, ok := v.fieldOf(o); ok {
				g.keepIfPreceded(r, o, field)
			}
		}
	}
}

// keepIfEncoded keeps o, a reference that the values of the chart split across keys, if a
// Secret sets one of its parts in Base64: that part does not move with the others.
func (g *gitopsLinker) keepIfEncoded(r localRelease, o *format.Occurrence) bool {
	if len(o.Pieces) == 1 || o.Unconfirmed || !g.move.Moves(o) {
		return false
	}
	for _, v := range r.all {
		for k := range o.Pieces {
			if v.isEncoded && v.get(o.Field(k)) != nil {
				g.keep(o, format.Conflict, "a Secret sets a part of the reference in Base64")
				return true
			}
		}
	}
	return false
}

// setsRegistry reports whether a key of the values, at any depth, names a registry.
func (v *chartValues) setsRegistry() bool {
	_, key := keyOf(v.target)
	return format.IsRegistryKey(key) || v.setsRegistryIn("", 0)
}

func (v *chartValues) setsRegistryIn(parent string, depth int) bool {
	const most = 32
	return depth < most && slices.ContainsFunc(v.keys(parent), func(key string) bool {
		return format.IsRegistryKey(key) || v.setsRegistryIn(parent+"."+key, depth+1)
	})
}

// shownIn returns the references in f: those that renderings show, and those that the scan
// found and that share no piece with them.
func (g *gitopsLinker) shownIn(f *link.File) []*format.Occurrence {
	var out []*format.Occurrence
	seen := map[link.PieceID]bool{}
	add := func(o *format.Occurrence) {
		last := o.Pieces[len(o.Pieces)-1]
		if last.Path == f.Path && !seen[link.IDOf(&last)] {
			seen[link.IDOf(&last)] = true
			out = append(out, o)
		}
	}
	for i := range g.tree.Groups {
		for k := range g.tree.Groups[i].Occurrences {
			add(&g.tree.Groups[i].Occurrences[k])
		}
	}
	for i := range f.Scanned.Occurrences {
		add(&f.Scanned.Occurrences[i])
	}
	return out
}

// fieldOf returns the field of the chart that the values set to the last piece of o:
// .image.repository for .spec.values.image.repository.
func (v *chartValues) fieldOf(o *format.Occurrence) (string, bool) {
	k := len(o.Pieces) - 1
	of := o.Field(k)
	for i := range len(of) {
		if of[i] != '.' {
			continue
		}
		if n := v.get(of[i:]); n != nil && n.Span.Contains(o.Pieces[k].Span) {
			return of[i:], true
		}
	}
	return "", false
}

// keepIfPreceded keeps o, whose last piece is the value of a field of the chart, if the
// object sets the registry of all images and the path of o changes, or if o is a short
// name and the object sets a registry next to it, or next to a mapping that has it.
func (g *gitopsLinker) keepIfPreceded(r localRelease, o *format.Occurrence, field string) {
	if o.Unconfirmed || o.Kind != format.Image {
		return
	}
	before, err := image.Parse(o.Text())
	name, moves := g.newName(o)
	after, errAfter := image.Parse(name)
	if err != nil || errAfter != nil || !moves {
		return
	}
	parents := []string{".global", ".global.image"}
	switch isShort := len(o.Pieces) == 1 && o.Pieces[0].Role != format.Registry && before.Domain == ""; {
	case isShort:
		for parent := field; parent != ""; {
			parent, _ = keyOf(parent)
			parents = append(parents, parent)
		}
	case len(o.Pieces) == 1 || before.Path == after.Path:
		return
	}
	for _, parent := range parents {
		n := g.registryIn(r, parent)
		if n == nil || absentchart.IsDockerHub(n.Value) && len(o.Pieces) == 1 && (after.Domain == "" || absentchart.IsDockerHub(name)) {
			continue
		}
		g.keep(o, format.Conflict, "an object sets the registry "+n.Value+", which the chart may print before the name")
		return
	}
}

// registryIn returns the registry that the object sets in the field parent, or nil. An
// empty registry does not count, and neither does one that no template of the chart can read.
func (g *gitopsLinker) registryIn(r localRelease, parent string) *syntax.Node {
	for i := len(r.all) - 1; i >= 0; i-- {
		for _, key := range r.all[i].keys(parent) {
			field := parent + "." + key
			if !format.IsRegistryKey(key) || !g.tree.MayBeRead(r.dir, strings.Split(field[1:], ".")) {
				continue
			}
			if _, n := lastOf(r.all, field); n != nil && n.Value != "" && n.Tag != "!!null" {
				return n
			}
		}
	}
	return nil
}
