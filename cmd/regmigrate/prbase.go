package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/regmigrate/regmigrate/pkg/pullrequest"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// planBase plans, and proves, on the base as it is on the remote, in a folder
// that is gone afterwards. The configuration and the paths are those of the
// work tree.
func planBase(ctx context.Context, s streams, f *flags, p *PullRequestFlags, set *Session, forge *pullrequest.Session) (*rewrite.Plan, error) {
	dir, err := os.MkdirTemp("", "regmigrate-pr-")
	if err != nil {
		return nil, failed(err)
	}
	defer os.RemoveAll(dir)
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return nil, failed(err)
	}
	if err := forge.Checkout(ctx, dir); err != nil {
		return nil, prError(ctx, err)
	}
	root := set.Rewrite.Walk.Root
	if err := relocate(dir, set, forge); err != nil {
		return nil, err
	}
	bar := newProgress(s.err, f.quiet)
	set.Rewrite.Progress = bar.FilesScanned
	prover_, err := New_Prover(&f.render, f.jobs, bar)
	if err != nil {
		return nil, err
	}
	defer prover_.close()
	if !f.noRender {
		set.Rewrite.TraceChart = prover_.TraceFunc(ctx, dir, set.Rewrite.Rules)
	}
	registries, err := require(f, set, bar, true)
	if err != nil {
		return nil, err
	}
	plan, err := rewrite.PlanFiles(ctx, set.Rewrite)
	bar.clear()
	if err != nil {
		return nil, interruptedError(ctx, err)
	}
	registries.AddImages(plan)
	if !p.noVerify {
		err := prover_.prove(ctx, plan, prover_.tree(dir), prover_.overlay(plan), true, bar.proofs)
		bar.clear()
		if ctx.Err() != nil {
			return nil, interruptedError(ctx, err)
		}
		if err != nil {
			return nil, failed(err)
		}
	}
	plan.Root = root
	return plan, nil
}

// relocate lets the setup look at the folder dir instead of the work tree.
func relocate(dir string, set *Session, forge *pullrequest.Session) error {
	w := &set.Rewrite.Walk
	moved := func(name string) (string, error) {
		rel, err := relative(w.Root, name)
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
