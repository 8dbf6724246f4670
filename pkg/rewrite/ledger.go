package rewrite

import (
	"cmp"
	"errors"
	"slices"
	"sort"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// A ledger makes the findings of a run: one for each mention, and one for each
// implicit occurrence that a rule matches.
type ledger struct {
	rules        *rules.Set
	policyRules  func(path string, p format.OwnPolicy) (string, error) // may be nil
	scopes       format.Scopes
	uses         map[string][]pieceUse // by path, sorted by position
	consequences map[string][]*group   // by path
	mapped       mappings
	explicit     map[*member]bool // members with a mention in the replaced part of their reference
}

// A pieceUse is a piece of a member of a group.
type pieceUse struct {
	piece  *format.Piece
	group  *group
	member *member
	offset int // of the piece in the member's text, in bytes
}

func newLedger(groups []*group, opts Options) *ledger {
	l := &ledger{
		rules: opts.Rules, policyRules: opts.PolicyRules, scopes: opts.scopes(), uses: map[string][]pieceUse{},
		consequences: map[string][]*group{}, explicit: map[*member]bool{},
	}
	for _, g := range groups {
		if g.isConsequence && g.moves() {
			l.consequences[g.edits[0].Path] = append(l.consequences[g.edits[0].Path], g)
		}
		for i := range g.members {
			m := &g.members[i]
			offset := 0
			for k := range m.occ.Pieces {
				p := &m.occ.Pieces[k]
				l.uses[p.Path] = append(l.uses[p.Path], pieceUse{p, g, m, offset})
				offset += len(p.Text) + len(p.Sep)
			}
		}
	}
	for _, uses := range l.uses {
		// If a piece has several uses, those of members that a rule matches come
		// first.
		sort.SliceStable(uses, func(i, j int) bool {
			a, b := uses[i].piece.Span, uses[j].piece.Span
			if a.Start != b.Start {
				return a.Start < b.Start
			}
			return uses[i].member.matched && !uses[j].member.matched
		})
	}
	return l
}

// usesAt returns the uses of the piece that contains the mention m.
func usesAt(uses []pieceUse, m edit.Span) []pieceUse {
	i := sort.Search(len(uses), func(i int) bool { return uses[i].piece.Span.Start > m.Start }) - 1
	if i < 0 || !uses[i].piece.Span.Contains(m) {
		return nil
	}
	first := i
	for first > 0 && uses[first-1].piece.Span == uses[i].piece.Span {
		first--
	}
	return uses[first : i+1]
}

// isReplaced reports whether the mention m starts in the part of the reference
// that a rule replaces.
func (u *pieceUse) isReplaced(m edit.Span) bool {
	start, _, ok := u.piece.Map.Decoded(m)
	if !ok { // escaped or folded: true if the rule replaces a part of the piece
		start = 0
	}
	return u.member.matched && u.offset+start < u.member.match.Len
}

// noteExplicit records the members with a mention in f. It must be called for
// all files before addFindings: the pieces of a member may be in several files.
func (l *ledger) noteExplicit(f *scannedFile) {
	for _, m := range f.mentions {
		uses := usesAt(l.uses[f.file.Path], m)
		for i := range uses {
			if uses[i].isReplaced(m) {
				l.explicit[uses[i].member] = true
			}
		}
	}
}

// NoExplanation is the note of a mention without a reason. That is a bug: a format
// or a linker returns a reason for each mention.
const NoExplanation = "no reason is known"

var errNoExplanation = errors.New("a mention has no reason; this is a bug in regmigrate: please report it with the lines around the mention")

// addFindings adds the findings of the file f: one for each mention, then one
// for each implicit occurrence that starts in f, for each reference that a
// consequence rewrites and that has no mention, and for each likely image of f.
func (l *ledger) addFindings(f *scannedFile) {
	contexts := make(map[int]*format.Context, len(f.contents.Contexts)) // by offset of the mention
	for i := range f.contents.Contexts {
		contexts[f.contents.Contexts[i].Mark.Start] = &f.contents.Contexts[i]
	}
	for _, m := range f.mentions {
		x, ok := l.explicitFinding(f, m, contexts[m.Start])
		if !ok {
			f.file.Err = errNoExplanation
		}
		f.file.Findings = append(f.file.Findings, x)
	}
	implicit := slices.Concat(l.implicitFindings(f), l.likelyFindings(f), l.encodedFindings(f), l.outdatedPolicy(f))
	slices.SortStableFunc(implicit, func(a, b Finding) int { return a.Mention.Start - b.Mention.Start })
	f.file.Findings = append(f.file.Findings, implicit...)
	f.setOwnPolicy()
	lines := edit.NewLines(f.file.Before)
	for i := range f.file.Findings {
		x := &f.file.Findings[i]
		x.Line, x.Column = lines.Position(x.Mention.Start)
	}
}

// explicitFinding returns the finding of the mention m, whose context may be
// nil. Ok is false if the mention has no reason.
func (l *ledger) explicitFinding(f *scannedFile, m edit.Span, context *format.Context) (x Finding, ok bool) {
	x.Mention = m
	if g := l.consequenceAt(f, m); g != nil {
		x.setConsequence(g, f.file.Before)
		return x, true
	}
	if uses := usesAt(l.uses[f.file.Path], m); len(uses) > 0 {
		x.setReference(&uses[0], f.file.Path, uses[0].isReplaced(m))
		return x, true
	}
	x.Old = surroundingWord(f.file.Before, m)
	if context == nil {
		x.Reason, x.Note = format.NotEditedSafely, NoExplanation
		return x, false
	}
	x.Reason, x.Note, x.Place, x.Scope = context.Reason, context.Note, context.Place, context.Scope
	if at := l.mapped.at(f.file.Path, m); at != nil && l.mapped.decides(x.Reason) {
		x.Reason, x.Note = at.reason, at.note
		return x, true
	}
	if l.scopes.Has(x.Scope) && x.Scope != format.Manifests && x.Reason.IsScope() {
		x.Reason = format.RegistryHost // the scope is selected, and the mention is not a reference
	}
	return x, true
}

// implicitFindings returns the findings of f for references without a mention.
func (l *ledger) implicitFindings(f *scannedFile) []Finding {
	var out []Finding
	uses := l.uses[f.file.Path]
	for i := range uses {
		u := &uses[i]
		if u.piece != firstInFile(u.member.occ) || !u.member.matched || l.explicit[u.member] {
			continue
		}
		x := Finding{Mention: u.piece.Span, Implicit: true}
		x.setReference(u, f.file.Path, true)
		out = append(out, x)
	}
	for _, g := range l.consequences[f.file.Path] {
		if g.isReference && !slices.ContainsFunc(f.mentions, g.edits[0].Overlaps) {
			x := Finding{Mention: g.edits[0].Span, Implicit: true}
			x.setConsequence(g, f.file.Before)
			out = append(out, x)
		}
	}
	return out
}

// firstInFile returns the first piece of o that a file has.
func firstInFile(o *format.Occurrence) *format.Piece {
	for k := range o.Pieces {
		if o.Pieces[k].Added == nil {
			return &o.Pieces[k]
		}
	}
	return &o.Pieces[0]
}

// consequenceAt returns the consequence that rewrites the mention m of f, nil if
// none does.
func (l *ledger) consequenceAt(f *scannedFile, m edit.Span) *group {
	for _, g := range l.consequences[f.file.Path] {
		if g.edits[0].Overlaps(m) {
			return g
		}
	}
	return nil
}

// setConsequence sets the fields of the finding of a consequence in a file with
// the content src.
func (x *Finding) setConsequence(g *group, src []byte) {
	e := g.edits[0]
	x.Status, x.IsConsequence, x.Note, x.EditSpans = Rewritten, true, g.note, []edit.Span{e.Span}
	x.Old, x.New = string(src[e.Start:e.End]), e.New
	x.Scope = format.Docs
}

// setReference sets the fields of the finding of a reference in the file at
// path. isReplaced says whether the mention is in the part of the reference
// that a rule replaces.
func (x *Finding) setReference(u *pieceUse, path string, isReplaced bool) {
	m, g := u.member, u.group
	x.Old, x.Kind, x.Place, x.Scope = m.occ.Text(), m.occ.Kind, m.occ.Place, m.occ.Scope
	if !m.matched || !isReplaced {
		x.Reason = format.DifferentName
		if m.occ.Kind == format.ChartRepository {
			x.Reason = format.URL
		}
		if !m.matched && !x.Implicit && u.offset == 0 && u.isWholeName(x.Mention) {
			x.Reason = format.RegistryHost // the prefix of a rule without an image name
		}
		return
	}
	if r := m.match.Rule; r != nil {
		x.Rule, x.From, x.To = r.Name, r.From, cmp.Or(targetAfter(m.match), r.To)
	}
	if !g.moves() {
		x.Reason, x.Note = g.reason, g.note
		if x.Reason == format.LikelyImage {
			x.Place.Field = m.occ.Field(len(m.occ.Pieces) - 1) // the field that the configuration can declare
		}
		return
	}
	x.Status, x.New, x.IsAssumed = Rewritten, m.newText(), m.occ.IsAssumed
	if m.match.NewTag != "" {
		x.Old, x.New = x.Old+":"+m.occ.Tag, x.New+":"+m.match.NewTag
	}
	for _, c := range m.changes {
		if pieceAt(m.occ, c.piece).Path == path {
			e, _ := c.fileEdit(m.occ) // group.makeEdits checked the error
			x.EditSpans = append(x.EditSpans, e.Span)
		}
	}
}

// targetAfter returns the name to which a second rule moves the target of a rule for a
// single image: a mirror, after a rename. It is "" without a second rule.
func targetAfter(m rules.Match) string {
	r, err := image.Parse(m.New)
	if !m.IsForImage || err != nil || r.Domain == "" || strings.HasPrefix(m.New, m.Rule.To) {
		return ""
	}
	return r.Domain + "/" + r.Path
}

// isWholeName reports whether the mention is the whole name of a reference:
// gcr.io/google-containers, with or without a tag.
func (u *pieceUse) isWholeName(mention edit.Span) bool {
	start, end, ok := u.piece.Map.Decoded(mention)
	if !ok || start != 0 || len(u.member.occ.Pieces) > 1 {
		return false
	}
	rest := u.piece.Text[end:]
	return rest == "" || rest[0] == '@' || rest[0] == ':' && strings.Contains(u.piece.Text[:end], "/")
}

// surroundingWord returns the word of src that contains the mention m. Longer words than
// references are cut off 300 bytes before and after m; an ellipsis marks the place.
func surroundingWord(src []byte, m edit.Span) string {
	const margin = 300
	start, end := max(0, m.Start-margin), min(len(src), m.End+margin)
	word := image.WordAt(string(src[start:end]), edit.Span{Start: m.Start - start, End: m.End - start}).Span
	text := string(src[start+word.Start : start+word.End])
	if word.Start == 0 && start > 0 {
		text = "…" + text
	}
	if start+word.End == end && end < len(src) {
		text += "…"
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}
