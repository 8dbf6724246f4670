package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"

	"github.com/regmigrate/regmigrate/pkg/report"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// Rewrite is the main command: plan, write, report.
func Rewrite(ctx context.Context, s streams, f *flags, args []string) error {
	if len(args) == 1 && args[0] == "-" {
		return filter(ctx, s, f)
	}
	switch {
	case f.stdinName != "":
		return errors.New("--stdin-filename: expected with - as the only PATH")
	case slices.Contains(args, "-"):
		return errors.New("- is standard input: expected as the only PATH\n  a file of that name is ./-")
	case len(args) == 0 && !f.dryRun && !f.check && hasPipedInput(s.in):
		return errors.New("no PATH, and a pipe or a file as standard input: expected - to rewrite what comes from there, or . for the current folder")
	}
	set, err := New(f, args, nil)
	if err != nil {
		return err
	}
	bar := newProgress(s.err, f.quiet)
	set.Rewrite.Progress = bar.FilesScanned
	prover_, err := New_Prover(&f.render, f.jobs, bar)
	if err != nil {
		return err
	}
	defer prover_.close()
	if !f.noRender {
		set.Rewrite.TraceChart = prover_.TraceFunc(ctx, set.Rewrite.Walk.Root, set.Rewrite.Rules)
	}
	registries, err := require(f, set, bar, true)
	if err != nil {
		return err
	}
	plan, err := makePlan(ctx, f, set)
	bar.clear()
	if err != nil {
		return interruptedError(ctx, err)
	}
	registries.AddImages(plan)
	if plan.Paths, err = RelativePaths(plan.Root, set.Rewrite.Walk.Paths); err != nil {
		return err
	}
	switch {
	case f.requireProof && !f.verify:
		return errors.New("--require-proof: expected with --verify")
	case f.updateBaseline:
		if err := set.baseline.update(s.out, plan, f.quiet); err != nil {
			return failed(err)
		}
		return planError(f, plan)
	case set.baseline != nil:
		plan.CompareBaseline(set.baseline.entries)
	}
	var unproven error
	if f.verify {
		err := prover_.prove(ctx, plan, prover_.tree(plan.Root), prover_.overlay(plan), true, bar.proofs)
		bar.clear()
		if ctx.Err() != nil {
			return interruptedError(ctx, err)
		}
		if err != nil {
			return failed(err)
		}
		unproven = proofError(plan, f.requireProof)
		set.ProofFailed = unproven != nil
	}
	writing := !f.dryRun && !f.check && unproven == nil
	var interrupted error
	if writing {
		_, interrupted = plan.Apply(ctx)
	}
	if err := writeReports(s, f, set, plan); err != nil {
		return failed(err)
	}
	if interrupted != nil {
		return failed(interrupted)
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
func planError(f *flags, plan *rewrite.Plan) error {
	counts := plan.Count()
	switch {
	case counts.FailedFiles > 0 || hasUnreadable(plan):
		return failed(nil)
	case f.check && plan.Baseline != nil && plan.Baseline.New > 0,
		f.check && plan.Baseline == nil && counts.Rewritten+counts.RewrittenImplicit > 0:
		return left(nil)
	}
	return nil
}

// interruptedError gives the error of a run that made no plan its exit code: one that
// was interrupted did not fail for its usage.
func interruptedError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return failed(errors.New("interrupted; nothing was written"))
	}
	return err
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
func writeReports(s streams, f *flags, set *Session, plan *rewrite.Plan) error {
	o := set.ReportOptions(f)
	for _, r := range set.reports {
		if err := WriteReport(r, plan, o); err != nil {
			return err
		}
	}
	o = set.ReportOptionsFor(s.out, f)
	out := bufio.NewWriter(s.out)
	err := set.output.Write(out, plan, o)
	if err == nil {
		err = out.Flush()
	}
	if err != nil && !errors.Is(err, syscall.EPIPE) {
		return fmt.Errorf("writing to standard output: %w", err)
	}
	if set.output.Name == "text" {
		return nil
	}
	text, err := report.Find("text")
	if err != nil {
		return err
	}
	return text.Write(s.err, plan, set.ReportOptionsFor(s.err, f))
}
