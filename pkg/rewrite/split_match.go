package rewrite

import (
	"errors"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// A pieceChange is an edit of one piece's text: its bytes [Start, End) become New.
type pieceChange struct {
	piece int
	edit.Edit
}

// Why a match cannot be carried over to the pieces of an occurrence.
var (
	errEmpty    = errors.New("one of its parts would become empty")
	errTemplate = errors.New("a template writes a part of what would change")
	errEscaped  = errors.New("the text to replace is escaped or folded over lines")
)

// splitMatch spreads the match m, which replaces the first m.Len bytes of o's
// text, over the pieces of o.
//
// A registry piece that is a host alone stays one: it takes the domain of the
// new prefix, and what follows the domain goes before the first name. A
// registry piece that has a path already takes all of the new prefix, as does
// one without a name behind it.
func splitMatch(o *format.Occurrence, m rules.Match) ([]pieceChange, error) {
	if n := m.Len; n > 0 && strings.HasSuffix(m.New, "/") && o.Text()[n-1] == '/' {
		m.Len, m.New = n-1, m.New[:len(m.New)-1] // the slash stays where it is
	}
	k, rest := 0, m.Len // the match ends in piece k, behind rest bytes of it
	for k+1 < len(o.Pieces) && rest > len(o.Pieces[k].Text) {
		rest -= len(o.Pieces[k].Text) + len(o.Pieces[k].Sep)
		k++
	}
	if rest > len(o.Pieces[k].Text) {
		return nil, errTemplate
	}
	first := o.Pieces[0].Text
	host := strings.TrimSuffix(first, "/")
	if k == 0 && (len(o.Pieces) == 1 || rest < len(host) || !image.IsHost(host)) {
		return []pieceChange{replace(0, rest, m.New)}, nil
	}
	domain, path, _ := strings.Cut(m.New, "/")
	var out []pieceChange
	if domain != host {
		out = append(out, replace(0, len(host), domain))
	}
	switch {
	case k == 0 && path != "": // only the host matched: the path goes before the name
		return append(out, replace(1, 0, path+"/")), nil
	case k == 0:
		return out, nil
	case k == 1 && path != "":
		return append(out, replace(1, rest, path)), nil
	case k == 2 && path != "":
		out = append(out, replace(1, len(o.Pieces[1].Text), path))
	case k > 1:
		return nil, errEmpty
	}
	// What matched goes away, the slash behind it included.
	text := o.Pieces[k].Text
	if rest >= len(text)-1 || text[rest] != '/' {
		return nil, errEmpty
	}
	return append(out, replace(k, rest+1, "")), nil
}

// replace makes the first n bytes of a piece become text.
func replace(piece, n int, text string) pieceChange {
	return pieceChange{piece, edit.Edit{Span: edit.Span{Start: 0, End: n}, New: text}}
}

// source carries a change of a piece over to the bytes of its file.
func (c pieceChange) source(o *format.Occurrence) (edit.Edit, error) {
	p := &o.Pieces[c.piece]
	s, ok := p.Map.Span(c.Start, c.End)
	if !ok {
		return edit.Edit{}, errEscaped
	}
	return edit.Edit{Span: s, New: c.New}, nil
}
