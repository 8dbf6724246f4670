package absentchart

import (
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// addedRegistry returns a piece for the registry that the chart prints before x by
// default: key is the key next to x that sets another one. The piece adds the key to
// the file f if it changes. It returns false if f leaves no place for the key.
func addedRegistry(f *link.File, x *value, key, registry string) (format.Piece, bool) {
	path := x.sibling(key)
	var at int
	var added *format.AddedText
	switch src := string(f.Src); {
	case strings.HasSuffix(f.Path, ".json") || x.node.Span.Len() == 0:
	case x.item != nil:
		at, added = addedItem(src, x, path)
	case x.key != nil:
		at, added = addedKey(src, x, key)
	}
	return format.Piece{
		Path: f.Path, Span: edit.Span{Start: at, End: at}, Text: registry, Role: format.Registry, Sep: "/", Field: "." + path, Added: added,
	}, added != nil
}

// addedKey returns the place for a key next to x, and the text around its value: on
// a line of its own, or after x in flow style. It returns nil if there is no place.
func addedKey(src string, x *value, key string) (at int, added *format.AddedText) {
	quote := quoteOf(x.key)
	pair := quote + key + quote + ": " + quote
	start := x.key.Span.Start
	indent, ok := indentOf(src, start)
	end, br := lineEnd(src, x.node.Span.End)
	switch flow := isFlow(src, x.parent); {
	case flow && x.isEmbedded: // an edit of a scalar
		return start, &format.AddedText{Before: pair, After: quote + ", "}
	case flow:
		return x.node.Span.End, &format.AddedText{Before: ", " + pair, After: quote}
	case !ok || strings.Contains(src[start:x.node.Span.End], "\n"):
		return 0, nil
	case x.isEmbedded:
		return start, &format.AddedText{Before: pair, After: quote + br + indent}
	}
	return end, &format.AddedText{Before: br + indent + pair, After: quote}
}

// addedItem is addedKey for a list of names and values, which gets an item with the
// name.
func addedItem(src string, x *value, name string) (at int, added *format.AddedText) {
	if x.isEmbedded || len(x.item.Children) == 0 {
		return 0, nil
	}
	start, end := x.item.Span.Start, x.item.Span.Start
	for _, c := range x.item.Children {
		if c.Kind != syntax.Scalar || c.Style == syntax.Literal || c.Style == syntax.Folded {
			return 0, nil
		}
		end = max(end, c.Span.End)
	}
	pair := "name: " + name
	if isFlow(src, x.item) {
		rest := strings.TrimLeft(src[end:], " ,\r\n")
		if !strings.HasPrefix(rest, "}") {
			return 0, nil
		}
		end = len(src) - len(rest) + 1
		if isFlow(src, x.list) {
			return end, &format.AddedText{Before: ", {" + pair + ", value: ", After: "}"}
		}
	}
	indent, ok := indentOf(src, start)
	if !ok || len(indent) < 2 {
		return 0, nil
	}
	dash := src[strings.LastIndexByte(src[:start], '\n')+1 : start]
	if strings.TrimLeft(dash, " ") != "- " {
		return 0, nil
	}
	end, br := lineEnd(src, end)
	if isFlow(src, x.item) {
		return end, &format.AddedText{Before: br + dash + "{" + pair + ", value: ", After: "}"}
	}
	return end, &format.AddedText{Before: br + dash + pair + br + indent + "value: "}
}

// isFlow reports whether the mapping or list n is written in flow style.
func isFlow(src string, n *syntax.Node) bool {
	return n != nil && n.Span.Start < len(src) && (src[n.Span.Start] == '{' || src[n.Span.Start] == '[')
}

// indentOf returns the indentation of a line below the byte at, in the same column:
// spaces for the spaces and dashes before it. It returns false for other text before
// it.
func indentOf(src string, at int) (indent string, ok bool) {
	before := src[strings.LastIndexByte(src[:at], '\n')+1 : at]
	return strings.Repeat(" ", len(before)), strings.Trim(before, " -") == ""
}

// quoteOf returns the quotes of the key n, "" for a key without quotes.
func quoteOf(n *syntax.Node) string {
	switch n.Style {
	case syntax.DoubleQuoted:
		return `"`
	case syntax.SingleQuoted:
		return "'"
	}
	return ""
}

// lineEnd returns the end of the line that has the byte at, and its line ending.
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
