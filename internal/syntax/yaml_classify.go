package syntax

import (
	"bytes"
	"sort"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// classifyEdit finds out what the i-th edit lies in, and notes what it is to change.
// It returns how many edits it has dealt with: the edits of one comment line
// go together.
func (v *yamlVerifier) classifyEdit(i int) (int, error) {
	e := v.edits[i]
	if isYAMLInsert(e) {
		start := e.Start + v.shifts[i]
		v.inserts = append(v.inserts, yamlInsert{edit: e, after: edit.Span{Start: start, End: start + len(e.New)}})
		return 1, nil
	}
	n := v.tokenAround(e.Span)
	if n != nil {
		if start, end, ok := decodedYAML(n.Map, e.Span); ok {
			v.scalars[n] = append(v.scalars[n], edit.Edit{Span: edit.Span{Start: start, End: end}, New: v.decodedNew(n, e)})
			return 1, nil
		}
	}
	if from, end, ok := v.commentAround(e.Span, n); ok {
		return v.classifyCommentEdits(i, from, end)
	}
	if n != nil {
		return 0, v.errorAt(e.Start, "the text to replace is folded, escaped, or not all of it part of the value")
	}
	return 0, v.errorAt(e.Start, "the text to replace stands neither in a value nor in a comment")
}

// decodedNew returns what the new text of e adds to the value of n. Whole lines
// of a literal block scalar lose the indentation that the line of e has, and
// their line breaks become line feeds; any other text is taken as it is, and
// is refused when it is read otherwise.
func (v *yamlVerifier) decodedNew(n *Node, e edit.Edit) string {
	if n.Style != Literal || !strings.Contains(e.New, "\n") {
		return e.New
	}
	line := yamlLineStart(v.src, e.Start)
	start, _, ok := decodedYAML(n.Map, edit.Span{Start: e.Start, End: e.Start})
	if !ok {
		return e.New
	}
	own := start - strings.LastIndexByte(n.Value[:start], '\n') - 1 // of the line's bytes before e, those in the value
	indent := e.Start - line - own
	if indent <= 0 {
		return e.New
	}
	blanks := "\n" + string(v.src[line:line+indent])
	return strings.ReplaceAll(strings.ReplaceAll(e.New, "\r\n", "\n"), blanks, "\n")
}

// decodedYAML is [edit.Map.Decoded] for maps of many runs: the runs of a
// token are sorted in the source, too.
func decodedYAML(m edit.Map, s edit.Span) (start, end int, ok bool) {
	i := sort.Search(len(m), func(i int) bool { return m[i].Src+m[i].Len >= s.End })
	if i == len(m) {
		return 0, 0, false
	}
	return m[i : i+1].Decoded(s)
}

// tokenAround returns the scalar whose token s lies in, nil when there is none.
func (v *yamlVerifier) tokenAround(s edit.Span) *Node {
	i := sort.Search(len(v.tokens), func(i int) bool { return v.tokens[i].Span.Start > s.Start }) - 1
	if i < 0 || !v.tokens[i].Span.Contains(s) {
		return nil
	}
	return v.tokens[i]
}

// commentAround returns the bytes of the comment that s lies in, behind its #. A
// comment begins with a # at the start of the line or behind a blank, outside
// of all tokens; in names it is the token that s lies in. The header of a block
// scalar, too, may have a comment.
func (v *yamlVerifier) commentAround(s edit.Span, in *Node) (from, end int, ok bool) {
	line := yamlLineStart(v.src, s.Start)
	if in != nil {
		if in.Style != Literal && in.Style != Folded || line > in.Span.Start {
			return 0, 0, false
		}
	}
	for i := line; i < s.Start; i++ {
		if v.src[i] != '#' || i > line && !isYAMLBlank(v.src[i-1]) {
			continue
		}
		if n := v.tokenAround(edit.Span{Start: i, End: i + 1}); n != nil && n != in {
			continue
		}
		end := yamlLineEnd(v.src, i)
		return i + 1, end, s.End <= end
	}
	return 0, 0, false
}

// yamlLineStart returns the start of the line of src[at].
func yamlLineStart(src []byte, at int) int {
	for ; at > 0; at-- {
		if c := src[at-1]; c == '\n' || c == '\r' {
			return at
		}
		if at >= 2 && bytes.HasSuffix(src[:at], []byte("\u0085")) || at >= 3 && yamlBreak(src, at-3) == 3 {
			return at
		}
	}
	if bytes.HasPrefix(src, utf8BOM) {
		return len(utf8BOM)
	}
	return 0
}

// classifyCommentEdits notes what the edits within the comment src[from:end], the
// i-th and those after it, make of its line.
func (v *yamlVerifier) classifyCommentEdits(i, from, end int) (int, error) {
	old := string(v.src[from-1 : end])
	var inside []edit.Edit
	for _, e := range v.edits[i:] {
		if e.End > end || isYAMLInsert(e) {
			break
		}
		if len(e.New) != yamlLineEnd([]byte(e.New), 0) {
			return 0, v.errorAt(e.Start, "the new text would end the comment")
		}
		e.Start, e.End = e.Start-from+1, e.End-from+1
		inside = append(inside, e)
	}
	text, err := edit.ApplyString(old, inside)
	if err != nil {
		return 0, err
	}
	if text != old {
		v.editedComments[old] = append(v.editedComments[old], text)
	}
	return len(inside), nil
}
