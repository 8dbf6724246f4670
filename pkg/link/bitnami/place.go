package bitnami

import (
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/absentchart"
)

// place returns the edit that adds the key, or a sentence that says why a person must add
// it. It adds the key to the last values in which an image moved, or to others if these
// leave no place for it.
func (n *need) place() (e link.FileEdit, why string) {
	if n.forbids != nil {
		return link.FileEdit{}, forbidden(n.forbids)
	}
	for _, x := range slices.Backward(n.near) {
		if e, ok := n.placeIn(x.values, x.piece.Span); ok {
			return e, ""
		}
	}
	for _, v := range slices.Backward(n.values) {
		if e, ok := n.placeIn(v, edit.Span{Start: -1, End: -1}); ok && v.File() == n.near[len(n.near)-1].values.File() {
			return e, ""
		}
	}
	if n.removesDefaults != "" {
		return link.FileEdit{}, "Charts of Bitnami since December 2024 refuse images that are not in docker.io/bitnami. The key " + absentchart.AllowKey + " was not added, because " + n.removesDefaults + " is null here and so removes the chart's own values below it. Set the key to true by hand."
	}
	return link.FileEdit{}, "Charts of Bitnami since December 2024 refuse images that are not in docker.io/bitnami, and the file leaves no place for the key " + absentchart.AllowKey + ". Set it to true by hand."
}

// placeIn returns the edit that adds the key to v, near the bytes of s; false if there is
// no place.
func (n *need) placeIn(v *absentchart.Values, s edit.Span) (link.FileEdit, bool) {
	f := v.File()
	at, before, after, ok := v.AddedItem(s, absentchart.AllowKey)
	if ok {
		return n.insert(f, at, before+`"true"`+after)
	}
	root, embedded := v.Root()
	if root == nil || strings.HasSuffix(f.Path, ".json") || embedded != nil && embedded.Style != syntax.Literal {
		return link.FileEdit{}, false
	}
	in, keys := root, strings.Split(absentchart.AllowKey, ".")
	for len(keys) > 1 {
		child := childOf(in, keys[0])
		if child == nil {
			break
		}
		w := writer{string(f.Src), in, keys[1:]}
		switch {
		case child.Anchor != "": // other values may be the same mapping
			return link.FileEdit{}, false
		case child.Kind == syntax.Mapping && len(child.Children) == 0:
			e, ok := w.inEmpty(child)
			return n.first(f, e, embedded != nil, ok)
		case w.isNull(child):
			if !n.mayFill(f) {
				n.removesDefaults = strings.TrimSuffix(absentchart.AllowKey, "."+strings.Join(keys[1:], "."))
				return link.FileEdit{}, false
			}
			e, ok := w.atNull(child)
			return n.first(f, e, embedded != nil, ok)
		case child.Kind != syntax.Mapping:
			return link.FileEdit{}, false
		}
		in, keys = child, keys[1:]
	}
	if in.Kind != syntax.Mapping || len(in.Children) < 2 || childOf(in, keys[0]) != nil || in.MergedField(keys[0]) != nil {
		return link.FileEdit{}, false
	}
	return n.inMapping(f, writer{string(f.Src), in, keys}, s, embedded != nil)
}

// inMapping returns the edit that adds the keys of w to its mapping in f, near the bytes of
// s; false if there is no place. isEmbedded says that the mapping is in a text of the file.
func (n *need) inMapping(f *link.File, w writer, s edit.Span, isEmbedded bool) (link.FileEdit, bool) {
	var at int
	var text string
	var ok bool
	switch {
	case w.isFlow(w.in):
		at, text, ok = w.inFlow(isEmbedded)
	case isEmbedded:
		at, text, ok = w.beforeFirst()
	default:
		at, text, ok = w.below(s, func(at int) bool { return n.isTaken(f, at) })
	}
	if !ok {
		return link.FileEdit{}, false
	}
	return n.insert(f, at, text)
}

func (n *need) isTaken(f *link.File, at int) bool {
	return n.taken[link.PieceID{Path: f.Path, Span: edit.Span{Start: at, End: at}}]
}

func (n *need) insert(f *link.File, at int, text string) (link.FileEdit, bool) {
	return link.FileEdit{Path: f.Path, Edit: edit.Edit{Span: edit.Span{Start: at, End: at}, New: text}}, !n.isTaken(f, at)
}

// childOf returns the value that the mapping n itself has for a key, not resolved, or nil.
func childOf(n *syntax.Node, key string) *syntax.Node {
	for i := 0; i+1 < len(n.Children); i += 2 {
		if n.Children[i].Value == key {
			return n.Children[i+1]
		}
	}
	return nil
}

// A writer writes keys into a mapping.
type writer struct {
	src  string
	in   *syntax.Node // a mapping with at least one key
	keys []string     // the last one is true
}

func (w *writer) isFlow(n *syntax.Node) bool {
	return (n.Kind == syntax.Mapping || n.Kind == syntax.Sequence) && n.Span.Start < len(w.src) && (w.src[n.Span.Start] == '{' || w.src[n.Span.Start] == '[')
}

