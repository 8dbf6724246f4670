package rewrite

import (
	"cmp"
	"fmt"
	"slices"
	"sort"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// A member is an occurrence and what the rules say of it.
type member struct {
	occ     *format.Occurrence
	match   rules.Match
	matched bool          // a rule moves it
	changes []pieceChange // of its pieces, when its group moves
}

// A group is a set of occurrences that moves whole or is kept whole.
type group struct {
	members       []member
	reason        format.Reason // "" and no member with ok: no rule touches it
	note          string
	edits         []link.FileEdit
	insert        []link.FileEdit
	isConsequence bool     // a consequence of groups that move
	sources       []string // the files that it follows
	isVersionBump bool     // the version of a chart
	isReference   bool     // a value that moves
}

// moves reports whether the group moves.
func (g *group) moves() bool { return g.reason == "" && len(g.edits) > 0 }

// keep keeps the group, whatever was decided before.
func (g *group) keep(r format.Reason, note string) {
	g.reason, g.note, g.edits = r, note, nil
}

// pieceID identifies a piece over all files.
type pieceID struct {
	path string
	span edit.Span
}

func idOf(p *format.Piece) pieceID { return pieceID{p.Path, p.Span} }

// mergeGroups unites the occurrences of the tree and the linkers' groups into
// groups that share no piece and no key to insert. Its order is that of the files and positions.
func mergeGroups(t *link.Tree, linked []link.Group) []*group {
	var groups []*group
	owner := map[pieceID]int{} // a piece -> index in groups; groups forward to where they were united
	inserted := map[link.FileEdit]int{}
	var into []int // into[i] is where group i went
	find := func(i int) int {
		for into[i] != i {
			into[i] = into[into[i]] // halves the way for who asks next
			i = into[i]
		}
		return i
	}
	join := func(at, j int) {
		// The earlier one takes all, so that the order is the files'.
		a, b := min(at, find(j)), max(at, find(j))
		into[b] = a
	}
	add := func(g *group) {
		at := len(groups)
		groups, into = append(groups, g), append(into, at)
		for _, e := range g.insert {
			if j, seen := inserted[e]; seen {
				join(at, j)
				at = find(at)
			} else {
				inserted[e] = at
			}
		}
		for _, m := range g.members {
			for i := range m.occ.Pieces {
				id := idOf(&m.occ.Pieces[i])
				j, seen := owner[id]
				if !seen {
					owner[id] = at
					continue
				}
				join(at, j)
				at = find(at)
			}
		}
	}
	replaced := map[pieceID]bool{}
	for i := range linked {
		l := &linked[i]
		g := &group{reason: l.Keep, note: l.Why, insert: l.Insert}
		for j := range l.Occurrences {
			o := &l.Occurrences[j]
			g.members = append(g.members, member{occ: o})
			for k := range o.Pieces {
				replaced[idOf(&o.Pieces[k])] = true
			}
		}
		add(g)
	}
	for i := range t.Files {
		occ := t.Files[i].Scanned.Occurrences
		for j := range occ {
			o := &occ[j]
			known := true // a piece that no linker has still belongs to the others
			for k := range o.Pieces {
				known = known && replaced[idOf(&o.Pieces[k])]
			}
			if !o.Unconfirmed && !known {
				add(&group{members: []member{{occ: o}}})
			}
		}
	}
	var out []*group
	united := map[*group]bool{}
	for i, g := range groups {
		if into := find(i); into != i {
			groups[into].absorb(g)
			united[groups[into]] = true
		} else {
			out = append(out, g)
		}
	}
	for g := range united {
		g.dedupe()
	}
	return out
}

// dedupe leaves of the members that are the same text in the same pieces the
// first.
func (g *group) dedupe() {
	seen := map[string]bool{}
	g.members = slices.DeleteFunc(g.members, func(m member) bool {
		x := m.occ.Text()
		for k := range m.occ.Pieces {
			id := idOf(&m.occ.Pieces[k])
			x += fmt.Sprintf("\x00%s:%d:%d", id.path, id.span.Start, id.span.End)
		}
		twice := seen[x]
		seen[x] = true
		return twice
	})
}

func (g *group) absorb(o *group) {
	g.members = append(g.members, o.members...)
	g.insert = append(g.insert, o.insert...)
	if g.reason == "" {
		g.reason, g.note = o.reason, o.note
	}
}

// kindOf says what the rules are asked about o.
func kindOf(o *format.Occurrence) rules.Kind {
	switch {
	case len(o.Pieces) == 1 && o.Pieces[0].Role == format.Registry && o.Tail == "":
		return rules.Registry
	case o.IsImage && o.Pieces[0].Role != format.Registry:
		return rules.ShortForm
	}
	return rules.Reference
}

// decide asks the rules about every member and decides the group whole.
func (g *group) decide(set *rules.Set, scopes format.Scopes, ignored ignores) {
	touched := false
	for i := range g.members {
		m := &g.members[i]
		m.match, m.matched = set.Match(m.occ.Text(), kindOf(m.occ))
		touched = touched || m.matched
		if !m.matched || g.reason != "" {
			continue
		}
		line := ignored.lineOf(m)
		switch o := m.occ; {
		case line != nil:
			g.keep(format.Ignored, line.why)
		case o.Keep != "":
			g.keep(o.Keep, o.Note)
		case m.match.Keep != "":
			g.keep(format.ExcludedByRule, "keep: "+m.match.Keep)
		case !scopes.Has(o.Scope):
			g.keep(cmp.Or(o.OutOfScope, format.ManifestText), "")
		}
	}
	if len(g.members) == 0 && g.reason == "" {
		g.edits = g.insert // keys that are added beside what stays
		return
	}
	if !touched {
		g.reason, g.insert = "", nil
		return
	}
	if g.reason != "" {
		return
	}
	g.makeEdits()
}

// makeEdits carries the matches over to edits, and holds the group when they
// contradict each other.
func (g *group) makeEdits() {
	edits := map[pieceID]proposedEdit{}
	var order []pieceID
	for i := range g.members {
		m := &g.members[i]
		if !m.matched {
			continue
		}
		cs, err := splitMatch(m.occ, m.match)
		if err != nil {
			g.keep(format.Conflict, err.Error())
			return
		}
		m.changes = cs
		for _, c := range cs {
			e, err := c.source(m.occ)
			if err != nil {
				g.keep(format.NotEditedSafely, err.Error())
				return
			}
			id := idOf(&m.occ.Pieces[c.piece])
			w, twice := edits[id]
			if !twice {
				w.edit = e
				order = append(order, id)
			}
			w.disputed = w.disputed || w.edit != e
			edits[id] = w
		}
	}
	if note := g.conflictNote(edits); note != "" {
		g.keep(format.Conflict, note)
		return
	}
	sort.Slice(order, func(i, j int) bool {
		a, b := order[i], order[j]
		return a.path < b.path || a.path == b.path && a.span.Start < b.span.Start
	})
	for _, id := range order {
		g.edits = append(g.edits, link.FileEdit{Path: id.path, Edit: edits[id].edit})
	}
	g.edits = append(g.edits, g.insert...)
}

// A proposedEdit is what the members of a group that change a piece want it to become.
type proposedEdit struct {
	edit     edit.Edit
	disputed bool // they want different things
}

// conflictNote says why the edits cannot all be made, "" when they can: two
// members want one piece to become different things, or one wants a piece
// changed that another needs as it is.
func (g *group) conflictNote(edits map[pieceID]proposedEdit) string {
	for i := range g.members {
		m := &g.members[i]
		changed := map[int]edit.Edit{}
		for _, c := range m.changes {
			changed[c.piece], _ = c.source(m.occ)
		}
		for k := range m.occ.Pieces {
			w, touched := edits[idOf(&m.occ.Pieces[k])]
			if mine, ok := changed[k]; touched && (!ok || w.disputed || w.edit != mine) {
				return "it shares " + m.occ.Pieces[k].Text + " with references that the rules send elsewhere, such as " + m.occ.Text()
			}
		}
	}
	return ""
}
