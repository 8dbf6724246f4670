package rewrite

import (
	"maps"
	"slices"

	"github.com/regmigrate/regmigrate/pkg/format"
)

// RelatedFiles returns the paths of the files that must be scanned together
// with paths, sorted and including paths: the files of groups that move or have
// a conflict, and of their consequences. The plan must be one of the whole
// repository: a plan of a part does not contain all references to a file.
func (p *Plan) RelatedFiles(paths []string) []string {
	related := map[string]bool{}
	for _, x := range paths {
		related[x] = true
	}
	for grown := true; grown; {
		grown = false
		for _, g := range p.groups {
			triggers, files := g.relatedFiles()
			if !slices.ContainsFunc(triggers, func(x string) bool { return related[x] }) {
				continue
			}
			for _, x := range files {
				grown = grown || !related[x]
				related[x] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(related))
}

// relatedFiles returns the files of a group: whoever scans one of triggers must
// scan all of files. Both are empty if the group neither moves nor has a
// conflict.
func (g *group) relatedFiles() (triggers, files []string) {
	switch {
	case !g.moves() && g.reason != format.Conflict:
		return nil, nil
	case g.isConsequence:
		return g.sources, []string{g.edits[0].Path}
	}
	for i := range g.members {
		for _, p := range g.members[i].occ.Pieces {
			files = append(files, p.Path)
		}
	}
	for _, e := range g.edits {
		files = append(files, e.Path)
	}
	return files, files
}

// MayHaveRelatedFiles reports whether a plan of the whole repository may differ
// from this plan of a part: a group moves or has a conflict.
func (p *Plan) MayHaveRelatedFiles() bool {
	return slices.ContainsFunc(p.groups, func(g *group) bool { return g.moves() || g.reason == format.Conflict })
}
