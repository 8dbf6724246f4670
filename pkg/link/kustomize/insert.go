package kustomize

import (
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// InsertNewName returns the edit that adds newName to an entry of images; false
// if the layout of the entry leaves no place for it.
func InsertNewName(f *link.File, entry *syntax.Node, newName string) (link.FileEdit, bool) {
	return entryPlace{text: yamlText{file: f}}.insertNewName(entry, newName)
}

// InsertEntry returns the edit that adds an entry below the entry at index of
// the list images. The new entry selects the same images and sets newName. It
// returns false if the layout of the entry cannot be repeated.
func InsertEntry(f *link.File, images *syntax.Node, index int, newName string) (link.FileEdit, bool) {
	p := entryPlace{text: yamlText{file: f}, list: images, key: "images", index: index}
	return p.insertEntry(images.Children[index].Resolve(), newName)
}

// insertNewName returns the edit that adds newName to the entry n: on the line
// below its name, with the indentation and line ending of that line, or right
// after the name in flow style.
func (p entryPlace) insertNewName(n *syntax.Node, newName string) (link.FileEdit, bool) {
	var k, v *syntax.Node
	for i := 0; i+1 < len(n.Children); i += 2 {
		if n.Children[i].Value == "name" {
			k, v = n.Children[i], n.Children[i+1]
		}
	}
	if p.text.outer != nil || k == nil || v.Span.Len() == 0 || v.Kind != syntax.Scalar {
		return link.FileEdit{}, false
	}
	src := string(p.text.file.Src)
	key := pair(k, "newName", newName)
	if n.Span.Start < len(src) && src[n.Span.Start] == '{' {
		return p.insertAt(v.Span.End, ", "+key), true
	}
	lineStart := strings.LastIndexByte(src[:k.Span.Start], '\n') + 1
	if strings.ContainsRune(src[lineStart:k.Span.Start], '\t') {
		return link.FileEdit{}, false
	}
	end, br := lineEnd(src, v.Span.End)
	return p.insertAt(end, br+strings.Repeat(" ", k.Span.Start-lineStart)+key), true
}

func (p entryPlace) insertAt(at int, text string) link.FileEdit {
	return link.FileEdit{Path: p.text.file.Path, Edit: edit.Edit{Span: edit.Span{Start: at, End: at}, New: text}}
}

// pair returns a key with its value, in the quotes of the sibling key like.
func pair(like *syntax.Node, key, value string) string {
	switch like.Style {
	case syntax.DoubleQuoted:
		return `"` + key + `": "` + value + `"`
	case syntax.SingleQuoted:
		return "'" + key + "': '" + value + "'"
	}
	return key + ": " + value
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

// insertEntry returns the edit that adds a second entry right below n, which
// selects the same images as n does now and sets newName. It returns false if
// the layout of n cannot be repeated.
func (p entryPlace) insertEntry(n *syntax.Node, newName string) (link.FileEdit, bool) {
	if p.text.outer != nil || p.list == nil || p.list.Children[p.index] != n || len(n.Children) == 0 {
		return link.FileEdit{}, false
	}
	src := string(p.text.file.Src)
	pairs, last, ok := pairsOf(src, n, newName)
	if !ok {
		return link.FileEdit{}, false
	}
	if src[n.Span.Start] == '{' {
		rest := strings.TrimLeft(src[last:], " ,\r\n")
		if !strings.HasPrefix(rest, "}") {
			return link.FileEdit{}, false
		}
		last = len(src) - len(rest) + 1
		text := "{" + strings.Join(pairs, ", ") + "}"
		if src[p.list.Span.Start] == '[' {
			return p.insertAt(last, ", "+text), true
		}
		pairs = []string{text}
	}
	start := strings.LastIndexByte(src[:n.Span.Start], '\n') + 1
	dash := src[start:n.Span.Start]
	if strings.Trim(dash, " ") == "" || strings.TrimLeft(strings.Replace(dash, "-", "", 1), " ") != "" {
		return link.FileEdit{}, false
	}
	end, br := lineEnd(src, last)
	return p.insertAt(end, br+dash+strings.Join(pairs, br+strings.Repeat(" ", len(dash)))), true
}

// pairsOf returns the keys of the entry n with their values, as src writes them
// but with newName, and the end of the last value. It returns false if a value
// is longer than a line or has an anchor, a tag or a comment.
func pairsOf(src string, n *syntax.Node, newName string) (pairs []string, last int, ok bool) {
	last = n.Span.Start
	hasNewName := n.Field("newName") != nil
	for i := 0; i+1 < len(n.Children); i += 2 {
		k, v := n.Children[i], n.Children[i+1]
		if v.Kind != syntax.Scalar || v.Style == syntax.Literal || v.Style == syntax.Folded || v.Anchor != "" || v.Span.Len() == 0 || k.Kind != syntax.Scalar {
			return nil, 0, false
		}
		text := src[k.Span.Start:v.Span.End]
		if k.Value == "newName" {
			text = pair(k, "newName", newName)
		}
		if strings.ContainsAny(text, "\n#&!") {
			return nil, 0, false
		}
		pairs = append(pairs, text)
		if k.Value == "name" && !hasNewName {
			pairs = append(pairs, pair(k, "newName", newName))
		}
		last = max(last, v.Span.End)
	}
	return pairs, last, true
}
