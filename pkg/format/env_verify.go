package format

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// verifyEnv returns an error unless after has the same lines as before, each
// of the same kind and with the same name, and its values are as they were
// but for the edits. Of what dialect a file is, its name says, which is not
// known here: one of them must have it so.
func verifyEnv(before, after []byte, edits []edit.Edit) error {
	want, err := edit.Apply(before, edits)
	if err != nil {
		return err
	}
	if !bytes.Equal(want, after) {
		return fmt.Errorf("the new text is not the old one with its %d edits", len(edits))
	}
	for _, e := range edits {
		if bytes.IndexByte(before[e.Start:e.End], '\n') >= 0 || strings.ContainsAny(e.New, " \t\r\n\v\f\"'`\\#;!") {
			return fmt.Errorf("an edit puts %q in place of %q", e.New, before[e.Start:e.End])
		}
	}
	var first error
	for _, d := range []dialect{dotenv, properties, ini, unit} {
		err := sameEnv(readEnv(before, d), readEnv(after, d), before, after, edits)
		if err == nil {
			return nil
		}
		if first == nil {
			first = err
		}
	}
	return first
}

// sameEnv compares two files read in one dialect. Every edit must stand in a
// value or a comment.
func sameEnv(b, a *envFile, before, after []byte, edits []edit.Edit) error {
	if len(b.lines) != len(a.lines) {
		return fmt.Errorf("%d lines became %d", len(b.lines), len(a.lines))
	}
	used := 0
	for i, x := range b.lines {
		y := a.lines[i]
		if x.kind != y.kind || !bytes.Equal(before[x.key.Start:x.key.End], after[y.key.Start:y.key.End]) || (x.comment > 0) != (y.comment > 0) {
			return fmt.Errorf("line %d is of another form than before", i+1)
		}
		for j := firstWithin(edits, x.span); j < len(edits) && x.span.Contains(edits[j].Span); j++ {
			if x.kind == envComment || x.kind == envPair && edits[j].Start >= x.value.Span.Start {
				used++
			}
		}
		if x.kind != envPair {
			continue
		}
		want, err := edited(x.value.Value, x.value.Map, edits)
		if err != nil {
			return err
		}
		if y.value.Value != want || y.value.Style != x.value.Style {
			return fmt.Errorf("the value of %s is to be %.80q and is %.80q", before[x.key.Start:x.key.End], want, y.value.Value)
		}
	}
	if used < len(edits) {
		return fmt.Errorf("%d of %d edits are in no value and no comment", len(edits)-used, len(edits))
	}
	return nil
}
