package rewrite

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/account"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// A group is a set of occurrences that are rewritten together or kept together,
// or one consequence.
type group struct {
	members []member
	reason  format.Reason   // why the group is kept, "" if it is not or if no rule matches
	note    string          // details about reason; of a consequence, why it follows
	edits   []link.FileEdit // edits of the group if it moves
	inserts []link.FileEdit // keys to insert if the group moves

	acrossScopes bool // see link.Group

	charts    []string   // folders of the charts that render the members, each once
	division  division   // how registries and names share new prefixes
	rejected  []division // divisions that a rendering or a values schema rejects
	rejection rejection  // why the last of rejected is wrong

	isConsequence bool     // an edit that follows from groups that move; it has no members
	sources       []string // of a consequence: paths of the files that it follows from
	isVersionBump bool     // a consequence: the version of a chart
	isReference   bool     // a consequence: a reference that follows a value

	overrides bool           // the edits add values that move references of packed sub-charts
	allows    []link.PieceID // of a consequence that lets a chart use images: see link.Consequence
}

// A rejection is the reason why a division is wrong.
type rejection struct {
	reason format.Reason
	note   string
}

// A member is an occurrence of a group and what the rules say about it.
type member struct {
	occ     *format.Occurrence
	match   rules.Match
	matched bool          // a rule matches
	changes []pieceChange // changes of its pieces if the group moves
}

// moves reports whether the group is rewritten.
func (g *group) moves() bool { return g.reason == "" && len(g.edits) > 0 }

// keep keeps the group for the reason r.
func (g *group) keep(r format.Reason, note string) {
	g.reason, g.note, g.edits = r, note, nil
}

// movingMembers returns the members that rules match of the groups that move.
func movingMembers(groups []*group) iter.Seq[*member] {
	return func(yield func(*member) bool) {
		for _, g := range groups {
			for i := range g.members {
				if m := &g.members[i]; m.matched && g.moves() && !yield(m) {
					return
				}
			}
		}
	}
}

// decide matches the rules with every member and decides whether the group
// moves.
func (g *group) decide(set *rules.Set, scopes format.Scopes, kept keptPlaces) {
	anyMatch := false
	for i := range g.members {
		m := &g.members[i]
		m.match, m.matched = account.Match(m.occ, set)
		anyMatch = anyMatch || m.matched
		g.keepTagOfRemoteBase(m)
		if !m.matched || g.reason != "" && g.reason != format.LostEntry && g.reason != format.OtherTag { // a person may accept a lost entry
			continue
		}
		if reason, note := m.keepReason(set, scopes, kept); reason != "" {
			g.keep(reason, note)
		}
	}
	g.keepSeveralTags()
	g.keepSeveralScopes(scopes)
	switch {
	case len(g.members) == 0 && g.reason == "":
		g.edits = g.inserts // keys next to references that are kept
	case !anyMatch:
		g.reason, g.inserts = "", nil
	case g.reason == "":
		g.makeEdits()
	}
}

// keepSeveralScopes makes a conflict of a group that is kept because of the scope of one of
// its references, if the run selects the scope of another one.
func (g *group) keepSeveralScopes(scopes format.Scopes) {
	if !g.acrossScopes || !g.reason.IsScope() {
		return
	}
	selected := func(m member) bool { return m.matched && scopes.Has(m.occ.Scope) }
	other := slices.IndexFunc(g.members, func(m member) bool { return m.matched && !scopes.Has(m.occ.Scope) })
	if other < 0 || !slices.ContainsFunc(g.members, selected) {
		return
	}
	occ := g.members[other].occ
	g.keep(format.Conflict, fmt.Sprintf("the name in %s has to move with the others: add %s to --scope", occ.Pieces[0].Path, occ.Scope))
}

// keptPlaces are the places whose references are kept, whatever rules match.
type keptPlaces struct {
	ignored ignores
	mapped  mappings
	pushed  func(*member) bool // nil: nothing is pushed
	tags    tagLimits
}

// isPush reports whether a mirror matches m, and a build pushes to m.
func (k keptPlaces) isPush(m *member) bool {
	return m.match.Rule != nil && m.match.Rule.PullOnly && k.pushed != nil && k.pushed(m)
}

// keepReason returns why a member that a rule matches is kept, "" if it is not.
func (m *member) keepReason(set *rules.Set, scopes format.Scopes, kept keptPlaces) (reason format.Reason, note string) {
	line, mapped := kept.ignored.lineOf(m), kept.mapped.of(m.occ)
	switch {
	case line != nil:
		return format.Ignored, line.why
	case m.occ.Keep != "":
		return m.occ.Keep, m.occ.Note
	case mapped != nil:
		return mapped.reason, mapped.note
	case m.occ.IsOpen && set.DependsOnName(m.occ.Text()):
		return format.Conflict, "where it moves depends on the name that the template prints after it, which no rendering shows"
	case m.occ.IsSource && set.DependsOnName(m.occ.Text()):
		return format.Conflict, "where it moves depends on the chart, and other fields name the charts of this registry"
	case kept.isPush(m):
		return format.Pushed, ""
	case m.match.Tag != rules.TagAllows && scopes.Has(m.occ.Scope):
		return tagReason(m.match), m.match.Keep
	case kept.tags.why(m) != "" && scopes.Has(m.occ.Scope):
		return format.Conflict, kept.tags.why(m)
	case m.match.Keep != "" && m.match.Tag == rules.TagAllows:
		return format.ExcludedByRule, "keep: " + m.match.Keep
	case !scopes.Has(m.occ.Scope):
		return cmp.Or(m.occ.OutOfScope, format.ManifestText), ""
	case !m.occ.Unconfirmed && account.ClassOf(m.occ, set) == account.Likely:
		return format.LikelyImage, m.occ.Note
	}
	return "", ""
}

