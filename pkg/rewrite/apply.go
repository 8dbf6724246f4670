package rewrite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/regmigrate/regmigrate/internal/atomicfile"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
)

// Apply writes every changed file of the plan, each atomically: it is read
// again first, and one that is not what was planned on is left alone. What
// fails stands in the file's Err afterwards, its edits are dropped, its
// findings become kept, and the rest is done. Apply returns the number of
// files written; its error is that of ctx alone.
//
// A plan is applied once.
func (p *Plan) Apply(ctx context.Context) (int, error) {
	p.recheck()
	written := 0
	var stopped error
	for i := range p.Files {
		f := &p.Files[i]
		if len(f.Edits) == 0 {
			continue
		}
		if err := ctx.Err(); err != nil {
			f.fail(errInterrupted)
			stopped = fmt.Errorf("stopped after %d files: %w", written, err)
			continue
		}
		if err := atomicfile.Replace(f.Abs, f.Before, f.After()); err != nil {
			f.fail(cmp.Or(errors.Unwrap(err), err)) // without the path, which is the file's own
			continue
		}
		written++
	}
	return written, stopped
}

// recheck compares every changed file with what was planned on, before the
// first is written, so that a group over several files is not written by half
// because one of them has changed: such a group is kept, in all its files.
func (p *Plan) recheck() {
	changed := map[string]error{}
	for i := range p.Files {
		if f := &p.Files[i]; len(f.Edits) > 0 {
			if err := atomicfile.Check(f.Abs, f.Before); err != nil {
				changed[f.Path] = cmp.Or(errors.Unwrap(err), err)
			}
		}
	}
	if len(changed) == 0 {
		return
	}
	for _, g := range p.groups {
		if g.isConsequence && g.moves() && hasFileBelow(changed, path.Dir(g.edits[0].Path)) {
			g.keep(format.NotEditedSafely, "what it follows has changed on disk")
		}
		for _, e := range g.edits {
			if err := changed[e.Path]; err != nil {
				g.keep(format.NotEditedSafely, e.Path+" "+err.Error()+", and what moves together stays together")
				break
			}
		}
	}
	edits := editsOf(p.groups)
	for i := range p.Files {
		f := &p.Files[i]
		if err := changed[f.Path]; err != nil {
			f.fail(err)
			continue
		}
		f.dropOtherEdits(edits[f.Path])
	}
}

// hasFileBelow reports whether a file of changed lies in the folder dir.
func hasFileBelow(changed map[string]error, dir string) bool {
	for name := range changed {
		if dir == "." || strings.HasPrefix(name, dir+"/") {
			return true
		}
	}
	return false
}

// dropOtherEdits drops the edits of f that are not among edits, and what they moved.
func (f *File) dropOtherEdits(edits []edit.Edit) {
	if len(edits) == len(f.Edits) {
		return
	}
	still := map[edit.Span]bool{}
	for _, e := range edits {
		still[e.Span] = true
	}
	f.Edits = edits
	for i := range f.Findings {
		x := &f.Findings[i]
		for _, s := range x.EditSpans {
			if x.Status == Rewritten && !still[s] {
				x.Status, x.New, x.EditSpans = NotChanged, "", nil
				x.Reason, x.Note = format.NotEditedSafely, "another file that it moves with could not be written"
			}
		}
	}
}

// errInterrupted says why a file of a run that was interrupted is as it was.
var errInterrupted = errors.New("the run was interrupted before this file was written")

// fail records that the file could not be written.
func (f *File) fail(err error) {
	f.Err = err
	f.Edits = nil
	for i := range f.Findings {
		x := &f.Findings[i]
		if x.Status == Rewritten {
			x.Status, x.New, x.EditSpans = NotChanged, "", nil
			x.Reason, x.Note = format.NotEditedSafely, "the file could not be written"
		}
	}
}
