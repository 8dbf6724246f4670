package app

import (
	"bufio"
	"cmp"
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

// Rewrite runs the root command: it plans, proves, writes and reports.
func Rewrite(ctx context.Context, s session.Streams, f *session.Flags, args []string) error {
	if len(args) == 1 && args[0] == "-" {
		return filter(ctx, s, f)
	}
	if err := checkUsage(s, f, args); err != nil {
		return err
	}
	bar := session.NewProgress(s.Err, f.Quiet)
	imageset.FindRegistries(ctx, f, bar)
	set, err := session.New(f, args, nil)
	if err != nil {
		return err
	}
	set.Rewrite.Progress = bar.FilesScanned
	prover, err := prove.New(&f.Render, f.Jobs, bar)
	if err != nil {
		return err
	}
	prover.Within = set.Rewrite.Within
	defer prover.Close()
	prover.Use(ctx, &set.Rewrite, !f.NoRender)
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
	plan.Advice = append(set.MirrorNotes(), plan.Advice...)
	if plan.Paths, err = session.RelativePaths(plan.Root, set.Rewrite.Walk.Paths); err != nil {
		return err
	}
	if f.UpdateBaseline {
		if err := set.Baseline.Update(s.Out, plan, f.Quiet); err != nil {
			return session.Failed(err)
		}
		return planError(f, plan)
	}
	if set.Baseline != nil {
		plan.CompareBaseline(set.Baseline.Entries)
	}
	var unproven error
	if f.Verify {
		if err := proveChanges(ctx, prover, plan); err != nil {
			return err
		}
		unproven = proofError(plan, f.RequireProof)
		set.ProofFailed = unproven != nil
	}
	if err := writeFilesAndReports(ctx, s, f, set, plan); err != nil {
		return err
	}
	return cmp.Or(planError(f, plan), registries.Err(), unproven)
}

// checkUsage returns an error for flags and arguments that exclude each other.
func checkUsage(s session.Streams, f *session.Flags, args []string) error {
	switch {
	case f.StdinName != "":
		return errors.New("--stdin-filename: expected with - as the only PATH")
	case slices.Contains(args, "-"):
		return errors.New("- is standard input: expected as the only PATH\n  a file of that name is ./-")
	case len(args) == 0 && !f.DryRun && !f.Check && hasPipedInput(s.In):
		return errors.New("no PATH, and standard input is a pipe or a file: expected - to rewrite standard input, or . for the current folder")
	case f.RequireProof && !f.Verify:
		return errors.New("--require-proof: expected with --verify")
	}
	return nil
}

// proveChanges proves the charts and kustomizations that the plan changes. A proof
// that fails is no error here.
func proveChanges(ctx context.Context, prover *prove.Prover, plan *rewrite.Plan) error {
	err := prover.Prove(ctx, plan, prover.Tree(plan.Root), prover.Overlay(plan), true)
	prover.Bar.Clear()
	if ctx.Err() != nil {
		return session.InterruptedError(ctx, err)
	}
	if err != nil {
		return session.Failed(err)
	}
	return nil
}

// writeFilesAndReports writes the changed files, unless flags or a failed proof
// forbid it, and then the reports.
func writeFilesAndReports(ctx context.Context, s session.Streams, f *session.Flags, set *session.Session, plan *rewrite.Plan) error {
	var interrupted error
	if !f.DryRun && !f.Check && !set.ProofFailed {
		_, interrupted = plan.Apply(ctx)
	}
	if err := writeReports(s, f, set, plan); err != nil {
		return session.Failed(err)
	}
	if interrupted != nil {
		return session.Failed(interrupted)
	}
	return nil
}

// planError returns an error if the plan contains failures, or if --check finds
// something to report.
func planError(f *session.Flags, plan *rewrite.Plan) error {
	counts := plan.Count()
	switch {
	case counts.FailedFiles > 0 || hasUnreadable(plan) || plan.HasBackstops():
		return session.Failed(nil)
	case f.Check && isLeft(f, plan, counts):
		return session.Left(nil)
	}
	return nil
}

// isLeft reports whether the plan has something that --check finds: a mention that
// the baseline does not accept or, without a baseline, a reference to move, also
// in a skipped folder, a reference that a person must change, an entry of a
// kustomization that selects nothing any more, an outdated policy, a likely image, or
// another edit of a file. With
// --check=certain, likely images do not count.
func isLeft(f *session.Flags, plan *rewrite.Plan, counts rewrite.Counts) bool {
	left := counts.Rewritten + counts.RewrittenImplicit + counts.Likely() + counts.LostEntries() + counts.OutdatedPolicies() + counts.Unresolved + plan.MovesInSkippedFolders()
	if left == 0 {
		left = counts.ChangedFiles // a name is inserted beside an old one that stays
	}
	likely := counts.Likely()
	if plan.Baseline != nil {
		left, likely = plan.Baseline.New, plan.Baseline.NewLikely
	}
	if f.CheckCertain {
		left -= likely
	}
	return left > 0
}

// hasUnreadable reports whether a file that may contain a mention could not be read.
func hasUnreadable(p *rewrite.Plan) bool {
	for _, s := range p.Skipped {
		if s.Reason == walk.Unreadable {
			return true
		}
	}
	return false
}

// writeReports writes the files of --report, the report of --output to standard
// output, and, if that is not the summary, the summary to standard error.
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
