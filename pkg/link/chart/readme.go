package chart

import (
	"path"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// readmeRows returns the edits of the rows of value tables that show a value
// that moves, in the README of the value's chart.
func readmeRows(t *link.Tree, moved []link.MovedPiece) []link.Consequence {
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
		if c, ok := readmeRow(readme, m); ok && !seen[c.FileEdit] {
			seen[c.FileEdit] = true
			out = append(out, c)
		}
	}
	return out
}

// readmeRow returns the edit of the first table row whose first cell is the key
// of the value m. The other cells must contain the old text exactly once.
// Source: https://github.com/norwoodj/helm-docs#values-rendering
func readmeRow(readme *link.File, m link.MovedPiece) (link.Consequence, bool) {
	key := strings.TrimPrefix(m.Field, ".")
	at := 0
	for line := range strings.Lines(string(readme.Src)) {
		at += len(line)
		cell, rest, ok := firstCell(line)
		if !ok || cell != key {
			continue
		}
		i := strings.Index(rest, m.Old)
		if i < 0 || strings.Count(rest, m.Old) != 1 || !isWholeName(rest, i, i+len(m.Old)) {
			return link.Consequence{}, false
		}
		start := at - len(rest) + i
		return link.Consequence{
			FileEdit:    link.FileEdit{Path: readme.Path, Edit: edit.Edit{Span: edit.Span{Start: start, End: start + len(m.Old)}, New: m.New}},
			Why:         "the README table shows the value in " + m.Path,
			IsReference: true,
			Sources:     []string{m.Path},
		}, true
	}
	return link.Consequence{}, false
}

// firstCell returns the text of the first cell of a table row, without Markdown
// emphasis, and the rest of the line. The border before the cell is optional.
func firstCell(line string) (cell, rest string, ok bool) {
	trimmed := strings.TrimPrefix(strings.TrimLeft(line, " "), "|")
	i := strings.IndexByte(trimmed, '|')
	if i < 0 {
		return "", "", false
	}
	return strings.Trim(trimmed[:i], " `*_"), trimmed[i:], true
}

// isWholeName reports whether text[start:end] is not a part of a longer name.
func isWholeName(text string, start, end int) bool {
	inName := func(c byte) bool {
		return c == '.' || c == '-' || c == '/' || c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
	}
	return (start == 0 || !inName(text[start-1])) && (end == len(text) || !inName(text[end]))
}
