package chart

import (
	"path"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// afterCharts returns what follows from what moves in charts: rows of READMEs,
// and versions that are raised. What templates compare is told of.
func afterCharts(t *link.Tree, bump VersionBump, moved []link.MovedPiece) []link.Consequence {
	compared(t, moved)
	return append(rows(t, moved), bumps(t, bump, moved)...)
}

// rows returns what follows from values that move: the rows of the value table
// in the README of their chart.
func rows(t *link.Tree, moved []link.MovedPiece) []link.Consequence {
	var out []link.Consequence
	seen := map[link.FileEdit]bool{}
	for _, m := range moved {
		if path.Base(m.Path) != "values.yaml" {
			continue
		}
		dir := path.Dir(m.Path)
		readme := t.File(path.Join(dir, "README.md"))
		if readme == nil || t.File(path.Join(dir, "Chart.yaml")) == nil {
			continue
		}
		for _, c := range row(readme, m) {
			if !seen[c.FileEdit] {
				seen[c.FileEdit] = true
				out = append(out, c)
			}
		}
	}
	return out
}

// row returns the edit of the row of the value table that is about the value
// that moves: its first cell is the value's key, and the old text stands in
// another cell, once. Source of the form:
// https://github.com/norwoodj/helm-docs#values-rendering
func row(readme *link.File, m link.MovedPiece) []link.Consequence {
	key := strings.TrimPrefix(m.Field, ".")
	text := string(readme.Src)
	for at := 0; at < len(text); {
		end := len(text)
		if i := strings.IndexByte(text[at:], '\n'); i >= 0 {
			end = at + i + 1
		}
		line := text[at:end]
		if cell, rest, ok := firstCell(line); ok && cell == key {
			base := at + len(line) - len(rest)
			if i := strings.Index(rest, m.Old); i >= 0 && strings.Count(rest, m.Old) == 1 && bounded(rest, i, i+len(m.Old)) {
				return []link.Consequence{{
					FileEdit:    link.FileEdit{Path: readme.Path, Edit: edit.Edit{Span: edit.Span{Start: base + i, End: base + i + len(m.Old)}, New: m.New}},
					Why:         "the value table follows " + m.Path,
					IsReference: true,
					Sources:     []string{m.Path},
				}}
			}
			return nil
		}
		at = end
	}
	return nil
}

// firstCell returns the text of the first cell of a table's row, without
// marks, and the rest of the line. The border before it may be left out.
func firstCell(line string) (cell, rest string, ok bool) {
	trimmed := strings.TrimPrefix(strings.TrimLeft(line, " "), "|")
	i := strings.IndexByte(trimmed, '|')
	if i < 0 {
		return "", "", false
	}
	return strings.Trim(trimmed[:i], " `*_"), trimmed[i:], true
}

// bounded reports whether text[start:end] is not a part of a longer name.
func bounded(text string, start, end int) bool {
	word := func(c byte) bool {
		return c == '.' || c == '-' || c == '/' || c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
	}
	return (start == 0 || !word(text[start-1])) && (end == len(text) || !word(text[end]))
}
