package link

import (
	"fmt"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
)

// A selector is an entry of `images`, while its layer is worked through.
type selector struct {
	name, newName string
	occ           *format.Occurrence // of the name, nil when it is no reference
	node          *syntax.Node
	index         int
}

// entry passes what has arrived through one entry, and decides the entry.
func (g *graph) entry(l *layer, f *File, n *syntax.Node, index int, all *syntax.Node) {
	e := selector{name: n.Str("name"), newName: n.Str("newName"), node: n, index: index}
	for i := range f.Scanned.Occurrences {
		if o := &f.Scanned.Occurrences[i]; o.Place.Field == fmt.Sprintf(".images[%d].name", index) && len(o.Pieces) == 1 {
			e.occ = o
		}
	}
	after := e.name
	moved := false
	if e.occ != nil {
		if m, ok := g.move(e.occ); ok {
			after, moved = m.New+e.name[m.Len:], true
		}
	}
	var with, without []int // what it selects: what moves, and what stays
	for i := range l.out {
		switch a := &l.out[i]; {
		case a.now != e.name:
		case a.after != a.now:
			with = append(with, i)
		default:
			without = append(without, i)
		}
	}
	if moved {
		g.decide(l, f, &e, after, with, without, all)
	}
	for _, i := range append(with, without...) {
		a := &l.out[i]
		if e.newName != "" {
			a.now, a.after = e.newName, g.renamed(f, &e)
		}
	}
	if e.newName == "" && moved && len(with)+len(without) == 0 && l.unknown {
		// From a remote base, it leaves this layer under the new name.
		l.out = append(l.out, arrival{e.name, after, nil})
	}
}

// renamed is what the entry's newName will be.
func (g *graph) renamed(f *File, e *selector) string {
	for i := range f.Scanned.Occurrences {
		o := &f.Scanned.Occurrences[i]
		if o.Place.Field == fmt.Sprintf(".images[%d].newName", e.index) && len(o.Pieces) == 1 {
			if m, ok := g.move(o); ok {
				return m.New + e.newName[m.Len:]
			}
		}
	}
	return e.newName
}

// decide makes the group of an entry whose name a rule moves.
func (g *graph) decide(l *layer, f *File, e *selector, after string, with, without []int, all *syntax.Node) {
	group := Group{Occurrences: []format.Occurrence{*e.occ}}
	for _, i := range with {
		if o := l.out[i].from; o != nil {
			group.Occurrences = append(group.Occurrences, *o)
		}
	}
	switch {
	case collides(all, e, after):
		group.Keep = format.Conflict
		group.Why = "another entry of images has the name " + after + " already, and both would select the same image after the move"
	case len(with) > 0 && len(without) > 0:
		group.Keep = format.Conflict
		group.Why = "it selects images that move and images that stay under their old name"
	case len(with) > 0:
		group.Why = "it selects what arrives under this name"
	case len(without) > 0:
		group.Occurrences, group.Keep, group.Why = group.Occurrences[:1], format.RemoteBase, "what it selects stays under its old name"
	case l.missing != "":
		group.Keep = format.Conflict
		group.Why = "what it selects cannot be known: " + l.missing
	case l.unknown:
		group.Keep = format.RemoteBase
		if e.newName == "" {
			if ins, ok := below(f, e.node, "newName: "+after); ok {
				group.Why = "newName is added below it"
				g.groups = append(g.groups, Group{Insert: []FileEdit{ins}, Why: "a remote base brings the image under its old name"})
			}
		}
	default:
		group.Why = "it selects nothing that arrives"
	}
	g.groups = append(g.groups, group)
}

// collides reports whether another entry selects what e will.
func collides(all *syntax.Node, e *selector, after string) bool {
	for i, item := range all.Children {
		if i != e.index && item.Resolve().Str("name") == after {
			return true
		}
	}
	return false
}

// below returns the edit that adds a key directly below the name of an entry,
// with its indentation and line ending; in flow style right behind it. It is
// false where the entry is written in a way that leaves no place for it.
func below(f *File, n *syntax.Node, key string) (FileEdit, bool) {
	var k, v *syntax.Node
	for i := 0; i+1 < len(n.Children); i += 2 {
		if n.Children[i].Value == "name" {
			k, v = n.Children[i], n.Children[i+1]
		}
	}
	if k == nil || v.Span.Len() == 0 || v.Kind != syntax.Scalar {
		return FileEdit{}, false
	}
	src := string(f.Src)
	if n.Span.Start < len(src) && src[n.Span.Start] == '{' {
		at := v.Span.End
		return FileEdit{f.Path, edit.Edit{Span: edit.Span{Start: at, End: at}, New: ", " + key}}, true
	}
	lineStart := strings.LastIndexByte(src[:k.Span.Start], '\n') + 1
	indent := ""
	for _, c := range src[lineStart:k.Span.Start] {
		if c == '\t' {
			return FileEdit{}, false
		}
		indent += " "
	}
	end := len(src)
	if i := strings.IndexByte(src[v.Span.End:], '\n'); i >= 0 {
		end = v.Span.End + i
	}
	br := "\n"
	if end > 0 && src[end-1] == '\r' {
		end--
		br = "\r\n"
	}
	return FileEdit{f.Path, edit.Edit{Span: edit.Span{Start: end, End: end}, New: br + indent + key}}, true
}
