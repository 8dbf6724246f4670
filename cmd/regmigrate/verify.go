package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/report"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

func verify(ctx context.Context, s streams, f *flags, args []string) error {
	set, err := New(f, args, nil)
	if err != nil {
		return err
	}
	bar := newProgress(s.err, f.quiet)
	p, err := New_Prover(&f.render, f.jobs, bar)
	if err != nil {
		return err
	}
	defer p.close()
	if !f.noRender {
		set.Rewrite.TraceChart = p.TraceFunc(ctx, set.Rewrite.Walk.Root, set.Rewrite.Rules)
	}
	plan, err := rewrite.PlanFiles(ctx, set.Rewrite)
	if err != nil {
		return interruptedError(ctx, err)
	}
	before, after := p.tree(plan.Root), p.overlay(plan)
	if f.base != "" {
		if before, err = GitTree(ctx, plan.Root, f.base); err != nil {
			return err
		}
		after = p.tree(plan.Root)
	}
	return proveAndReport(ctx, p, s, f, set, plan, before, after, bar.proofs)
}

// proveAndReport proves plan and writes what came of it; when it is interrupted, the
// verdicts that there are, and that this is not all.
func proveAndReport(ctx context.Context, p *prover, s streams, f *flags, set *Session, plan *rewrite.Plan, before, after fs.FS, done func(done, total int, v *render.Verdict)) error {
	err := p.prove(ctx, plan, before, after, false, done)
	p.bar.clear()
	some := (*Interrupted)(nil)
	if err != nil && !errors.As(err, &some) {
		return failed(err)
	}
	o := set.ReportOptionsFor(s.out, f)
	if len(plan.Proofs) == 0 && !f.quiet && some == nil {
		fmt.Fprintln(s.out, "nothing to prove: no chart and no kustomization was found")
	}
	if err := report.WriteProofs(s.out, plan, o); err != nil {
		return failed(fmt.Errorf("writing to standard output: %w", err))
	}
	if some != nil {
		return failed(some)
	}
	if plan.Count().FailedFiles > 0 || hasUnreadable(plan) {
		return failed(nil)
	}
	return proofError(plan, f.requireProof)
}

// proofError is the exit code of what was proven.
func proofError(plan *rewrite.Plan, require bool) error {
	switch n := CountStates(plan); {
	case n[rewrite.Failed] > 0:
		return left(nil)
	case require && n[rewrite.Unproven] > 0:
		return left(errors.New("--require-proof: something is unproven"))
	}
	return nil
}
