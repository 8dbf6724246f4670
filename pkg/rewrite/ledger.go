package rewrite

import (
	"errors"
	"slices"
	"sort"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// A pieceUse is a piece and the group and member that it belongs to.
type pieceUse struct {
	piece  *format.Piece
	group  *group
	member *member
	before int // bytes of the member's text before the piece
}

// A ledger closes the books of a run: one finding for each mention, and one
// for each implied occurrence that a rule selects.
type ledger struct {
	scopes format.Scopes
	pieces map[string][]pieceUse // by file, sorted by position

	consequences map[string][]*group // consequences, by file
	explicit     map[*member]bool    // members with a mention in what moves
}

func newLedger(groups []*group, scopes format.Scopes) *ledger {
	l := &ledger{
		scopes: scopes, pieces: map[string][]pieceUse{},
		consequences: map[string][]*group{}, explicit: map[*member]bool{},
	}
	for _, g := range groups {
		if g.isConsequence && g.moves() {
			l.consequences[g.edits[0].Path] = append(l.consequences[g.edits[0].Path], g)
		}
		for i := range g.members {
			m := &g.members[i]
			before := 0
			for k := range m.occ.Pieces {
				p := &m.occ.Pieces[k]
				l.pieces[p.Path] = append(l.pieces[p.Path], pieceUse{p, g, m, before})
				before += len(p.Text) + len(p.Sep)
			}
		}
	}
	for _, hs := range l.pieces {
		// Of several that share a piece, what a rule moves speaks first.
		sort.SliceStable(hs, func(i, j int) bool {
			a, b := hs[i].piece.Span, hs[j].piece.Span
			if a.Start != b.Start {
				return a.Start < b.Start
			}
			return hs[i].member.matched && !hs[j].member.matched
		})
	}
	return l
}

// usesAt returns the holdings whose piece has the mark m in it, the first that a
// rule moves first; none when there is none.
func usesAt(hs []pieceUse, m edit.Span) []pieceUse {
	i := sort.Search(len(hs), func(i int) bool { return hs[i].piece.Span.Start > m.Start }) - 1
	if i < 0 || !hs[i].piece.Span.Contains(m) {
		return nil
	}
	first := i
	for first > 0 && hs[first-1].piece.Span == hs[i].piece.Span {
		first--
	}
	return hs[first : i+1]
}

// isReplaced reports whether the mark lies in the part of the reference that the
// rule replaces.
func (h *pieceUse) isReplaced(mark edit.Span) bool {
	start, _, ok := h.piece.Map.Decoded(mark)
	if !ok { // escaped or folded: what counts is that the rule touches the piece
		return h.member.matched && h.before < h.member.match.Len
	}
	return h.member.matched && h.before+start < h.member.match.Len
}

// recordExplicit notes which members have a mention in what moves, in whichever file.
func (l *ledger) recordExplicit(c *scannedFile) {
	holdings := l.pieces[c.file.Path]
	for _, m := range c.mentions {
		hs := usesAt(holdings, m)
		for i := range hs {
			if hs[i].isReplaced(m) {
				l.explicit[hs[i].member] = true
			}
		}
	}
}

// NoExplanation is the note of a mention about which neither a format nor a
// linker says anything, though each promises to: a fault of theirs, which
// must not keep the other files from their account.
const NoExplanation = "nothing explains it"

// addFindings writes the findings of the candidate c, one for each of its marks and
// one for each implied occurrence that begins in it, and for each row that
// follows and holds no mark.
func (l *ledger) addFindings(c *scannedFile) {
	lines := edit.NewLines(c.file.Before)
	holdings := l.pieces[c.file.Path]
	contexts := make(map[int]*format.Context, len(c.contents.Contexts))
	for i := range c.contents.Contexts {
		contexts[c.contents.Contexts[i].Mark.Start] = &c.contents.Contexts[i]
	}
	for _, m := range c.mentions {
		f := Finding{Mention: m}
		hs := usesAt(holdings, m)
		if g := l.consequenceAt(c, m); g != nil {
			g.describeConsequence(&f, c.file.Before)
		} else if x := contexts[m.Start]; len(hs) > 0 {
			l.describeMember(&f, &hs[0], c.file.Path, hs[0].isReplaced(m))
		} else if x != nil {
			f.Reason, f.Note, f.Place, f.Scope = x.Reason, x.Note, x.Place, x.Scope
			if l.scopes.Has(x.Scope) && x.Scope != format.Manifests && x.Reason.IsScope() {
				f.Reason = format.RegistryHost // its scope was asked for, and it is no reference
			}
			f.Old = wordAround(c.file.Before, m)
		} else {
			f.Reason, f.Note, f.Old = format.NotEditedSafely, NoExplanation, wordAround(c.file.Before, m)
			c.file.Err = errors.New("a mention is not accounted for, which is a fault of regmigrate; please report it, with the lines around it")
		}
		f.Line, f.Column = lines.Position(m.Start)
		c.file.Findings = append(c.file.Findings, f)
	}
	for i := range holdings {
		h := &holdings[i]
		if h.piece != &h.member.occ.Pieces[0] || !h.member.matched || l.explicit[h.member] {
			continue
		}
		f := Finding{Mention: h.piece.Span, Implicit: true}
		l.describeMember(&f, h, c.file.Path, true)
		f.Line, f.Column = lines.Position(f.Mention.Start)
		c.file.Findings = append(c.file.Findings, f)
	}
	for _, g := range l.consequences[c.file.Path] {
		if !g.isReference || slices.ContainsFunc(c.mentions, g.edits[0].Overlaps) {
			continue
		}
		f := Finding{Mention: g.edits[0].Span, Implicit: true}
		g.describeConsequence(&f, c.file.Before)
		f.Line, f.Column = lines.Position(f.Mention.Start)
		c.file.Findings = append(c.file.Findings, f)
	}
	slices.SortStableFunc(c.file.Findings[len(c.mentions):], func(a, b Finding) int { return a.Mention.Start - b.Mention.Start })
}

// describeConsequence fills f in from a consequence in the text src.
func (g *group) describeConsequence(f *Finding, src []byte) {
	e := g.edits[0]
	f.Status, f.IsConsequence, f.Note, f.EditSpans = Rewritten, true, g.note, []edit.Span{e.Span}
	f.Old, f.New = string(src[e.Start:e.End]), e.New
	f.Scope = format.Docs
}

// consequenceAt returns the consequence that rewrites the mention m of c, nil
// when none does.
func (l *ledger) consequenceAt(c *scannedFile, m edit.Span) *group {
	for _, g := range l.consequences[c.file.Path] {
		if g.edits[0].Overlaps(m) {
			return g
		}
	}
	return nil
}

// describeMember fills f in from the group that h is part of. moved says whether the
// mention lies in the part of the reference that a rule replaces.
func (l *ledger) describeMember(f *Finding, h *pieceUse, path string, moved bool) {
	m, g := h.member, h.group
	f.Old, f.Place, f.Scope = m.occ.Text(), m.occ.Place, m.occ.Scope
	if m.matched && m.match.Rule != nil {
		f.Rule, f.From, f.To = m.match.Rule.Name, m.match.Rule.From, m.match.Rule.To
	}
	switch {
	case !m.matched || !moved:
		f.Reason, f.Rule, f.From, f.To = format.DifferentName, "", "", ""
		if !m.matched && !f.Implicit && h.before == 0 && l.isWholeName(h, f.Mention) {
			f.Reason = format.RegistryHost // a rule's own prefix, and no image behind it
		}
	case g.moves():
		f.Status = Rewritten
		f.New = newText(m)
		for _, c := range m.changes {
			if m.occ.Pieces[c.piece].Path == path {
				e, _ := c.source(m.occ) // there is one, or the group would not move
				f.EditSpans = append(f.EditSpans, e.Span)
			}
		}
	default:
		f.Reason, f.Note = g.reason, g.note
	}
}

// isWholeName reports whether the mention is the whole name of a reference that no
// rule moves: gcr.io/google-containers, with or without a tag.
func (l *ledger) isWholeName(h *pieceUse, mention edit.Span) bool {
	start, end, ok := h.piece.Map.Decoded(mention)
	if !ok || start != 0 || len(h.member.occ.Pieces) > 1 {
		return false
	}
	rest := h.piece.Text[end:]
	return rest == "" || rest[0] == '@' || rest[0] == ':' && strings.Contains(h.piece.Text[:end], "/")
}

// newText returns the reference that m becomes.
func newText(m *member) string {
	text := ""
	for k := range m.occ.Pieces {
		text += m.newPiece(k)
		if k+1 < len(m.occ.Pieces) {
			text += m.occ.Pieces[k].Sep
		}
	}
	return text + m.occ.Tail
}

// newPiece returns what the piece k of m becomes.
func (m *member) newPiece(k int) string {
	text := m.occ.Pieces[k].Text
	for _, c := range m.changes {
		if c.piece == k {
			return text[:c.Start] + c.New + text[c.End:]
		}
	}
	return text
}

// wordAround returns what the mention m of src is a part of, for a report: the word
// around it, not more than a hundred-odd bytes.
func wordAround(src []byte, m edit.Span) string {
	const far = 80
	start, end := max(0, m.Start-far), min(len(src), m.End+far)
	found := image.WordAt(string(src[start:end]), edit.Span{Start: m.Start - start, End: m.End - start})
	return strings.ToValidUTF8(string(src[start+found.Span.Start:start+found.Span.End]), "\uFFFD")
}

// editsOf returns the edits of the groups that move, by file, sorted.
func editsOf(groups []*group) map[string][]edit.Edit {
	out := map[string][]edit.Edit{}
	seen := map[string]map[edit.Edit]bool{}
	add := func(e link.FileEdit) {
		if seen[e.Path] == nil {
			seen[e.Path] = map[edit.Edit]bool{}
		}
		if !seen[e.Path][e.Edit] {
			seen[e.Path][e.Edit] = true
			out[e.Path] = append(out[e.Path], e.Edit)
		}
	}
	for _, g := range groups {
		if g.moves() {
			for _, e := range g.edits {
				add(e)
			}
		}
	}
	for _, es := range out {
		edit.Sort(es)
	}
	return out
}
