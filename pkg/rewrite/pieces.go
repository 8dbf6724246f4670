package rewrite

import (
	"errors"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// A change is an edit of one piece's text: its bytes [Start, End) become New.
type change struct {
	piece int
	edit.Edit
}

// Why a match cannot be carried over to the pieces of an occurrence.
var (
	errEmpty   = errors.New("one of its parts would become empty")
	errEscaped = errors.New("the text to replace is escaped or folded over lines")
)

// changes spreads the match m, which replaces the first m.Len bytes of o's
// text, over the pieces of o.
//
// A registry piece that is a host alone stays one: it takes the domain of the
// new prefix, and what follows the domain goes before the first name. A
// registry piece that has a path already takes all of the new prefix, as does
// one without a name behind it.
func changes(o *format.Occurrence, m rules.Match) ([]change, error) {
	if n := m.Len; n > 0 && strings.HasSuffix(m.New, "/") && o.Text()[n-1] == '/' {
		m.Len, m.New = n-1, m.New[:len(m.New)-1] // the slash stays where it is
	}
	first := o.Pieces[0].Text
	if len(o.Pieces) == 1 || m.Len < len(strings.TrimSuffix(first, "/")) {
		return []change{{0, edit.Edit{Span: edit.Span{Start: 0, End: m.Len}, New: m.New}}}, nil
	}
	host := strings.TrimSuffix(first, "/")
	hostOnly := image.IsHost(host)
	if m.Len == len(host) && !hostOnly {
		return []change{{0, edit.Edit{Span: edit.Span{Start: 0, End: m.Len}, New: m.New}}}, nil
	}
	domain, path, _ := strings.Cut(m.New, "/")
	var out []change
	if domain != host {
		out = append(out, change{0, edit.Edit{Span: edit.Span{Start: 0, End: len(host)}, New: domain}})
	}
	rest := m.Len - len(first) - len(o.Pieces[0].Sep) // of the match, behind the registry
	for i := 1; i < len(o.Pieces); i++ {
		p := &o.Pieces[i]
		last := i+1 == len(o.Pieces)
		switch {
		case rest <= 0:
			if path != "" { // only the host matched: the path goes before the name
				out = append(out, change{i, edit.Edit{New: path + "/"}})
			}
			return out, nil
		case rest < len(p.Text) && path != "":
			return append(out, change{i, edit.Edit{Span: edit.Span{Start: 0, End: rest}, New: path}}), nil
		case rest < len(p.Text):
			if p.Text[rest] == '/' {
				rest++
			}
			if rest == len(p.Text) {
				return nil, errEmpty
			}
			return append(out, change{i, edit.Edit{Span: edit.Span{Start: 0, End: rest}}}), nil
		case path == "" || last && rest > len(p.Text):
			return nil, errEmpty
		default: // the whole piece matched
			out = append(out, change{i, edit.Edit{Span: edit.Span{Start: 0, End: len(p.Text)}, New: path}})
			if rest -= len(p.Text) + len(p.Sep); rest <= 0 {
				return out, nil
			}
			return nil, errEmpty
		}
	}
	return out, nil
}

// source carries a change of a piece over to the bytes of its file.
func (c change) source(o *format.Occurrence) (edit.Edit, error) {
	p := &o.Pieces[c.piece]
	s, ok := p.Map.Span(c.Start, c.End)
	if !ok {
		return edit.Edit{}, errEscaped
	}
	return edit.Edit{Span: s, New: c.New}, nil
}
