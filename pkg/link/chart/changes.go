package chart

import (
	"path"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// changes returns the edit that adds an entry to the chart's own list of
// changes, where it keeps one: at its top, in the style of what is the first
// entry so far.
func (c *chart) changes(moved []link.MovedPiece) []link.Consequence {
	file := c.tree.File(c.file("Chart.yaml"))
	at, ok := c.scalar(c.file("Chart.yaml"), []string{"annotations", changesKey})
	if !ok {
		return nil
	}
	list, err := syntax.ParseYAML([]byte(at.Text), nil)
	if err != nil || len(list.Docs) == 0 || list.Docs[0].Root == nil {
		return nil
	}
	root := list.Docs[0].Root
	if root.Kind != syntax.Sequence || len(root.Children) == 0 || root.Span.Start >= len(at.Text) || at.Text[root.Span.Start] != '-' {
		return nil // in flow style, or none
	}
	dash := root.Span.Start
	span, ok := at.Map.Span(dash, dash+1) // an empty range would be at the end of the line before
	span.End = span.Start
	before, own := indent(file.Src, span.Start), at.Text[strings.LastIndexByte(at.Text[:dash], '\n')+1:dash]
	if !ok || strings.Trim(before+own, " ") != "" || !strings.HasSuffix(before, own) || len(before) == len(own) {
		return nil // not in a block scalar
	}
	gap := at.Text[dash+1 : max(dash+1, root.Children[0].Span.Start)]
	lines := changeEntry(root.Children[0], gap, sentence(moved))
	if len(lines) == 0 {
		return nil
	}
	eol := "\n"
	if i := strings.IndexByte(string(file.Src[span.Start:]), '\n'); i > 0 && file.Src[span.Start+i-1] == '\r' {
		eol = "\r\n"
	}
	text := "-" + gap
	for i, line := range lines {
		if i > 0 {
			text += strings.Repeat(" ", 1+len(gap))
		}
		text += line + eol + before
	}
	return []link.Consequence{{
		FileEdit: link.FileEdit{Path: path.Join(c.dir, "Chart.yaml"), Edit: edit.Edit{Span: span, New: text}},
		Why:      "the list of changes says what moves",
	}}
}

// changeEntry returns the lines of a new entry that looks like the entry first: a
// sentence, or a mapping with its kind and description. It is nil when first
// is neither.
func changeEntry(first *syntax.Node, gap, words string) []string {
	if strings.Trim(gap, " ") != "" {
		return nil // an anchor, a tag or a line break
	}
	switch first.Kind {
	case syntax.Scalar:
		return []string{quoted(first, words)}
	case syntax.Mapping:
	default:
		return nil
	}
	var lines []string
	described := false
	for i := 0; i+1 < len(first.Children); i += 2 {
		switch key, value := first.Children[i], first.Children[i+1]; key.Value {
		case "kind":
			lines = append(lines, quoted(key, "kind")+": "+quoted(value, "changed"))
		case "description":
			lines = append(lines, quoted(key, "description")+": "+quoted(value, words))
			described = true
		}
	}
	if !described {
		return nil
	}
	return lines
}

// quoted writes text, which needs no quotes, in those of like.
func quoted(like *syntax.Node, text string) string {
	switch like.Style {
	case syntax.SingleQuoted:
		return "'" + text + "'"
	case syntax.DoubleQuoted:
		return `"` + text + `"`
	}
	return text
}

// sentence says from where to where images move.
func sentence(moved []link.MovedPiece) string {
	var targets []string
	from := map[string][]string{}
	seen := map[[2]string]bool{}
	for _, m := range moved {
		if pair := [2]string{m.From, m.To}; !seen[pair] {
			seen[pair] = true
			if from[m.To] == nil {
				targets = append(targets, m.To)
			}
			from[m.To] = append(from[m.To], m.From)
		}
	}
	text := "Images move"
	for i, to := range targets {
		if i > 0 {
			text += ","
		}
		text += " from " + strings.Join(from[to], " and ") + " to " + to
	}
	return text
}

// indent returns what stands before offset at on its line.
func indent(src []byte, at int) string {
	start := at
	for start > 0 && src[start-1] != '\n' {
		start--
	}
	return string(src[start:at])
}
