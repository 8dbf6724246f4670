package rewrite

import (
	"bytes"
	"slices"
	"sort"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// ignoreMark is what a comment says to keep a line's references as they are.
const ignoreMark = "regmigrate:ignore"

// commentStarts begin a comment in one of the languages that are read.
var commentStarts = []string{"{{/*", "{{- /*", "<!--", "{#", "/*", "//", "#", ";", "--"}

// An ignoredLine is a line that a comment keeps, and the reason it gives.
type ignoredLine struct {
	span edit.Span
	why  string
}

// ignoredLines returns the lines of src that a comment keeps: the one that it
// ends, or, where it stands alone, the one below it.
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
		open := slices.IndexFunc(commentStarts, func(o string) bool { return strings.Contains(before, o) })
		if open < 0 {
			continue // not in a comment
		}
		why := strings.TrimSpace(string(src[i+len(ignoreMark) : end]))
		for _, closing := range []string{"*/ -}}", "*/}}", "*/", "-->", "#}"} {
			why = strings.TrimSpace(strings.TrimSuffix(why, closing))
		}
		line := edit.Span{Start: start, End: end}
		if strings.TrimSpace(before[:strings.Index(before, commentStarts[open])]) == "" {
			line = edit.Span{Start: end, End: lineEnd(src, end)}
		}
		out = append(out, ignoredLine{line, strings.TrimLeft(why, ":- ")})
	}
}

// lineEnd returns the offset behind the line break of the line that holds at.
func lineEnd(src []byte, at int) int {
	if i := bytes.IndexByte(src[min(at, len(src)):], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(src)
}

// ignores are the ignored lines of every file, by path.
type ignores map[string][]ignoredLine

func newIgnores(found []*scannedFile) ignores {
	out := ignores{}
	for _, c := range found {
		if lines := ignoredLines(c.file.Before); lines != nil {
			out[c.file.Path] = lines
		}
	}
	return out
}

// lineOf returns the ignored line in which a piece of m begins, nil when there is
// none.
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
