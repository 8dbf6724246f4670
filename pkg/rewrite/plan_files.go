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
	skipped, err := r.readTree(ctx)
	if err != nil {
		return nil, err
	}
	inSkipped, err := r.searchSkipped(ctx, skipped)
	if err != nil {
		return nil, err
	}
	r.sort()
	plan, err := newPlanner(r).plan(ctx)
	if err != nil || inSkipped == nil {
		return plan, err
	}
	plan.addSkipped(inSkipped)
	plan.sort()
	return plan, nil
}

// PlanText plans the edits of src, which is not read from a file. Its format
// follows from its content and from name, a slash-separated path. The plan
// cannot be applied. It has one file, or none if there is nothing to report.
func PlanText(ctx context.Context, o Options, name string, src []byte) (*Plan, error) {
	r := newReader(o, families.New(o.Bump))
	r.record(walk.File{Path: name}, classifyContent(src, o.Rules, r.isRelevant(name)), note{})
	return newPlanner(r).plan(ctx)
}
