package kustomize

import (
	"fmt"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// An origin is where an entry of images, or the like, is written.
type origin struct {
	file  *link.File
	by    edit.Map     // leads to the file when the entry is in a text in it
	list  *syntax.Node // the images that it is one of, nil for one of a transformer
	key   string       // under which the list stands, one of imageKeys
	index int
	specs map[string]bool // the image fields that a transformer looks at by itself
}

// field is where in the file the key of the entry stands.
func (o origin) field(key string) string {
	if o.list == nil {
		return ".imageTag." + key
	}
	return fmt.Sprintf(".%s[%d].%s", o.key, o.index, key)
}

// A selection is what an entry selects, before and after.
type selection struct {
	all         []int // indexes of what it selects now
	moved       bool  // a rule moves some of it
	stayed      bool  // and not all of it
	keeps, fits bool  // with its name as it is, and as the rules have it, it selects the same afterwards
	wrong       *LayerImage
}

// entry passes what has arrived through one entry, and decides the entry.
func (g *Graph) entry(l *layer, o origin, n *syntax.Node) {
	name := n.Field("name")
	if name == nil || name.Kind != syntax.Scalar || name.Value == "" {
		return
	}
	p, err := patternOf(name.Value)
	if err != nil {
		g.advise(o.file, g.at(o, name), "the name is no valid regular expression, so the entry selects nothing: "+err.Error())
		return
	}
	to, newName := g.rename(o, name, "name"), g.rename(o, n.Field("newName"), "newName")
	if occ := newName.occ; occ != nil && newName.text != "" && !g.survey && g.parse(o.file).made[link.IDOf(&occ.Pieces[0]).Span] {
		g.remember([]sighting{{text: occ.Text(), occ: occ}}) // a short name
	}
	after, _ := patternOf(to.text)
	if to.text == "" {
		after = nil
	}
	s := g.selects(l, o, p, after)
	if g.survey {
		g.replace(l, o, n, s)
	}
	d := g.decide(l, o, n, p, to, newName, s)
	g.pass(l, n, p, to, newName, s, d)
}

// at is where n stands in the file of o.
func (g *Graph) at(o origin, n *syntax.Node) int {
	m := n.Map
	if o.by != nil {
		m = m.Compose(o.by)
	}
	if s, ok := m.Enclosing(0, len(n.Value)); ok {
		return s.Start
	}
	return -1
}

// selects holds what has arrived against the name before and after.
func (g *Graph) selects(l *layer, o origin, before, after *pattern) selection {
	s := selection{keeps: true, fits: after != nil}
	if g.spent += 3 * len(l.out); g.spent > maxSelect {
		l.missing = "more images arrive at more entries than are followed"
		s.keeps, s.fits = false, false
		return s
	}
	for i := range l.out {
		a := &l.out[i]
		if a.needs != "" && !o.looksAt(l, a.needs) {
			continue
		}
		now := before.selects(a.Before)
		if now {
			s.all = append(s.all, i)
			s.moved, s.stayed = s.moved || a.moved(), s.stayed || !a.moved()
		}
		s.keeps = s.keeps && before.selects(a.After) == now
		if after != nil && after.selects(a.After) != now {
			s.fits = false
			if s.wrong == nil {
				s.wrong = a
			}
		}
	}
	return s
}

// looksAt reports whether the entry looks at a configured image field: one of
// images looks at those that its layer or one below configures, a transformer at
// its own alone.
func (o origin) looksAt(l *layer, field string) bool {
	return o.specs[field] || o.list != nil && l.specs[field]
}

// replace notes the short names to which the entry gives another: they name no
// image of Docker Hub.
func (g *Graph) replace(l *layer, o origin, n *syntax.Node, s selection) {
	newName := n.Str("newName")
	for _, i := range s.all {
		a := &l.out[i]
		if now, _, _ := split(a.Before); newName == "" || newName == now || a.Source == nil || hasDomain(a.Before) {
			continue
		}
		if at := link.IDOf(&a.Source.Pieces[0]); g.replaced[at] == "" {
			g.replaced[at] = o.file.Path
		}
	}
}

// pass lets what the entry selects go on as it leaves it.
func (g *Graph) pass(l *layer, n *syntax.Node, p *pattern, to, newName renamed, s selection, d *decision) {
	oldNew := n.Str("newName")
	afterNew := oldNew
	if newName.text != "" {
		afterNew = newName.text
	}
	if len(s.all) > 0 {
		l.own()
	}
	for _, i := range s.all {
		a := &l.out[i]
		if d != nil && d.verdict == conflict {
			a.After, a.Insert = a.Before, link.FileEdit{}
		}
		a.Before, a.After = set(n, a.Before, oldNew), set(n, a.After, afterNew)
		if oldNew != "" {
			a.Source, a.Insert = newName.occ, link.FileEdit{}
		}
	}
	if l.unknown && p.re != nil && oldNew != "" { // what it may bring
		more := LayerImage{Before: set(n, oldNew, ""), After: set(n, afterNew, ""), Source: newName.occ}
		l.bring([]LayerImage{more})
	}
	if !l.unknown || p.re != nil || l.taken[p.name] {
		return
	}
	// What a remote base brings under this name, it leaves the layer as:
	more := LayerImage{Before: set(n, p.name, oldNew), After: set(n, p.name, afterNew), Source: newName.occ}
	switch {
	case oldNew != "":
	case d != nil && (d.verdict == adds || d.verdict == both):
		more.After, more.Insert = set(n, to.text, ""), d.insert
	case to.text != "" && d != nil:
		return // a conflict: it stays
	default:
		return
	}
	taken := map[string]bool{p.name: true}
	for t := range l.taken {
		taken[t] = true
	}
	l.taken = taken
	l.bring([]LayerImage{more})
}

// below returns the edit that adds newName directly below the name of an
// entry, with its indentation and line ending; in flow style right behind it.
// It is false where the entry is written in a way that leaves no place for it.
func (o origin) below(n *syntax.Node, newName string) (link.FileEdit, bool) {
	var k, v *syntax.Node
	for i := 0; i+1 < len(n.Children); i += 2 {
		if n.Children[i].Value == "name" {
			k, v = n.Children[i], n.Children[i+1]
		}
	}
	if o.by != nil || k == nil || v.Span.Len() == 0 || v.Kind != syntax.Scalar {
		return link.FileEdit{}, false
	}
	src := string(o.file.Src)
	key := pair(k, "newName", newName)
	if n.Span.Start < len(src) && src[n.Span.Start] == '{' {
		return o.insert(v.Span.End, ", "+key), true
	}
	lineStart := strings.LastIndexByte(src[:k.Span.Start], '\n') + 1
	if strings.ContainsRune(src[lineStart:k.Span.Start], '\t') {
		return link.FileEdit{}, false
	}
	end, br := lineEnd(src, v.Span.End)
	return o.insert(end, br+strings.Repeat(" ", k.Span.Start-lineStart)+key), true
}

func (o origin) insert(at int, text string) link.FileEdit {
	return link.FileEdit{Path: o.file.Path, Edit: edit.Edit{Span: edit.Span{Start: at, End: at}, New: text}}
}

// pair writes a key and its value as the key k beside them is written.
func pair(k *syntax.Node, key, value string) string {
	switch k.Style {
	case syntax.DoubleQuoted:
		return `"` + key + `": "` + value + `"`
	case syntax.SingleQuoted:
		return "'" + key + "': '" + value + "'"
	}
	return key + ": " + value
}

// lineEnd returns where the line with the byte at ends, and how lines end there.
func lineEnd(src string, at int) (end int, br string) {
	end, br = len(src), "\n"
	if i := strings.IndexByte(src[at:], '\n'); i >= 0 {
		end = at + i
	}
	if end > at && src[end-1] == '\r' {
		end, br = end-1, "\r\n"
	}
	return end, br
}

// another returns the edit that adds a second entry right below n, which
// selects what n does now and gives it newName. It is false where n is written
// in a way that cannot be repeated.
func (o origin) another(n *syntax.Node, newName string) (link.FileEdit, bool) {
	if o.by != nil || o.list == nil || o.list.Children[o.index] != n || len(n.Children) == 0 {
		return link.FileEdit{}, false
	}
	src := string(o.file.Src)
	flow := src[n.Span.Start] == '{'
	var pairs []string
	last := n.Span.Start
	has := n.Field("newName") != nil
	for i := 0; i+1 < len(n.Children); i += 2 {
		k, v := n.Children[i], n.Children[i+1]
		if v.Kind != syntax.Scalar || v.Style == syntax.Literal || v.Style == syntax.Folded || v.Anchor != "" || v.Span.Len() == 0 || k.Kind != syntax.Scalar {
			return link.FileEdit{}, false
		}
		text := src[k.Span.Start:v.Span.End]
		if k.Value == "newName" {
			text = pair(k, "newName", newName)
		}
		if strings.ContainsAny(text, "\n#&!") {
			return link.FileEdit{}, false
		}
		pairs = append(pairs, text)
		if k.Value == "name" && !has {
			pairs = append(pairs, pair(k, "newName", newName))
		}
		last = max(last, v.Span.End)
	}
	if flow {
		rest := strings.TrimLeft(src[last:], " ,\r\n")
		if !strings.HasPrefix(rest, "}") {
			return link.FileEdit{}, false
		}
		last = len(src) - len(rest) + 1
		text := "{" + strings.Join(pairs, ", ") + "}"
		if src[o.list.Span.Start] == '[' {
			return o.insert(last, ", "+text), true
		}
		pairs = []string{text}
	}
	start := strings.LastIndexByte(src[:n.Span.Start], '\n') + 1
	dash := src[start:n.Span.Start]
	if strings.Trim(dash, " ") == "" || strings.TrimLeft(strings.Replace(dash, "-", "", 1), " ") != "" {
		return link.FileEdit{}, false
	}
	end, br := lineEnd(src, last)
	return o.insert(end, br+dash+strings.Join(pairs, br+strings.Repeat(" ", len(dash)))), true
}
