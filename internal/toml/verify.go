package toml

import (
	"errors"
	"fmt"

	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// Verify returns nil if edits change nothing in before except the text of
// strings that are values, and of comments. Tables, keys, other values and the
// order of all of them must be equal. Edits are sorted and in bytes of before.
// An error of [Parse] before or after the edits is wrapped; other errors name
// the 1-based line of before.
func Verify(before []byte, edits []edit.Edit) error {
	after, err := edit.Apply(before, edits)
	if err != nil {
		return err
	}
	b, err := Parse(before)
	if err != nil {
		return fmt.Errorf("before the edits: %w", err)
	}
	a, err := Parse(after)
	if err != nil {
		return fmt.Errorf("after the edits: %w", err)
	}
	if len(b.tokens) != len(a.tokens) {
		return fmt.Errorf("expected %d keys, values and comments, got %d", len(b.tokens), len(a.tokens))
	}
	used := 0
	for i, t := range b.tokens {
		value := t.value
		if t.isString || t.kind == unstable.Comment {
			var n int
			if value, n, err = t.edited(edits); err != nil {
				return fmt.Errorf("line %d: %w", lineOf(before, t.span.Start), err)
			}
			used += n
		}
		if x := a.tokens[i]; x.kind != t.kind || x.isString != t.isString || x.value != value {
			return fmt.Errorf("line %d: expected %.80q, got %.80q", lineOf(before, t.span.Start), value, x.value)
		}
	}
	if used != len(edits) {
		return fmt.Errorf("%d of %d edits are outside of values and comments", len(edits)-used, len(edits))
	}
	return nil
}

// edited returns the value of t after the edits in t, and their number.
func (t *token) edited(edits []edit.Edit) (string, int, error) {
	inside, all := t.runs.DecodedEdits(edit.Within(edits, t.span))
	if !all {
		return "", 0, errors.New("an edit touches an escape or a quote")
	}
	value, err := edit.ApplyString(t.value, inside)
	return value, len(inside), err
}
