package envfile

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// Verify returns nil if edits change nothing in before, a file of the dialect
// d, except the text of values and comments. The lines, their kinds and their
// names must be equal. Edits are sorted and in bytes of before. Errors name the
// 1-based line of before.
func Verify(before []byte, d Dialect, edits []edit.Edit) error {
	after, err := edit.Apply(before, edits)
	if err != nil {
		return err
	}
	for _, e := range edits {
		if bytes.IndexByte(before[e.Start:e.End], '\n') >= 0 || strings.ContainsAny(e.New, " \t\r\n\v\f\"'`\\#;!") {
			return fmt.Errorf("line %d: an edit replaces %q by %q, which may change the form of the line", lineOf(before, e.Start), before[e.Start:e.End], e.New)
		}
	}
	return same(Parse(before, d), Parse(after, d), edits)
}

// lineOf returns the 1-based line of a byte offset.
func lineOf(src []byte, offset int) int { return 1 + bytes.Count(src[:offset], []byte("\n")) }

// same compares two files of one dialect. Every edit must be in a value or a
// comment.
func same(b, a *File, edits []edit.Edit) error {
	if len(b.Lines) != len(a.Lines) {
		return fmt.Errorf("expected %d lines, got %d", len(b.Lines), len(a.Lines))
	}
	used := 0
	for i := range b.Lines {
		x, y := &b.Lines[i], &a.Lines[i]
		if x.Kind != y.Kind || !bytes.Equal(b.src[x.Key.Start:x.Key.End], a.src[y.Key.Start:y.Key.End]) || (x.CommentStart > 0) != (y.CommentStart > 0) {
			return fmt.Errorf("line %d: the edits change the kind or the name of the line", lineOf(b.src, x.Span.Start))
		}
		inside := edit.Within(edits, x.Span)
		for _, e := range inside {
			if x.Kind == Comment || x.Kind == Pair && e.Start >= x.Value.Span.Start {
				used++
			}
		}
		if x.Kind != Pair {
			continue
		}
		// An edit that is not in the decoded value is in a comment.
		want, err := editedValue(x.Value, inside)
		if err != nil {
			return err
		}
		if y.Value.Value != want || y.Value.Style != x.Value.Style {
			return fmt.Errorf("line %d: expected %.80q, got %.80q", lineOf(b.src, x.Span.Start), want, y.Value.Value)
		}
	}
	if used < len(edits) {
		return fmt.Errorf("%d of %d edits are outside of values and comments", len(edits)-used, len(edits))
	}
	return nil
}

// editedValue returns the value of n after edits.
func editedValue(n *syntax.Node, edits []edit.Edit) (string, error) {
	decoded, _ := n.Map.DecodedEdits(edit.Within(edits, n.Span))
	return edit.ApplyString(n.Value, decoded)
}
