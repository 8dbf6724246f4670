package syntax

import (
	"bytes"
	"sort"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// classifyEdit records what the i-th edit changes: a scalar, a comment, or a
// mapping or list to which it adds. It handles the edits of a comment line
// together and returns how many edits it has handled.
func (v *yamlVerifier) classifyEdit(i int) (handled int, err error) {
	e := v.edits[i]
	n := v.tokenAround(e.Span)
	if isFirst := isYAMLFirst(e, n); isFirst || isYAMLInsert(e) {
		start := e.Start + v.shifts[i]
		v.inserts = append(v.inserts, yamlInsert{edit: e, after: edit.Span{Start: start, End: start + len(e.New)}, isFirst: isFirst})
		return 1, nil
	}
	if n != nil {
		if start, end, ok := decodedRange(n.Map, e.Span); ok {
			v.scalars[n] = append(v.scalars[n], edit.Edit{Span: edit.Span{Start: start, End: end}, New: v.decodedNew(n, e), IsWhole: e.IsWhole})
			return 1, nil
		}
	}
	if from, end, ok := v.commentAround(e.Span, n); ok {
		return v.classifyCommentEdits(i, from, end)
	}
	if n != nil {
		return 0, v.errorAt(e.Start, "the text to replace is folded or escaped, or not all of it is part of the value")
	}
	return 0, v.errorAt(e.Start, "the text to replace is neither in a value nor in a comment")
}

// decodedNew returns the text that e adds to the value of n. In a literal block
// scalar, whole lines lose the indentation of the line of e, and line breaks
// become LF. Other text is returned unchanged; if it decodes to something else,
// the comparison of the values fails.
func (v *yamlVerifier) decodedNew(n *Node, e edit.Edit) string {
	if n.Style != Literal || !strings.Contains(e.New, "\n") {
		return e.New
	}
	line := yamlLineStart(v.src, e.Start)
	start, _, ok := decodedRange(n.Map, edit.Span{Start: e.Start, End: e.Start})
	if !ok {
		return e.New
	}
	own := start - strings.LastIndexByte(n.Value[:start], '\n') - 1 // bytes of the value on the line in front of e
	indent := e.Start - line - own
	if indent <= 0 {
		return e.New
	}
	blanks := "\n" + string(v.src[line:line+indent])
	return strings.ReplaceAll(strings.ReplaceAll(e.New, "\r\n", "\n"), blanks, "\n")
}

// tokenAround returns the scalar whose token contains s, or nil.
func (v *yamlVerifier) tokenAround(s edit.Span) *Node {
	i := sort.Search(len(v.tokens), func(i int) bool { return v.tokens[i].Span.Start > s.Start }) - 1
	if i < 0 || !v.tokens[i].Span.Contains(s) {
		return nil
	}
	return v.tokens[i]
}

// commentAround returns the span of the comment that contains s, without its #.
// A comment begins with a # at the start of the line or after a blank, outside
// all tokens. in is the token that contains s, or nil: the header of a block
// scalar may have a comment, too.
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

// yamlLineStart returns the start of the line that contains src[at].
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

// classifyCommentEdits records the new text of the comment src[from:end], which
// contains the i-th edit and possibly some after it. It returns their number.
func (v *yamlVerifier) classifyCommentEdits(i, from, end int) (handled int, err error) {
	old := string(v.src[from-1 : end])
	var inside []edit.Edit
	for _, e := range v.edits[i:] {
		if e.End > end || isYAMLInsert(e) || isYAMLFirst(e, nil) {
			break
		}
		if len(e.New) != yamlLineEnd([]byte(e.New), 0) {
			return 0, v.errorAt(e.Start, "the new text ends the comment")
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
