package chart

import (
	"path"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// changesKey is the annotation that lists the changes of a chart's version.
// Source: https://artifacthub.io/docs/topics/annotations/helm/
const changesKey = "artifacthub.io/changes"

// addChange returns the edit that adds an entry to the list of changes, in the
// style of the first entry and before it. It returns nil if the chart has no
// list, or one that is not in block style within a block scalar.
func (c *chart) addChange(moved []link.MovedPiece) []link.Consequence {
	value, ok := c.scalar(c.path("Chart.yaml"), []string{"annotations", changesKey})
	if !ok {
		return nil
	}
	first, gap, dash := firstEntry(value.Text)
	if first == nil {
		return nil
	}
	src := c.tree.File(c.path("Chart.yaml")).Src
	at, before, ok := entryStart(src, &value, dash)
	if !ok {
		return nil
	}
	lines := newEntry(first, gap, describeMoves(moved))
	if len(lines) == 0 {
		return nil
	}
	eol := lineEnding(src, at)
	text := "-" + gap
	for i, line := range lines {
		if i > 0 {
			text += strings.Repeat(" ", 1+len(gap))
		}
		text += line + eol + before
	}
	return []link.Consequence{{
		FileEdit: link.FileEdit{Path: path.Join(c.dir, "Chart.yaml"), Edit: edit.Edit{Span: edit.Span{Start: at, End: at}, New: text}},
		Why:      "the list of changes gets an entry",
	}}
}

// firstEntry returns the first entry of a YAML list in block style, the text
// between its dash and the entry, and the offset of the dash. The entry is nil
// if text is not such a list.
func firstEntry(text string) (first *syntax.Node, gap string, dash int) {
	list, err := syntax.ParseYAML([]byte(text), nil)
	if err != nil || len(list.Docs) == 0 || list.Docs[0].Root == nil {
		return nil, "", 0
	}
	root := list.Docs[0].Root
	dash = root.Span.Start
	if root.Kind != syntax.Sequence || len(root.Children) == 0 || dash >= len(text) || text[dash] != '-' {
		return nil, "", 0
	}
	return root.Children[0], text[dash+1 : max(dash+1, root.Children[0].Span.Start)], dash
}

// entryStart returns the offset in src of the dash of the first entry, and the
// indentation before it. It returns false if the value is not a block scalar.
func entryStart(src []byte, value *format.Piece, dash int) (at int, before string, ok bool) {
	span, ok := value.Map.Span(dash, dash+1) // an empty range would be at the end of the line before
	if !ok {
		return 0, "", false
	}
	at = span.Start
	before = linePrefix(src, at)
	inValue := value.Text[strings.LastIndexByte(value.Text[:dash], '\n')+1 : dash]
	if strings.Trim(before+inValue, " ") != "" || !strings.HasSuffix(before, inValue) || len(before) == len(inValue) {
		return 0, "", false
	}
	return at, before, true
}

// newEntry returns the lines of an entry in the style of first: a sentence, or a
// mapping with kind and description. It returns nil if first has another form.
func newEntry(first *syntax.Node, gap, description string) []string {
	if strings.Trim(gap, " ") != "" {
		return nil // an anchor, a tag or a line break
	}
	switch first.Kind {
	case syntax.Scalar:
		return []string{quoteLike(first, description)}
	case syntax.Mapping:
	default:
		return nil
	}
	var lines []string
	hasDescription := false
	for i := 0; i+1 < len(first.Children); i += 2 {
		switch key, value := first.Children[i], first.Children[i+1]; key.Value {
		case "kind":
			lines = append(lines, quoteLike(key, "kind")+": "+quoteLike(value, "changed"))
		case "description":
			lines = append(lines, quoteLike(key, "description")+": "+quoteLike(value, description))
			hasDescription = true
		}
	}
	if !hasDescription {
		return nil
	}
	return lines
}

// quoteLike returns text in the quotes of n. The text must be valid in any style
// without escapes.
func quoteLike(n *syntax.Node, text string) string {
	switch n.Style {
	case syntax.SingleQuoted:
		return "'" + text + "'"
	case syntax.DoubleQuoted:
		return `"` + text + `"`
	}
	return text
}

// describeMoves returns a sentence that lists the rules that moved images.
func describeMoves(moved []link.MovedPiece) string {
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

// linePrefix returns the text of the line before the offset at.
func linePrefix(src []byte, at int) string {
	start := at
	for start > 0 && src[start-1] != '\n' {
		start--
	}
	return string(src[start:at])
}

// lineEnding returns the line ending of the line at an offset.
func lineEnding(src []byte, at int) string {
	if i := strings.IndexByte(string(src[at:]), '\n'); i > 0 && src[at+i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}
