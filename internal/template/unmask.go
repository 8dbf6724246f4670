package template

import (
	"sort"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// An unmasker changes the nodes of a part from positions and values of its mask
// to those of the source.
type unmasker struct {
	part
	source    *source
	scalarsOf []*syntax.Node // for each action, the scalar that contains it
}

// unmask returns the documents of p with positions and values of the source. It
// sets scalarsOf for the actions in p, unless it is set already.
func (p part) unmask(s *source, scalarsOf []*syntax.Node) []*syntax.Document {
	u := &unmasker{p, s, scalarsOf}
	for _, d := range p.docs {
		at := edit.Span{Start: p.span.Start + d.Span.Start, End: p.span.Start + d.Span.End}
		d.Span = p.mask.source(at, len(s.src))
		if d.Root != nil {
			u.node(d.Root)
		}
	}
	return p.docs
}

// node unmasks n and its children.
func (u *unmasker) node(n *syntax.Node) {
	at := edit.Span{Start: u.span.Start + n.Span.Start, End: u.span.Start + n.Span.End}
	switch {
	case n.Kind == syntax.Mapping || n.Kind == syntax.Sequence:
		start := u.mask.start(at.Start, len(u.source.src))
		n.Span = edit.Span{Start: start, End: start}
		for _, c := range n.Children {
			u.node(c)
		}
		return
	case at.Len() == 0:
		return
	}
	n.Span = edit.Span{Start: u.mask.start(at.Start, len(u.source.src)), End: u.mask.end(at.End)}
	if n.Kind == syntax.Scalar {
		u.recordActions(n, at)
		u.value(n, at)
	}
}

// recordActions records which actions n contains. at is the span of n in the
// mask.
func (u *unmasker) recordActions(n *syntax.Node, at edit.Span) {
	actions := u.mask.actions
	i := sort.Search(len(actions), func(i int) bool { return actions[i].at >= at.Start })
	for ; i < len(actions) && actions[i].at <= at.End; i++ {
		a := actions[i]
		if u.scalarsOf[a.action] == nil && (!a.omitted || at.Start < a.at && a.at < at.End) {
			u.scalarsOf[a.action] = n
		}
	}
}

// value puts the actions of n back into its value. at is the span of n in the
// mask.
func (u *unmasker) value(n *syntax.Node, at edit.Span) {
	i := u.mask.piece(at.Start)
	if p := u.mask.pieces[i]; p.kind == copied && at.End <= p.at+p.n {
		for j := range n.Map {
			n.Map[j].Src += u.span.Start + p.src.Start - p.at
		}
		return
	}
	var out strings.Builder
	var m edit.Map
	addSource := func(s edit.Span) {
		if k := len(m) - 1; k >= 0 && m[k].Dec+m[k].Len == out.Len() && m[k].Src+m[k].Len == s.Start {
			m[k].Len += s.Len()
		} else {
			m = append(m, edit.Run{Dec: out.Len(), Src: s.Start, Len: s.Len()})
		}
		out.Write(u.source.src[s.Start:s.End])
	}
	dec := 0
	for _, r := range n.Map {
		out.WriteString(n.Value[dec:r.Dec])
		dec = r.Dec + r.Len
		from := u.span.Start + r.Src
		for i := u.mask.piece(from); i < len(u.mask.pieces) && u.mask.pieces[i].at < from+r.Len; i++ {
			p := u.mask.pieces[i]
			a, z := max(from, p.at), min(from+r.Len, p.at+p.n)
			switch {
			case p.kind == copied:
				addSource(edit.Span{Start: p.src.Start + a - p.at, End: p.src.Start + z - p.at})
			case p.kind == placeholder && a == p.at:
				addSource(u.source.actions[p.action].span)
			case p.kind != placeholder:
				out.Write(u.mask.text[a:z])
			}
		}
	}
	out.WriteString(n.Value[dec:])
	n.Value, n.Map = out.String(), m
}
