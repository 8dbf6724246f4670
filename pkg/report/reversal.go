package report

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/regmigrate/regmigrate/pkg/report/wording"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// reversalWriters are the names of the writers for a plan that rewrite.Reverse made. It
// has no findings, so that other reports would be empty.
var reversalWriters = []string{"text", "diff", "json"}

// FindForReversal is like Find, for a plan that rewrite.Reverse made.
func FindForReversal(name string) (Writer, error) {
	if !slices.Contains(reversalWriters, name) {
		return Writer{}, unknownFormat(name, reversalWriters)
	}
	return Find(name)
}

// WriteReversalText writes the summary of a plan that rewrite.Reverse made.
func WriteReversalText(w io.Writer, p *rewrite.Plan, o Options) error {
	if p.Reversal == nil {
		return errors.New("the plan is not a reversal")
	}
	t := newTextReport(p, o)
	t.reversal()
	if _, err := w.Write(t.b.Bytes()); err != nil {
		return fmt.Errorf("writing the summary: %w", err)
	}
	return nil
}

// reversal writes what was reversed, what was reversed before, and what could not be.
func (t *textReport) reversal() {
	if !t.o.Quiet {
		edits, files := 0, 0
		for i := range t.p.Files {
			if n := len(t.p.Files[i].Edits); n > 0 {
				edits, files = edits+n, files+1
			}
		}
		verb := " reversed"
		if t.o.DryRun {
			verb = " would be reversed"
		}
		done := t.p.Reversal.Reversed
		if files > 0 || len(done) == 0 || len(t.s.failed) > 0 {
			t.line(bold, wording.Count(edits, "edit")+" in "+wording.Count(files, "file")+verb)
		}
		if n := len(done); n > 0 {
			t.line(plain, wording.Count(n, "file")+" already "+wording.Plural(n, "has its", "have their")+" bytes before the plan")
		}
	}
	n := len(t.s.failed)
	if n == 0 {
		return
	}
	if t.o.Quiet {
		t.failures()
		return
	}
	t.line(red, wording.Count(n, "file")+" not reversed")
	t.failedFiles(t.limit(maxFailures))
}
