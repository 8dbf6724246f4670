package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/regmigrate/regmigrate/internal/app/imageset"
	"github.com/regmigrate/regmigrate/internal/app/prove"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/pullrequest"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// planBase plans, and proves, on the base as it is on the remote, in a folder
// that is gone afterwards. The configuration and the paths are those of the
// work tree.
func planBase(ctx context.Context, s session.Streams, f *session.Flags, p *PullRequestFlags, set *session.Session, forge *pullrequest.Session) (*rewrite.Plan, error) {
	dir, err := os.MkdirTemp("", "regmigrate-pr-")
	if err != nil {
		return nil, session.Failed(err)
	}
	defer os.RemoveAll(dir)
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return nil, session.Failed(err)
	}
	if err := forge.Checkout(ctx, dir); err != nil {
		return nil, prError(ctx, err)
	}
	root := set.Rewrite.Walk.Root
	if err := relocate(dir, set, forge); err != nil {
		return nil, err
	}
	bar := session.NewProgress(s.Err, f.Quiet)
	set.Rewrite.Progress = bar.FilesScanned
	prover, err := prove.New(&f.Render, f.Jobs, bar)
	if err != nil {
		return nil, err
	}
	defer prover.Close()
	if !f.NoRender {
		set.Rewrite.TraceChart = prover.Tracer(ctx, dir, set.Rewrite.Rules)
	}
	registries, err := imageset.Require(f, set, bar, true)
	if err != nil {
		return nil, err
	}
	plan, err := rewrite.PlanFiles(ctx, set.Rewrite)
	bar.Clear()
	if err != nil {
		return nil, session.InterruptedError(ctx, err)
	}
	registries.AddImages(plan)
	if !p.NoVerify {
		err := prover.Prove(ctx, plan, prover.Tree(dir), prover.Overlay(plan), true, bar.Proofs)
		bar.Clear()
		if ctx.Err() != nil {
			return nil, session.InterruptedError(ctx, err)
		}
		if err != nil {
			return nil, session.Failed(err)
		}
	}
	plan.Root = root
	return plan, nil
}

// relocate lets the setup look at the folder dir instead of the work tree.
func relocate(dir string, set *session.Session, forge *pullrequest.Session) error {
	w := &set.Rewrite.Walk
	moved := func(name string) (string, error) {
		rel, err := session.Relative(w.Root, name)
		return filepath.ToSlash(rel), err
	}
	var paths []string
	for _, name := range w.Paths {
		rel, err := moved(name)
		if err != nil {
			return err
		}
		if !forge.HasPath(rel) {
			return fmt.Errorf("%q is not in %s at %.12s on the remote, which is what the pull request is made of", name, forge.Base, forge.BaseCommit)
		}
		paths = append(paths, filepath.Join(dir, filepath.FromSlash(rel)))
	}
	for i, name := range set.Rewrite.OwnConfig {
		if rel, err := moved(name); err == nil && filepath.IsLocal(filepath.FromSlash(rel)) {
			set.Rewrite.OwnConfig[i] = filepath.Join(dir, filepath.FromSlash(rel))
		}
	}
	w.Root, w.Paths = dir, paths
	return nil
}
