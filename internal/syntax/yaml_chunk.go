package syntax

import (
	"bytes"
	"iter"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// yamlChunks splits src at the lines that start a document, so that parts
// without interesting content need not be parsed. The spans cover src without
// gaps. A document starts at its ---, or directly after the ... line that ends
// the previous document. YAML allows neither marker at the start of a line
// inside a node, so a split is never inside a node.
//
// A chunk contains at least one document. It contains several if the line break
// before or after a --- is not LF. A file with directives is one chunk, because
// only the decoder knows to which documents they apply.
func yamlChunks(src []byte) iter.Seq[edit.Span] {
	return func(yield func(edit.Span) bool) {
		first := 0
		if bytes.HasPrefix(src, utf8BOM) {
			first = len(utf8BOM)
		}
		if bytes.HasPrefix(src[first:], []byte("%")) || bytes.Contains(src, []byte("\n%")) || bytes.Contains(src, []byte("\r%")) {
			yield(edit.Span{Start: 0, End: len(src)})
			return
		}
		start := 0
		isFirst := true
		for at := 0; ; {
			n := bytes.Index(src[at:], []byte("\n---"))
			if n < 0 {
				yield(edit.Span{Start: start, End: len(src)})
				return
			}
			at += n + 1
			if !isYAMLMarker(src, at) {
				continue
			}
			cut := yamlDocumentStart(src, max(start, first), at)
			if isFirst && isYAMLComment(src[first:cut]) {
				continue // for example a license header, which belongs to the document below
			}
			if !yield(edit.Span{Start: start, End: cut}) {
				return
			}
			start, isFirst = cut, false
		}
	}
}

// yamlDocumentStart returns the start of the document whose first token is at
// src[token]: after the last ... line at or after src[from], or else the token.
func yamlDocumentStart(src []byte, from, token int) int {
	start := token
	for at := from; ; {
		if bytes.HasPrefix(src[at:token], []byte("...")) && isYAMLMarker(src, at) {
			if n := bytes.IndexByte(src[at:token], '\n'); n >= 0 {
				start = at + n + 1
			}
		}
		n := bytes.Index(src[at:token], []byte("\n..."))
		if n < 0 {
			return start
		}
		at += n + 1
	}
}

// isYAMLMarker reports whether a blank or the end of the line follows the three
// bytes at src[i], which are --- or ....
func isYAMLMarker(src []byte, i int) bool {
	if i+3 == len(src) {
		return true
	}
	switch src[i+3] {
	case ' ', '\t', '\r', '\n':
		return true
	}
	return false
}

// isYAMLComment reports whether src has only comments and empty lines.
func isYAMLComment(src []byte) bool {
	for len(src) > 0 {
		line := src
		if n := bytes.IndexByte(src, '\n'); n >= 0 {
			line, src = src[:n], src[n+1:]
		} else {
			src = nil
		}
		if line = bytes.TrimLeft(line, " \t"); len(line) > 0 && line[0] != '#' && !bytes.Equal(line, []byte("\r")) {
			return false
		}
	}
	return true
}

// wantedYAMLChunks returns the chunks of src for which want returns true. Adjacent chunks are
// joined.
func wantedYAMLChunks(src []byte, want func([]byte) bool) []edit.Span {
	var out []edit.Span
	for c := range yamlChunks(src) {
		if want(src[c.Start:c.End]) {
			out = appendJoined(out, c)
		}
	}
	return out
}

// appendJoined appends c to spans, or extends the last span if it ends where c
// starts.
func appendJoined(spans []edit.Span, c edit.Span) []edit.Span {
	if k := len(spans) - 1; k >= 0 && spans[k].End == c.Start {
		spans[k].End = c.End
		return spans
	}
	return append(spans, c)
}
