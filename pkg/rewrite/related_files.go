package rewrite

import (
	"slices"

	"github.com/regmigrate/regmigrate/pkg/format"
)

// RelatedFiles returns the paths of the files that have to be looked at with those
// at paths, these included, sorted: the files of groups that move or that a
// conflict keeps, and what follows from them. The plan must be one of the whole
// repository, since a plan of less does not know who else needs a file.
func (p *Plan) RelatedFiles(paths []string) []string {
	in := map[string]bool{}
	for _, x := range paths {
		in[x] = true
	}
	for grown := true; grown; {
		grown = false
		for _, g := range p.groups {
			needs, brings := g.files()
			if !slices.ContainsFunc(needs, func(x string) bool { return in[x] }) {
				continue
			}
			for _, x := range brings {
				grown = grown || !in[x]
				in[x] = true
			}
		}
	}
	out := make([]string, 0, len(in))
	for x := range in {
		out = append(out, x)
	}
	slices.Sort(out)
	return out
}

// files returns the files that a group is about: one of needs takes all of
// brings along. Both are empty where nothing moves and nothing is in the way.
func (g *group) files() (needs, brings []string) {
	switch {
	case !g.moves() && g.reason != format.Conflict:
		return nil, nil
	case g.isConsequence:
		return g.sources, []string{g.edits[0].Path}
	}
	for i := range g.members {
		for j := range g.members[i].occ.Pieces {
			brings = append(brings, g.members[i].occ.Pieces[j].Path)
		}
	}
	for _, e := range g.edits {
		brings = append(brings, e.Path)
	}
	return brings, brings
}

// MayHaveRelatedFiles reports whether a plan of a part of a repository may come out
// otherwise when all of it is known: something moves, or a conflict keeps it.
func (p *Plan) MayHaveRelatedFiles() bool {
	return slices.ContainsFunc(p.groups, func(g *group) bool { return g.moves() || g.reason == format.Conflict })
}
