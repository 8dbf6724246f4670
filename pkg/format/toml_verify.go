package format

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// verifyTOML returns an error unless after is made of the same tables, keys,
// values and comments as before, each as it was but for the edits in a string
// that is a value, or in a comment. A before that no parser takes cannot be
// verified: see scanLoose.
func verifyTOML(before, after []byte, edits []edit.Edit) error {
	want, err := edit.Apply(before, edits)
	if err != nil {
		return err
	}
	if !bytes.Equal(want, after) {
		return fmt.Errorf("the new text is not the old one with its %d edits", len(edits))
	}
	b, err := parseTOML(before)
	if wrong := (*syntax.ParseError)(nil); errors.As(err, &wrong) {
		return nil
	} else if err != nil {
		return fmt.Errorf("before the edits: %w", err)
	}
	a, err := parseTOML(after)
	if err != nil {
		return fmt.Errorf("after the edits: %w", err)
	}
	if len(b.tokens) != len(a.tokens) {
		return fmt.Errorf("%d keys, values and comments became %d", len(b.tokens), len(a.tokens))
	}
	used := 0
	for i, t := range b.tokens {
		value := t.value
		if t.text || t.kind == unstable.Comment {
			var n int
			if value, n, err = editedToken(t, edits); err != nil {
				return fmt.Errorf("line %d: %w", tomlLine(before, t.span.Start), err)
			}
			used += n
		}
		if x := a.tokens[i]; x.kind != t.kind || x.text != t.text || x.value != value {
			return fmt.Errorf("line %d: %.80q is to be %.80q and is %.80q", tomlLine(before, t.span.Start), t.value, value, x.value)
		}
	}
	if used != len(edits) {
		return fmt.Errorf("%d of %d edits are in no value and no comment", len(edits)-used, len(edits))
	}
	return nil
}

// editedToken returns the value of t after the edits in it, and how many they
// are.
func editedToken(t tomlToken, edits []edit.Edit) (string, int, error) {
	var inside []edit.Edit
	for i := firstWithin(edits, t.span); i < len(edits) && t.span.Contains(edits[i].Span); i++ {
		start, end, ok := t.m.Decoded(edits[i].Span)
		if !ok {
			return "", 0, fmt.Errorf("an edit touches an escape or a quote")
		}
		inside = append(inside, edit.Edit{Span: edit.Span{Start: start, End: end}, New: edits[i].New})
	}
	value, err := edit.ApplyString(t.value, inside)
	return value, len(inside), err
}
