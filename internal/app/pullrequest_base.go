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

// planBase plans the change of the base branch of the remote, and proves it
// unless NoVerify is set. It checks the branch out to a temporary folder. The configuration
// and the paths are those of the work tree.
func (run *pullRequestRun) planBase(ctx context.Context) (*rewrite.Plan, error) {
	f, set, forge := run.flags, run.session, run.forge
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
	set.UseSource(ctx, forge.BaseCommit, run.options.To.Remote)
	if err := relocate(dir, set, forge); err != nil {
		return nil, err
	}
	if err := set.UseMirror(f.FindRegistries); err != nil {
		return nil, err
	}
	set.Owners("") // reads CODEOWNERS of the base: reports are written when dir is gone
	bar := session.NewProgress(run.streams.Err, f.Quiet)
	set.Rewrite.Progress = bar.FilesScanned
	prover, err := prove.New(&f.Render, f.Jobs, bar)
	if err != nil {
		return nil, err
	}
	defer prover.Close()
	prover.Repository, prover.Branch = root, forge.Base
	prover.Use(ctx, &set.Rewrite, !f.NoRender)
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
	plan.Advice = append(set.MirrorNotes(), plan.Advice...)
	if !run.options.NoVerify {
		if err := proveChanges(ctx, prover, plan); err != nil {
			return nil, err
		}
	}
	plan.Root = root
	return plan, nil
}

// relocate changes the paths of the session from the work tree to the folder dir.
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
			return fmt.Errorf("%q does not exist in %s at %.12s on the remote; a pull request changes files of its base", name, forge.Base, forge.BaseCommit)
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