// flow returns the keys in flow style, in the quotes of the keys next to them.
func (w *writer) flow() string {
	quote := ""
	switch w.in.Children[0].Style {
	case syntax.DoubleQuoted:
		quote = `"`
	case syntax.SingleQuoted:
		quote = "'"
	}
	text := "true"
	for i, key := range slices.Backward(w.keys) {
		if i < len(w.keys)-1 {
			text = "{" + text + "}"
		}
		text = quote + key + quote + ": " + text
	}
	return text
}

// inFlow returns the place for the keys in a mapping in flow style.
func (w *writer) inFlow(isEmbedded bool) (at int, text string, ok bool) {
	if isEmbedded { // an edit of a scalar
		return w.in.Children[0].Span.Start, w.flow() + ", ", true
	}
	for i := 1; i < len(w.in.Children); i += 2 {
		if v := w.in.Children[i]; v.Kind == syntax.Scalar && v.Span.Len() > 0 {
			return v.Span.End, ", " + w.flow(), true
		}
	}
	return 0, "", false
}

// block returns the keys in block style: the first one without indentation, the others
// below it.
func (w *writer) block(indent, step, br string) string {
	text := ""
	for i, key := range w.keys {
		if i > 0 {
			indent += step
			text += br + indent
		}
		text += key + ":"
	}
	return text + " true"
}

// beforeFirst returns the place for the keys before the first key of a mapping in the text
// of a block scalar.
func (w *writer) beforeFirst() (at int, text string, ok bool) {
	key := w.in.Children[0]
	indent, ok := w.indentOf(key)
	if !ok {
		return 0, "", false
	}
	br := w.lineBreak(key.Span.End)
	at = key.Span.Start
	for { // comments above the key stay there
		line := strings.LastIndexByte(w.src[:at], '\n')
		above := strings.TrimSuffix(w.src[strings.LastIndexByte(w.src[:max(line, 0)], '\n')+1:max(line, 0)], "\r")
		if !strings.HasPrefix(above, indent+"#") {
			break
		}
		at = strings.LastIndexByte(w.src[:line], '\n') + 1 + len(indent)
	}
	return at, w.block(indent, w.step(indent), br) + br + indent, true
}

// below returns the place for the keys below a key of a mapping in block style: if
// possible, below that with the bytes of s.
func (w *writer) below(s edit.Span, isTaken func(at int) bool) (at int, text string, ok bool) {
	var order []int
	for i := 0; i+1 < len(w.in.Children); i += 2 {
		if end := lastScalar(w.in.Children[i+1]); end != nil && w.in.Children[i].Span.Start <= s.Start && s.End <= end.Span.End {
			order = append([]int{i}, order...)
		} else {
			order = append(order, i)
		}
	}
	if len(order) > 1 && order[0] == 0 && s.Start < 0 {
		slices.Reverse(order)
	}
	for _, i := range order {
		end, ok := w.endOf(w.in.Children[i+1])
		indent, aligned := w.indentOf(w.in.Children[i])
		if ok && aligned && !isTaken(end) {
			br := w.lineBreak(end)
			return end, br + indent + w.block(indent, w.step(indent), br), true
		}
	}
	return 0, "", false
}

// lastScalar returns the last scalar in the tree n, which has no aliases at its end; nil
// for none.
func lastScalar(n *syntax.Node) *syntax.Node {
	for n.Kind == syntax.Mapping || n.Kind == syntax.Sequence {
		if len(n.Children) == 0 {
			return nil
		}
		n = n.Children[len(n.Children)-1]
	}
	if n.Kind != syntax.Scalar || n.Span.Len() == 0 {
		return nil
	}
	return n
}

// endOf returns the end of the line that ends the tree n in block style; false if another
// form ends it.
func (w *writer) endOf(n *syntax.Node) (int, bool) {
	last := lastScalar(n)
	if last == nil || last.Style == syntax.Literal || last.Style == syntax.Folded || strings.Contains(w.src[last.Span.Start:last.Span.End], "\n") {
		return 0, false
	}
	for x := n; x != last; x = x.Children[len(x.Children)-1] {
		if w.isFlow(x) {
			return 0, false
		}
	}
	line, _, _ := strings.Cut(w.src[last.Span.End:], "\n")
	line = strings.TrimSuffix(line, "\r")
	if rest := strings.TrimLeft(line, " \t"); rest != "" && (rest[0] != '#' || rest == line) {
		return 0, false
	}
	return last.Span.End + len(line), true
}

// indentOf returns the indentation of the key n; false if other text than spaces and the
// dashes of lists precedes it.
func (w *writer) indentOf(n *syntax.Node) (string, bool) {
	before := w.src[strings.LastIndexByte(w.src[:n.Span.Start], '\n')+1 : n.Span.Start]
	return strings.Repeat(" ", len(before)), strings.Trim(before, " -") == ""
}

// step returns the indentation of keys in a value of the mapping, beyond indent.
func (w *writer) step(indent string) string {
	for i := 1; i < len(w.in.Children); i += 2 {
		v := w.in.Children[i]
		if v.Kind != syntax.Mapping || len(v.Children) == 0 || w.isFlow(v) {
			continue
		}
		if deeper, ok := w.indentOf(v.Children[0]); ok && len(deeper) > len(indent) {
			return deeper[len(indent):]
		}
	}
	return "  "
}

// lineBreak returns the line ending of the line with the byte at.
func (w *writer) lineBreak(at int) string {
	if i := strings.IndexByte(w.src[at:], '\n'); i > 0 && w.src[at+i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}
