package rewrite

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/regmigrate/regmigrate/internal/atomicfile"
)

// Apply writes every changed file of the plan, each atomically: it is read
// again first, and one that is not what was planned on is left alone. What
// fails stands in the file's Err afterwards, its edits are dropped, its
// findings become kept, and the rest is done. Apply returns the number of
// files written; its error is that of ctx alone.
//
// A plan is applied once.
func (p *Plan) Apply(ctx context.Context) (int, error) {
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

// errInterrupted says why a file of a run that was interrupted is as it was.
var errInterrupted = errors.New("the run was interrupted before this file was written")

// fail records that the file could not be written.
func (f *File) fail(err error) {
	f.Err = err
	f.Edits = nil
	for i := range f.Findings {
		x := &f.Findings[i]
		if x.Status == Rewritten {
			x.Status, x.New, x.Spans = Kept, "", nil
			x.Reason, x.Note = "unedited", "the file could not be written"
		}
	}
}
