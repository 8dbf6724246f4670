package rewrite

import (
	"errors"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// A pieceChange is a change of the text of one piece of an occurrence.
type pieceChange struct {
	piece     int // index of the piece
	edit.Edit     // offsets in the piece's text
}

// Reasons why the pieces of an occurrence cannot be changed as a match
// requires.
var (
	errEmpty    = errors.New("a part of the reference would become empty")
	errTemplate = errors.New("a template writes a part of the text to replace")
	errEscaped  = errors.New("the text to replace is escaped or folded over lines")
	errChart    = errors.New("the rule changes the name of the chart, which is in another field; change both by hand")
)

// splitMatch returns the changes of the pieces of o for the match m, which
// replaces the first m.Len bytes of the text of o.
//
// If the first piece is only a host and other pieces follow, d says how the
// first piece and the name share the new prefix. If the first piece has a path,
// or is the only piece, it gets the whole new prefix.
func splitMatch(o *format.Occurrence, m rules.Match, d division) ([]pieceChange, error) {
	if n := m.Len; n > 0 && strings.HasSuffix(m.New, "/") && o.Text()[n-1] == '/' {
		m.Len, m.New = n-1, m.New[:len(m.New)-1] // the slash is not changed
	}
	if o.Kind != format.Image {
		m = withoutTail(o, m)
	}
	k, end := matchEnd(o, m.Len)
	switch {
	case end <= len(o.Pieces[k].Text):
	case o.Kind != format.Image:
		return nil, errChart
	default:
		return nil, errTemplate
	}
	host := strings.TrimSuffix(o.Pieces[0].Text, "/")
	if k == 0 && (len(o.Pieces) == 1 || end < len(host) || !image.IsHost(host)) {
		return []pieceChange{replaceStart(0, end, m.New)}, nil
	}
	first, path := d.cut(m)
	var out []pieceChange
	if first != host {
		out = append(out, replaceStart(0, len(host), first))
	}
	rest, err := nameChanges(o, k, end, path)
	if err != nil {
		return nil, err
	}
	return append(out, rest...), nil
}

// withoutTail returns m without the end of the tail of o, if m does not change that
// end: docker.io/a/redis to mirror.example/b/redis changes docker.io/a only.
func withoutTail(o *format.Occurrence, m rules.Match) rules.Match {
	inTail := m.Len - (len(o.Text()) - len(o.Tail))
	if inTail <= 0 {
		return m
	}
	if rest, ok := strings.CutSuffix(m.New, o.Tail[:inTail]); ok && rest != "" {
		m.Len, m.New = m.Len-inTail, rest
	}
	return m
}

// nameChanges returns the changes of the pieces after the host, for a match that
// ends at the offset end in piece k. Their matched part is replaced by path, which
// may be empty.
func nameChanges(o *format.Occurrence, k, end int, path string) ([]pieceChange, error) {
	var out []pieceChange
	switch {
	case k == 0 && path == "": // only the host matched
		return nil, nil
	case k == 0 && o.Pieces[0].Sep != "/" && !strings.HasSuffix(o.Pieces[0].Text, "/"):
		return nil, errTemplate // the path belongs before text of a template
	case k == 0:
		return []pieceChange{replaceStart(1, 0, path+"/")}, nil
	case k == 1 && path != "":
		return []pieceChange{replaceStart(1, end, path)}, nil
	case k == 2 && path != "":
		out = []pieceChange{replaceStart(1, len(o.Pieces[1].Text), path)}
	case k > 1:
		return nil, errEmpty
	}
	// Remove the part of piece k that matched, and the slash after it.
	text := o.Pieces[k].Text
	if end >= len(text)-1 || text[end] != '/' {
		return nil, errEmpty
	}
	return append(out, replaceStart(k, end+1, "")), nil
}

// matchEnd returns the piece k of o in which the first n bytes of the text of o
// end, and the offset of that end in the piece. The offset is larger than the
// piece if the bytes end after the last piece.
func matchEnd(o *format.Occurrence, n int) (k, offset int) {
	for k+1 < len(o.Pieces) && n > len(o.Pieces[k].Text) {
		n -= len(o.Pieces[k].Text) + len(o.Pieces[k].Sep)
		k++
	}
	return k, n
}

// replaceStart replaces the first n bytes of a piece by text.
func replaceStart(piece, n int, text string) pieceChange {
	return pieceChange{piece, edit.Edit{Span: edit.Span{Start: 0, End: n}, New: text}}
}

// fileEdit returns the change as an edit of the file.
func (c pieceChange) fileEdit(o *format.Occurrence) (edit.Edit, error) {
	p := pieceAt(o, c.piece)
	if p.Added != nil {
		text := p.Text[:c.Start] + c.New + p.Text[c.End:]
		return edit.Edit{Span: p.Span, New: p.Added.Before + text + p.Added.After}, nil
	}
	s, ok := p.Map.Span(c.Start, c.End)
	if !ok && p.EditsEscapes {
		s, ok = p.Map.EscapedSpan(c.Start, c.End)
	}
	if !ok {
		return edit.Edit{}, errEscaped
	}
	if p.Role == format.TagOnly {
		text, isWhole := p.WholeText(c.New)
		return edit.Edit{Span: s, New: text, IsWhole: isWhole}, nil
	}
	return edit.Edit{Span: s, New: c.New}, nil
}

// newText returns the reference after the changes.
func (m *member) newText() string {
	text := ""
	for k := range m.occ.Pieces {
		text += m.newPiece(k)
		if k+1 < len(m.occ.Pieces) {
			text += m.occ.Pieces[k].Sep
		}
	}
	return text + m.occ.Tail
}

// newPiece returns the text of the piece k after the changes.
func (m *member) newPiece(k int) string {
	text := pieceAt(m.occ, k).Text
	for _, c := range m.changes {
		if c.piece == k {
			return text[:c.Start] + c.New + text[c.End:]
		}
	}
	return text
}
