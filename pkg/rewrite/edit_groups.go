package rewrite

import (
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/link"
)

// An EditGroup says with which other edits of a plan an edit belongs.
type EditGroup struct {
	// Number is the same for all edits that are made together or not at all. Numbers
	// begin with 1, in the order of the files and their edits.
	Number int

	// Follows are the paths of the files that the edit follows from, sorted. It is empty
	// unless the edit is a consequence.
	Follows []string
}

// EditGroups returns the groups of the edits of each file, by path, in the order of
// File.Edits.
func (p *Plan) EditGroups() map[string][]EditGroup {
	first := map[link.FileEdit]int{} // index of the first group with an edit
	sets := newDisjointSets(len(p.groups))
	for i, g := range p.groups {
		if !g.moves() {
			continue
		}
		for _, e := range g.edits {
			if j, seen := first[e]; seen {
				sets.union(i, j)
			} else {
				first[e] = i
			}
		}
	}
	numbers, last := map[int]int{}, 0 // by the root of a group
	out := map[string][]EditGroup{}
	for i := range p.Files {
		f := &p.Files[i]
		for _, e := range f.Edits {
			var x EditGroup
			if j, ok := first[link.FileEdit{Path: f.Path, Edit: e}]; ok {
				x.Number, x.Follows = numbers[sets.root(j)], p.followed(p.groups[j])
				if x.Number == 0 {
					last++
					x.Number = last
					numbers[sets.root(j)] = last
				}
			} else { // of a plan that PlanFiles did not make
				last++
				x.Number = last
			}
			out[f.Path] = append(out[f.Path], x)
		}
	}
	return out
}

// followed returns the paths of the files with edits that g follows from.
func (p *Plan) followed(g *group) []string {
	if !g.isConsequence {
		return nil
	}
	var out []string
	dir := path.Dir(g.edits[0].Path)
	for i := range p.Files {
		f := &p.Files[i]
		switch {
		case len(f.Edits) == 0:
		case slices.Contains(g.sources, f.Path):
			out = append(out, f.Path)
		case len(g.sources) == 0 && (dir == "." || strings.HasPrefix(f.Path, dir+"/")):
			out = append(out, f.Path)
		}
	}
	slices.Sort(out)
	return out
}

// disjointSets are sets of the numbers from 0. The root of a set is its least number.
type disjointSets []int

func newDisjointSets(n int) disjointSets {
	s := make(disjointSets, n)
	for i := range s {
		s[i] = i
	}
	return s
}

func (s disjointSets) root(i int) int {
	for s[i] != i {
		s[i] = s[s[i]] // keeps the paths short
		i = s[i]
	}
	return i
}

func (s disjointSets) union(i, j int) {
	i, j = s.root(i), s.root(j)
	s[max(i, j)] = min(i, j)
}
