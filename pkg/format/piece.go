package format

import (
	"sort"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// piece makes a piece of the scalar n, without a transport before it.
func (d *detector) piece(n *syntax.Node, role Role, sep string) Piece {
	d.pieces[n] = true
	return d.part(n, transportLen(n.Value), len(n.Value), role, sep)
}

// part makes a piece of the decoded bytes [start, end) of n.
func (d *detector) part(n *syntax.Node, start, end int, role Role, sep string) Piece {
	p := d.cut(decodedText{n.Value, n.Map, n.Span}, start, end, role)
	p.Sep = sep
	return p
}

// A decodedText is a text of the file.
type decodedText struct {
	text   string
	toFile edit.Map  // from text to the file
	span   edit.Span // of text in the file
}

// cut makes a piece of the bytes [start, end) of t. The span of the piece is
// that of t if no byte of the piece is in the file.
func (d *detector) cut(t decodedText, start, end int, role Role) Piece {
	p := Piece{Path: d.in.Path, Text: t.text[start:end], Role: role, Map: t.toFile.Slice(start, end), Span: t.span, EditsEscapes: d.in.editsEscapes}
	if s, ok := p.Map.Enclosing(0, len(p.Text)); ok {
		p.Span = s
	}
	return p
}

// ScalarPiece makes a piece of the whole scalar n, without a transport before it.
// n is at field in the file at path.
func ScalarPiece(path string, n *syntax.Node, field string, role Role, sep string) Piece {
	d := detector{in: Input{Path: path}}
	p := d.part(n, transportLen(n.Value), len(n.Value), role, sep)
	p.Field = field
	if n.Style == syntax.Plain {
		if p.Quotes = PlainYAML; !isPrintedAsWritten(n) {
			p.Quotes = UnclearNumber
		}
	}
	return p
}

// add adds the occurrence o at f. The marks in its pieces need no context: the
// occurrence explains them.
func (d *detector) add(f *frame, o Occurrence) {
	o.Place = f.place()
	for _, p := range o.Pieces {
		for _, i := range d.marksIn(p.Span) {
			d.explained[i] = true
		}
	}
	d.out.Occurrences = append(d.out.Occurrences, o)
}

// contexts explains every mark in the scalar n, at f, that has no explanation yet
// by the context c.
func (d *detector) contexts(f *frame, n *syntax.Node, c Context) {
	for _, i := range d.marksIn(n.Span) {
		if !d.explained[i] {
			d.explained[i] = true
			c.Mark, c.Place = d.in.Marks[i], f.place()
			d.out.Contexts = append(d.out.Contexts, c)
		}
	}
}

// markAt returns the index of the mark m.
func (d *detector) markAt(m edit.Span) int {
	return sort.Search(len(d.in.Marks), func(i int) bool { return d.in.Marks[i].Start >= m.Start })
}

// marksIn returns the indexes of the marks within s.
func (d *detector) marksIn(s edit.Span) []int {
	var out []int
	i := sort.Search(len(d.in.Marks), func(i int) bool { return d.in.Marks[i].Start >= s.Start })
	for ; i < len(d.in.Marks) && d.in.Marks[i].End <= s.End; i++ {
		out = append(out, i)
	}
	return out
}
