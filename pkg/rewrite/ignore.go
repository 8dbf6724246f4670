package rewrite

import (
	"bytes"
	"slices"
	"sort"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// ignoreMark in a comment keeps the references of a line unchanged.
const ignoreMark = "regmigrate:ignore"

// commentStarts are the starts of comments in the supported formats.
var commentStarts = []string{"{{/*", "{{- /*", "<!--", "{#", "/*", "//", "#", ";", "--"}

// An ignoredLine is a line whose references a comment with ignoreMark keeps
// unchanged.
type ignoredLine struct {
	span edit.Span
	why  string // the text after ignoreMark; may be empty
}

// ignoredLines returns the ignored lines of src, sorted by position. A comment at
// the end of a line applies to that line; a comment on a line of its own applies to
// the next line.
func ignoredLines(src []byte) []ignoredLine {
	var out []ignoredLine
	for at := 0; ; {
		i := bytes.Index(src[at:], []byte(ignoreMark))
		if i < 0 {
			return out
		}
		i += at
		start := bytes.LastIndexByte(src[:i], '\n') + 1
		end := lineEnd(src, i)
		before := string(src[start:i])
		at = end
		k := slices.IndexFunc(commentStarts, func(c string) bool { return strings.Contains(before, c) })
		if k < 0 {
			continue // not in a comment
		}
		why := strings.TrimSpace(string(src[i+len(ignoreMark) : end]))
		for _, closing := range []string{"*/ -}}", "*/}}", "*/", "-->", "#}"} {
			why = strings.TrimSpace(strings.TrimSuffix(why, closing))
		}
		line := edit.Span{Start: start, End: end}
		if strings.TrimSpace(before[:strings.Index(before, commentStarts[k])]) == "" {
			line = edit.Span{Start: end, End: lineEnd(src, end)}
		}
		out = append(out, ignoredLine{line, strings.TrimLeft(why, ":- ")})
	}
}

// lineEnd returns the offset after the line break of the line that contains the
// offset at.
func lineEnd(src []byte, at int) int {
	if i := bytes.IndexByte(src[min(at, len(src)):], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(src)
}

// ignores maps paths to the ignored lines of the file, sorted by position.
type ignores map[string][]ignoredLine

func newIgnores(files []*scannedFile) ignores {
	out := ignores{}
	for _, f := range files {
		if lines := ignoredLines(f.file.Before); lines != nil {
			out[f.file.Path] = lines
		}
	}
	return out
}

// lineOf returns the ignored line of the first piece of m that starts in an ignored
// line, or nil.
func (x ignores) lineOf(m *member) *ignoredLine {
	if len(x) == 0 {
		return nil
	}
	for k := range m.occ.Pieces {
		p := &m.occ.Pieces[k]
		lines := x[p.Path]
		i := sort.Search(len(lines), func(i int) bool { return lines[i].span.End > p.Span.Start })
		if i < len(lines) && lines[i].span.Start <= p.Span.Start {
			return &lines[i]
		}
	}
	return nil
}
