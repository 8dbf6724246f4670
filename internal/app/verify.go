package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/regmigrate/regmigrate/internal/app/prove"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/report"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

func Verify(ctx context.Context, s session.Streams, f *session.Flags, args []string) error {
	set, err := session.New(f, args, nil)
	if err != nil {
		return err
	}
	bar := session.NewProgress(s.Err, f.Quiet)
	p, err := prove.New(&f.Render, f.Jobs, bar)
	if err != nil {
		return err
	}
	defer p.Close()
	if !f.NoRender {
		set.Rewrite.TraceChart = p.Tracer(ctx, set.Rewrite.Walk.Root, set.Rewrite.Rules)
	}
	plan, err := rewrite.PlanFiles(ctx, set.Rewrite)
	if err != nil {
		return session.InterruptedError(ctx, err)
	}
	before, after := p.Tree(plan.Root), p.Overlay(plan)
	if f.Base != "" {
		if before, err = prove.GitTree(ctx, plan.Root, f.Base); err != nil {
			return err
		}
		after = p.Tree(plan.Root)
	}
	return proveAndReport(ctx, p, s, f, set, plan, before, after, bar.Proofs)
}

// proveAndReport proves plan and writes what came of it; when it is interrupted, the
// verdicts that there are, and that this is not all.
func proveAndReport(ctx context.Context, p *prove.Prover, s session.Streams, f *session.Flags, set *session.Session, plan *rewrite.Plan, before, after fs.FS, done func(done, total int, v *render.Verdict)) error {
	err := p.Prove(ctx, plan, before, after, false, done)
	p.Bar.Clear()
	some := (*prove.Interrupted)(nil)
	if err != nil && !errors.As(err, &some) {
		return session.Failed(err)
	}
	o := set.ReportOptionsFor(s.Out, f)
	if len(plan.Proofs) == 0 && !f.Quiet && some == nil {
		fmt.Fprintln(s.Out, "nothing to prove: no chart and no kustomization was found")
	}
	if err := report.WriteProofs(s.Out, plan, o); err != nil {
		return session.Failed(fmt.Errorf("writing to standard output: %w", err))
	}
	if some != nil {
		return session.Failed(some)
	}
	if plan.Count().FailedFiles > 0 || hasUnreadable(plan) {
		return session.Failed(nil)
	}
	return proofError(plan, f.RequireProof)
}

// proofError is the exit code of what was proven.
func proofError(plan *rewrite.Plan, require bool) error {
	switch n := prove.CountStates(plan); {
	case n[rewrite.Failed] > 0:
		return session.Left(nil)
	case require && n[rewrite.Unproven] > 0:
		return session.Left(errors.New("--require-proof: something is unproven"))
	}
	return nil
}
