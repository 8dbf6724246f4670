package rewrite

import (
	"context"

	"github.com/regmigrate/regmigrate/pkg/link/families"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// PlanFiles reads the files that o selects and plans their edits. It writes
// nothing. It returns an error if a path does not exist or ctx is done; the
// error of a single file is in its File.Err.
func PlanFiles(ctx context.Context, o Options) (*Plan, error) {
	r := newReader(o, families.New(o.Bump))
	if err := r.readTree(ctx); err != nil {
		return nil, err
	}
	return newPlanner(r).plan(ctx)
}

// PlanText plans the edits of src, which is not read from a file. Its format
// follows from its content and from name, a slash-separated path. The plan
// cannot be applied. It has one file, or none if there is nothing to report.
func PlanText(ctx context.Context, o Options, name string, src []byte) (*Plan, error) {
	r := newReader(o, families.New(o.Bump))
	r.record(walk.File{Path: name}, classifyContent(src, o.Rules, o.Rules.MayMatch))
	return newPlanner(r).plan(ctx)
}
