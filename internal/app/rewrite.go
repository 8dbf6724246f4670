package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"

	"github.com/regmigrate/regmigrate/internal/app/imageset"
	"github.com/regmigrate/regmigrate/internal/app/prove"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/report"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// Rewrite is the main command: plan, write, report.
func Rewrite(ctx context.Context, s session.Streams, f *session.Flags, args []string) error {
	if len(args) == 1 && args[0] == "-" {
		return filter(ctx, s, f)
	}
	switch {
	case f.StdinName != "":
		return errors.New("--stdin-filename: expected with - as the only PATH")
	case slices.Contains(args, "-"):
		return errors.New("- is standard input: expected as the only PATH\n  a file of that name is ./-")
	case len(args) == 0 && !f.DryRun && !f.Check && hasPipedInput(s.In):
		return errors.New("no PATH, and a pipe or a file as standard input: expected - to rewrite what comes from there, or . for the current folder")
	}
	set, err := session.New(f, args, nil)
	if err != nil {
		return err
	}
	bar := session.NewProgress(s.Err, f.Quiet)
	set.Rewrite.Progress = bar.FilesScanned
	prover, err := prove.New(&f.Render, f.Jobs, bar)
	if err != nil {
		return err
	}
	defer prover.Close()
	if !f.NoRender {
		set.Rewrite.TraceChart = prover.Tracer(ctx, set.Rewrite.Walk.Root, set.Rewrite.Rules)
	}
	registries, err := imageset.Require(f, set, bar, true)
	if err != nil {
		return err
	}
	plan, err := makePlan(ctx, f, set)
	bar.Clear()
	if err != nil {
		return session.InterruptedError(ctx, err)
	}
	registries.AddImages(plan)
	if plan.Paths, err = session.RelativePaths(plan.Root, set.Rewrite.Walk.Paths); err != nil {
		return err
	}
	switch {
	case f.RequireProof && !f.Verify:
		return errors.New("--require-proof: expected with --verify")
	case f.UpdateBaseline:
		if err := set.Baseline.Update(s.Out, plan, f.Quiet); err != nil {
			return session.Failed(err)
		}
		return planError(f, plan)
	case set.Baseline != nil:
		plan.CompareBaseline(set.Baseline.Entries)
	}
	var unproven error
	if f.Verify {
		err := prover.Prove(ctx, plan, prover.Tree(plan.Root), prover.Overlay(plan), true, bar.Proofs)
		bar.Clear()
		if ctx.Err() != nil {
			return session.InterruptedError(ctx, err)
		}
		if err != nil {
			return session.Failed(err)
		}
		unproven = proofError(plan, f.RequireProof)
		set.ProofFailed = unproven != nil
	}
	writing := !f.DryRun && !f.Check && unproven == nil
	var interrupted error
	if writing {
		_, interrupted = plan.Apply(ctx)
	}
	if err := writeReports(s, f, set, plan); err != nil {
		return session.Failed(err)
	}
	if interrupted != nil {
		return session.Failed(interrupted)
	}
	if err := planError(f, plan); err != nil {
		return err
	}
	if err := registries.Err(); err != nil {
		return err
	}
	return unproven
}

// planError is the exit code of a run that made its plan.
func planError(f *session.Flags, plan *rewrite.Plan) error {
	counts := plan.Count()
	switch {
	case counts.FailedFiles > 0 || hasUnreadable(plan):
		return session.Failed(nil)
	case f.Check && plan.Baseline != nil && plan.Baseline.New > 0,
		f.Check && plan.Baseline == nil && counts.Rewritten+counts.RewrittenImplicit > 0:
		return session.Left(nil)
	}
	return nil
}

// hasUnreadable reports whether something that may hold a mention could not be read.
func hasUnreadable(p *rewrite.Plan) bool {
	for _, s := range p.Skipped {
		if s.Reason == walk.Unreadable {
			return true
		}
	}
	return false
}

// writeReports writes the reports: what was asked for on standard output, the summary
// on standard error unless it is that, and the files of --report.
func writeReports(s session.Streams, f *session.Flags, set *session.Session, plan *rewrite.Plan) error {
	o := set.ReportOptions(f)
	for _, r := range set.Reports {
		if err := session.WriteReport(r, plan, o); err != nil {
			return err
		}
	}
	o = set.ReportOptionsFor(s.Out, f)
	out := bufio.NewWriter(s.Out)
	err := set.Output.Write(out, plan, o)
	if err == nil {
		err = out.Flush()
	}
	if err != nil && !errors.Is(err, syscall.EPIPE) {
		return fmt.Errorf("writing to standard output: %w", err)
	}
	if set.Output.Name == "text" {
		return nil
	}
	text, err := report.Find("text")
	if err != nil {
		return err
	}
	return text.Write(s.Err, plan, set.ReportOptionsFor(s.Err, f))
}
