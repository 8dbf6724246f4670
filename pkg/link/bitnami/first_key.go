package bitnami

import (
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// first returns the edit e of f, which adds the first keys of a mapping; false if ok is
// false.
func (n *need) first(f *link.File, e edit.Edit, isEmbedded, ok bool) (link.FileEdit, bool) {
	e.IsWhole = !isEmbedded // else an edit of the scalar around it
	return link.FileEdit{Path: f.Path, Edit: e}, ok && !n.isTaken(f, e.Start)
}

// mayFill reports whether a null in the file f removes no values of the chart: f has the
// chart's own values, or these do not have the key global. In other values, helm removes what
// the chart itself has at a null, so that a mapping there would bring it back.
func (n *need) mayFill(f *link.File) bool {
	switch {
	case n.own != nil:
		root, _ := n.own.Root()
		return f.Path == n.own.File().Path || childOf(root, "global") == nil && root.MergedField("global") == nil
	}
	return n.hasNoOwn
}

// isNull reports whether n is a null without a tag.
func (w *writer) isNull(n *syntax.Node) bool {
	if n.Kind != syntax.Scalar || n.Style != syntax.Plain || n.Tag != "!!null" {
		return false
	}
	key := w.keyOf(n)
	if key == nil {
		return false
	}
	end := n.Span.Start
	if n.Span.Len() == 0 {
		end = key.Span.End + 1
	}
	return end > key.Span.End && end <= len(w.src) && strings.TrimRight(w.src[key.Span.End:end], " ") == ":"
}

// keyOf returns the key of the mapping that has the value n.
func (w *writer) keyOf(n *syntax.Node) *syntax.Node {
	for i := 0; i+1 < len(w.in.Children); i += 2 {
		if w.in.Children[i+1] == n {
			return w.in.Children[i]
		}
	}
	return nil
}

// inEmpty returns the edit that adds the keys to the value n, which is {}.
func (w *writer) inEmpty(n *syntax.Node) (edit.Edit, bool) {
	at := n.Span.Start + 1
	blanks, _, ok := strings.Cut(w.src[at:], "}")
	if !w.isFlow(n) || !ok || strings.Trim(blanks, " ") != "" {
		return edit.Edit{}, false
	}
	text := w.flow()
	if blanks != "" {
		text = " " + text
	}
	return edit.Edit{Span: edit.Span{Start: at, End: at}, New: text}, true
}

// atNull returns the edit that replaces the null n by a mapping with the keys: on lines below
// its key if there is no text in its place, else in flow style.
func (w *writer) atNull(n *syntax.Node) (edit.Edit, bool) {
	if n.Span.Len() > 0 {
		return edit.Edit{Span: n.Span, New: "{" + w.flow() + "}"}, true
	}
	key := w.keyOf(n)
	at := key.Span.End + 1
	line, below, _ := strings.Cut(w.src[at:], "\n")
	line = strings.TrimSuffix(line, "\r")
	indent, aligned := w.indentOf(key)
	rest, isFlow := strings.TrimLeft(line, " \t"), w.isFlow(w.in)
	switch {
	case isFlow && rest != "" && rest[0] != ',' && rest[0] != '}', !isFlow && rest != "" && (rest[0] != '#' || rest == line):
		return edit.Edit{}, false // a tag or an anchor
	case isFlow || !aligned || hasCommentBelow(below, len(indent)):
		return edit.Edit{Span: edit.Span{Start: at, End: at}, New: " {" + w.flow() + "}"}, true
	}
	at += len(line)
	br, deeper := w.lineBreak(at), indent+w.step(indent)
	return edit.Edit{Span: edit.Span{Start: at, End: at}, New: br + deeper + w.block(deeper, w.step(indent), br)}, true
}

// hasCommentBelow reports whether the first line of text that is not blank is a comment with
// more than indent spaces before it: a key above it would change what it belongs to.
func hasCommentBelow(text string, indent int) bool {
	for line := range strings.Lines(text) {
		if rest := strings.TrimLeft(line, " \t"); strings.TrimRight(rest, "\r\n") != "" {
			return rest[0] == '#' && len(line)-len(rest) > indent
		}
	}
	return false
}