// A proposedEdit is the edit that the members of a group propose for a piece.
type proposedEdit struct {
	edit     edit.Edit
	disputed bool // members propose different edits
}

// makeEdits turns the matches into edits, with the first division that is
// possible. It keeps the group if the edits contradict each other or cannot be
// made with any division.
func (g *group) makeEdits() {
	reason, note := format.Reason(""), ""
	for _, d := range g.divisions() {
		if slices.Contains(g.rejected, d) {
			continue
		}
		r, n := g.makeDividedEdits(d)
		if r == "" {
			g.division = d
			return
		}
		if reason == "" {
			reason, note = r, n
		}
	}
	if g.rejection.reason != "" {
		reason, note = g.rejection.reason, g.rejection.note
	}
	g.keep(reason, note)
}

// rejectDivision gives the group its next possible division, or keeps it if no
// division is left.
func (g *group) rejectDivision(why rejection) {
	g.rejected, g.rejection = append(g.rejected, g.division), why
	g.edits = nil
	g.makeEdits()
}

// makeDividedEdits turns the matches into edits with the division d. It returns
// why that is not possible.
func (g *group) makeDividedEdits(d division) (format.Reason, string) {
	proposed := map[link.PieceID]proposedEdit{}
	for i := range g.members {
		m := &g.members[i]
		if !m.matched {
			continue
		}
		changes, err := splitMatch(m.occ, m.match, d)
		if err != nil {
			return format.Conflict, err.Error()
		}
		if changesName(m.occ, changes) {
			return format.Conflict, fmt.Sprintf("the rule changes a path, and no rendering shows whether %s uses the registry %s", m.occ.Pieces[len(m.occ.Pieces)-1].Text, m.occ.Pieces[0].Text)
		}
		if c, note, ok := tagChange(m.occ, m.match); note != "" {
			return format.Conflict, note
		} else if ok {
			changes = append(changes, c)
		}
		m.changes = changes
		if m.occ.HostOnly && strings.Contains(strings.TrimSuffix(m.newPiece(0), "/"), "/") {
			return format.Conflict, "this field is for a registry host only, and the new name has a path: " + m.newPiece(0)
		}
		if m.occ.IsKey && slices.Contains(m.occ.OtherKeys, m.newText()) {
			return format.Conflict, "the mapping already has the key " + m.newText()
		}
		for _, c := range changes {
			e, err := c.fileEdit(m.occ)
			if err != nil {
				return format.NotEditedSafely, err.Error()
			}
			id := link.IDOf(pieceAt(m.occ, c.piece))
			p, seen := proposed[id]
			if !seen {
				p.edit = e
			}
			p.disputed = p.disputed || p.edit != e
			proposed[id] = p
		}
	}
	if note := g.conflictNote(proposed); note != "" {
		return format.Conflict, note
	}
	g.edits = nil
	for id, p := range proposed {
		g.edits = append(g.edits, link.FileEdit{Path: id.Path, Edit: p.edit})
	}
	slices.SortFunc(g.edits, func(a, b link.FileEdit) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End))
	})
	g.edits = append(g.edits, g.inserts...)
	return "", ""
}

// conflictNote returns why the proposed edits cannot all be made, "" if they
// can: members propose different edits for a piece, or a member needs a piece
// unchanged.
func (g *group) conflictNote(proposed map[link.PieceID]proposedEdit) string {
	for i := range g.members {
		m := &g.members[i]
		own := map[int]edit.Edit{} // by index of the piece
		for _, c := range m.changes {
			own[c.piece], _ = c.fileEdit(m.occ) // makeEdits checked the error
		}
		for k := range pieceCount(m.occ) {
			piece := pieceAt(m.occ, k)
			p, changes := proposed[link.IDOf(piece)]
			if e, ok := own[k]; changes && (!ok || p.disputed || p.edit != e) {
				return fmt.Sprintf("references that share %s need different changes, such as %s", piece.Text, m.occ.Text())
			}
		}
	}
	return ""
}

// editsOf returns the edits of the groups that move, by path, sorted and each
// once.
func editsOf(groups []*group) map[string][]edit.Edit {
	out := map[string][]edit.Edit{}
	seen := map[link.FileEdit]bool{}
	for _, g := range groups {
		if !g.moves() {
			continue
		}
		for _, e := range g.edits {
			if !seen[e] {
				seen[e] = true
				out[e.Path] = append(out[e.Path], e.Edit)
			}
		}
	}
	for _, edits := range out {
		edit.Sort(edits)
	}
	return out
}
