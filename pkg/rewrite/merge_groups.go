package rewrite

import (
	"fmt"
	"slices"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// mergeGroups returns the groups of the linkers, and a group for each further
// occurrence of the tree, merged so that no two groups share a piece or a key
// to insert. Groups of linkers come first, then the others by file and position.
// If likely images count as images, groups that are kept as such move, and
// unconfirmed occurrences have a group.
func mergeGroups(t *link.Tree, linked []link.Group, opts Options) []*group {
	m := merger{byPiece: map[link.PieceID]int{}, byInsert: map[link.FileEdit]int{}, readsTags: opts.Rules.ReadsTags(), changedTags: changedTags(t, linked, opts.Rules)}
	claimed := map[link.PieceID]bool{} // pieces of the linkers' groups, and of the tags in them
	for i := range linked {
		l := &linked[i]
		g := &group{reason: l.Keep, note: l.Why, inserts: l.Insert, acrossScopes: l.AcrossScopes}
		if l.Chart != "" {
			g.charts = []string{l.Chart}
		}
		isAssumed := opts.AssumeImages && l.Keep == format.LikelyImage
		if isAssumed {
			g.reason = ""
			classify(l.Occurrences, opts)
		}
		for j := range l.Occurrences {
			o := &l.Occurrences[j]
			o.IsAssumed = o.IsAssumed || isAssumed
			g.members = append(g.members, member{occ: o})
			for k := range pieceCount(o) {
				claimed[link.IDOf(pieceAt(o, k))] = true
			}
			for k := range o.TagSources {
				claimed[link.IDOf(&o.TagSources[k])] = true
			}
		}
		m.add(g)
	}
	for _, f := range t.Files {
		for j := range f.Scanned.Occurrences {
			o := &f.Scanned.Occurrences[j]
			n := 0 // the number of pieces in groups of linkers
			for k := range o.Pieces {
				if claimed[link.IDOf(&o.Pieces[k])] {
					n++
				}
			}
			switch {
			case o.Unconfirmed && o.LikelyImage && opts.AssumeImages && n == 0:
				o.IsAssumed = true
			case o.Unconfirmed, n == len(o.Pieces) && (o.TagPiece == nil || claimed[link.IDOf(o.TagPiece)]):
				continue
			}
			m.add(&group{members: []member{{occ: o}}})
		}
	}
	return m.merged()
}

// A merger merges groups that share a piece or a key to insert: a union-find
// structure in which the earliest group is the root.
type merger struct {
	groups   []*group
	sets     disjointSets          // of indexes of groups that are merged
	byPiece  map[link.PieceID]int  // index of the first group with a piece
	byInsert map[link.FileEdit]int // index of the first group with an insert

	readsTags   bool                  // a rule depends on tags
	changedTags map[link.PieceID]bool // fields of tags that count as pieces
}

// add adds a group and merges it with the groups with which it shares
// something.
func (m *merger) add(g *group) {
	i := len(m.groups)
	m.groups, m.sets = append(m.groups, g), append(m.sets, i)
	for _, e := range g.inserts {
		if j, seen := m.byInsert[e]; seen {
			m.sets.union(i, j)
		} else {
			m.byInsert[e] = i
		}
	}
	for _, x := range g.members {
		for k := range pieceCount(x.occ) {
			id := link.IDOf(pieceAt(x.occ, k))
			if k == len(x.occ.Pieces) && !m.changedTags[id] {
				continue
			}
			if j, seen := m.byPiece[id]; seen {
				m.sets.union(i, j)
			} else {
				m.byPiece[id] = i
			}
		}
	}
}

// merged returns the groups after merging.
func (m *merger) merged() []*group {
	var out []*group
	grown := map[*group]bool{}
	for i, g := range m.groups {
		root := m.groups[m.sets.root(i)]
		if root == g {
			out = append(out, g)
			continue
		}
		root.absorb(g)
		grown[root] = true
	}
	for g := range grown {
		g.removeDuplicates(m.readsTags)
	}
	return out
}

// absorb adds the members and inserts of o to g.
func (g *group) absorb(o *group) {
	g.members = append(g.members, o.members...)
	g.inserts = append(g.inserts, o.inserts...)
	g.acrossScopes = g.acrossScopes || o.acrossScopes
	if g.reason == "" {
		g.reason, g.note = o.reason, o.note
	}
	for _, dir := range o.charts {
		if !slices.Contains(g.charts, dir) {
			g.charts = append(g.charts, dir)
		}
	}
}

// removeDuplicates removes every member that has the text and the pieces of an
// earlier one and, if the rules read tags, its tag.
func (g *group) removeDuplicates(readsTags bool) {
	seen := map[string]bool{}
	g.members = slices.DeleteFunc(g.members, func(m member) bool {
		key := m.occ.Text()
		for k := range m.occ.Pieces {
			id := link.IDOf(&m.occ.Pieces[k])
			key += fmt.Sprintf("\x00%s:%d:%d", id.Path, id.Span.Start, id.Span.End)
		}
		if readsTags {
			key += fmt.Sprintf("\x00%s\x00%s\x00%s", m.occ.Tag, m.occ.Digest, m.occ.TagUnknown)
			if p := m.occ.TagPiece; p != nil {
				key += fmt.Sprintf("\x00%s:%d", p.Path, p.Span.Start)
			}
		}
		duplicate := seen[key]
		seen[key] = true
		return duplicate
	})
}
