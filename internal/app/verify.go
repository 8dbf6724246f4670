package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/regmigrate/regmigrate/internal/app/imageset"
	"github.com/regmigrate/regmigrate/internal/app/prove"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/report"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// Verify runs the command verify.
func Verify(ctx context.Context, s session.Streams, f *session.Flags, args []string) error {
	bar := session.NewProgress(s.Err, f.Quiet)
	imageset.FindRegistries(ctx, f, bar)
	set, err := session.New(f, args, nil)
	if err != nil {
		return err
	}
	p, err := prove.New(&f.Render, f.Jobs, bar)
	if err != nil {
		return err
	}
	p.Within, p.Base = set.Rewrite.Within, f.Base
	defer p.Close()
	if f.Helm != "" {
		if err := p.UseHelm(ctx, f.Helm); err != nil {
			return session.InterruptedError(ctx, err)
		}
	}
	p.Use(ctx, &set.Rewrite, !f.NoRender)
	plan, err := rewrite.PlanFiles(ctx, set.Rewrite)
	if err != nil {
		return session.InterruptedError(ctx, err)
	}
	before, after := p.Tree(plan.Root), p.Overlay(plan)
	if f.Base != "" {
		if before, after, err = p.GitTree(ctx, plan.Root, f.Base); err != nil {
			return err
		}
		if err := p.AddFilesOf(plan, before, set.Rewrite.Walk); err != nil {
			return session.Failed(fmt.Errorf("listing the files of %s: %w", f.Base, err))
		}
	}
	v := verification{s, f, set, p}
	return v.proveAndReport(ctx, plan, before, after)
}

// A verification is one run of verify.
type verification struct {
	streams session.Streams
	flags   *session.Flags
	session *session.Session
	prover  *prove.Prover
}

// proveAndReport proves the plan and writes the verdicts. After an interruption it
// writes the verdicts so far and returns an error with the number of missing ones.
func (x *verification) proveAndReport(ctx context.Context, plan *rewrite.Plan, before, after fs.FS) error {
	s, f := x.streams, x.flags
	err := x.prover.Prove(ctx, plan, before, after, false)
	x.prover.Bar.Clear()
	interrupted := (*prove.Interrupted)(nil)
	if err != nil && !errors.As(err, &interrupted) {
		return session.Failed(err)
	}
	o := x.session.ReportOptionsFor(s.Out, f)
	if len(plan.Proofs) == 0 && !f.Quiet && interrupted == nil {
		fmt.Fprintln(s.Out, "nothing to prove: no chart, kustomization, Compose file, Dockerfile or release of Flux or Argo CD found")
	}
	if err := report.WriteProofs(s.Out, plan, o); err != nil {
		return session.Failed(fmt.Errorf("writing to standard output: %w", err))
	}
	if interrupted != nil {
		return session.Failed(interrupted)
	}
	if plan.Count().FailedFiles > 0 || hasUnreadable(plan) || plan.HasBackstops() {
		return session.Failed(nil)
	}
	return proofError(plan, f.RequireProof)
}

// proofError returns an error if a proof failed or, with require, if something is
// unproven.
func proofError(plan *rewrite.Plan, require bool) error {
	switch n := prove.CountStates(plan); {
	case n[rewrite.Failed] > 0:
		return session.Left(nil)
	case require && n[rewrite.Unproven] > 0:
		return session.Left(fmt.Errorf("--require-proof: %d unproven", n[rewrite.Unproven]))
	}
	return nil
}
