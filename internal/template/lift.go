package template

import (
	"sort"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A lifter leads the nodes of a unit from its mask to the source.
type lifter struct {
	unit
	source *source
	in     []*syntax.Node // of each action: the scalar that it stands in
}

// lift returns the documents of u with all positions in the source and all
// values as they stand there. It notes in which scalar each action stands,
// unless another unit has said so.
func (u unit) lift(s *source, in []*syntax.Node) []*syntax.Document {
	l := &lifter{u, s, in}
	for _, d := range u.docs {
		at := edit.Span{Start: u.span.Start + d.Span.Start, End: u.span.Start + d.Span.End}
		d.Span = u.mask.source(at, len(s.src))
		if d.Root != nil {
			l.node(d.Root)
		}
	}
	return u.docs
}

func (l *lifter) node(n *syntax.Node) {
	at := edit.Span{Start: l.span.Start + n.Span.Start, End: l.span.Start + n.Span.End}
	switch {
	case n.Kind == syntax.Mapping || n.Kind == syntax.Sequence:
		start := l.mask.start(at.Start, len(l.source.src))
		n.Span = edit.Span{Start: start, End: start}
		for _, c := range n.Children {
			l.node(c)
		}
		return
	case at.Len() == 0:
		return
	}
	n.Span = edit.Span{Start: l.mask.start(at.Start, len(l.source.src)), End: l.mask.end(at.End)}
	if n.Kind == syntax.Scalar {
		l.note(n, at)
		l.value(n, at)
	}
}

// note notes which actions stand in n, whose token is at in the mask.
func (l *lifter) note(n *syntax.Node, at edit.Span) {
	spots := l.mask.spots
	i := sort.Search(len(spots), func(i int) bool { return spots[i].at >= at.Start })
	for ; i < len(spots) && spots[i].at <= at.End; i++ {
		s := spots[i]
		if l.in[s.action] == nil && (!s.outside || at.Start < s.at && s.at < at.End) {
			l.in[s.action] = n
		}
	}
}

// value puts the actions of n, whose token is at in the mask, back into its
// value.
func (l *lifter) value(n *syntax.Node, at edit.Span) {
	i := l.mask.piece(at.Start)
	if p := l.mask.pieces[i]; p.kind == copied && at.End <= p.at+p.n {
		for j := range n.Map {
			n.Map[j].Src += l.span.Start + p.src.Start - p.at
		}
		return
	}
	var out strings.Builder
	var m edit.Map
	add := func(s edit.Span) {
		if k := len(m) - 1; k >= 0 && m[k].Dec+m[k].Len == out.Len() && m[k].Src+m[k].Len == s.Start {
			m[k].Len += s.Len()
		} else {
			m = append(m, edit.Run{Dec: out.Len(), Src: s.Start, Len: s.Len()})
		}
		out.Write(l.source.src[s.Start:s.End])
	}
	dec := 0
	for _, r := range n.Map {
		out.WriteString(n.Value[dec:r.Dec])
		dec = r.Dec + r.Len
		from := l.span.Start + r.Src
		for i := l.mask.piece(from); i < len(l.mask.pieces) && l.mask.pieces[i].at < from+r.Len; i++ {
			p := l.mask.pieces[i]
			a, z := max(from, p.at), min(from+r.Len, p.at+p.n)
			switch {
			case p.kind == copied:
				add(edit.Span{Start: p.src.Start + a - p.at, End: p.src.Start + z - p.at})
			case p.kind == filler && a == p.at:
				add(l.source.actions[p.action].span)
			case p.kind != filler:
				out.Write(l.mask.text[a:z])
			}
		}
	}
	out.WriteString(n.Value[dec:])
	n.Value, n.Map = out.String(), m
}
