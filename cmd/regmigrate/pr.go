package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/pullrequest"
	"github.com/regmigrate/regmigrate/pkg/report"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// PullRequestFlags are the flags of `regmigrate pr` alone.
type PullRequestFlags struct {
	to        pullrequest.Options
	title     string
	message   string
	commitPer string
	noVerify  bool
	json      bool
}

func PullRequest(ctx context.Context, s streams, f *flags, p *PullRequestFlags, args []string) error {
	if !slices.Contains([]string{"change", "chart"}, p.commitPer) {
		return fmt.Errorf("--commit-per %q: expected change or chart", p.commitPer)
	}
	if f.requireProof && p.noVerify {
		return errors.New("--require-proof and --no-verify: expected one of them")
	}
	set, err := New(f, args, nil)
	if err != nil {
		return err
	}
	root := set.Rewrite.Walk.Root
	p.to.Dir, p.to.DryRun = root, f.dryRun
	if p.to.Branch == "" {
		p.to.Branch = branchName(set, p.to.Base)
	}
	forge, err := pullrequest.Prepare(ctx, p.to)
	if err != nil {
		return prError(ctx, err)
	}
	plan, err := planBase(ctx, s, f, p, set, forge)
	if err != nil {
		return err
	}
	if err := proofError(plan, f.requireProof); err != nil {
		return notPushed(s, f, set, plan, err)
	}
	change, err := newChange(plan, set, f, p)
	if err != nil {
		return failed(err)
	}
	result, err := forge.Apply(ctx, change)
	if err != nil {
		return prError(ctx, err)
	}
	if err := printResult(s, f, p, plan, &change, result); err != nil {
		return failed(fmt.Errorf("writing to standard output: %w", err))
	}
	for _, r := range set.reports {
		if err := WriteReport(r, plan, set.ReportOptions(f)); err != nil {
			return failed(err)
		}
	}
	if plan.Count().FailedFiles > 0 || hasUnreadable(plan) {
		return errors.Join(failures(s, f, set, plan), planError(f, plan))
	}
	return nil
}

// notPushed says what keeps the change from being pushed.
func notPushed(s streams, f *flags, set *Session, plan *rewrite.Plan, err error) error {
	o := set.ReportOptionsFor(s.err, f)
	if e := report.WriteProofs(s.err, plan, o); e != nil {
		return failed(e)
	}
	if CountStates(plan)[rewrite.Failed] > 0 {
		return left(errors.New("a proof failed: nothing was pushed"))
	}
	return err
}

// branchName is the branch of a change that was given no name. It says nothing
// of the rules, so that a change of these updates the pull request that is
// open.
func branchName(set *Session, base string) string {
	name := "regmigrate/images"
	if len(set.presets) > 0 {
		name = "regmigrate/" + strings.Join(set.presets, "-")
	}
	if base != "" {
		name += "-" + base
	}
	return name
}

// prError gives an error its exit code.
func prError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return failed(errors.New("interrupted; run again, and it goes on where it stopped"))
	}
	if p := (*pullrequest.Problem)(nil); errors.As(err, &p) && p.Usage {
		return err
	}
	return failed(err)
}

// failures lists the files that could not be read or verified, which the pull
// request leaves as they are.
func failures(s streams, f *flags, set *Session, plan *rewrite.Plan) error {
	text, err := report.Find("text")
	if err != nil {
		return err
	}
	o := set.ReportOptionsFor(s.err, f)
	o.Quiet = true
	return text.Write(s.err, plan, o)
}
