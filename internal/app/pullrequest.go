package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/app/imageset"
	"github.com/regmigrate/regmigrate/internal/app/prove"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/pullrequest"
	"github.com/regmigrate/regmigrate/pkg/report"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// PullRequestFlags are the flags that only `regmigrate pr` has.
type PullRequestFlags struct {
	To        pullrequest.Options
	Title     string
	Message   string
	CommitPer string
	NoVerify  bool
	JSON      bool
}

// PullRequest runs the command pr.
func PullRequest(ctx context.Context, s session.Streams, f *session.Flags, p *PullRequestFlags, args []string) error {
	if !slices.Contains([]string{"change", "chart"}, p.CommitPer) {
		return fmt.Errorf("--commit-per %q: expected change or chart", p.CommitPer)
	}
	if err := checkTitle(p.Title); err != nil {
		return err
	}
	if f.RequireProof && p.NoVerify {
		return errors.New("--require-proof and --no-verify: expected one of them")
	}
	imageset.FindRegistries(ctx, f, session.NewProgress(s.Err, f.Quiet))
	set, err := session.New(f, args, nil)
	if err != nil {
		return err
	}
	root := set.Rewrite.Walk.Root
	p.To.Dir, p.To.DryRun = root, f.DryRun
	if p.To.Branch == "" {
		p.To.Branch = branchName(set, p.To.Base)
	}
	forge, err := pullrequest.Prepare(ctx, p.To)
	if err != nil {
		return prError(ctx, err)
	}
	run := &pullRequestRun{s, f, p, set, forge}
	plan, err := run.planBase(ctx)
	if err != nil {
		return err
	}
	if err := proofError(plan, f.RequireProof); err != nil {
		return run.notPushed(plan, err)
	}
	change, err := newChange(plan, set, f, p)
	if err != nil {
		return session.Failed(err)
	}
	result, err := forge.Apply(ctx, change)
	if err != nil {
		return prError(ctx, err)
	}
	if err := run.printResult(plan, &change, result); err != nil {
		return session.Failed(fmt.Errorf("writing to standard output: %w", err))
	}
	for _, r := range set.Reports {
		if err := session.WriteReport(r, plan, set.ReportOptions(f)); err != nil {
			return session.Failed(err)
		}
	}
	if plan.Count().FailedFiles > 0 || hasUnreadable(plan) || plan.HasBackstops() {
		return errors.Join(run.writeFailures(plan), planError(f, plan))
	}
	return nil
}

// A pullRequestRun is one run of pr.
type pullRequestRun struct {
	streams session.Streams
	flags   *session.Flags
	options *PullRequestFlags
	session *session.Session
	forge   *pullrequest.Session
}

// notPushed writes the proofs of a change that is not pushed, and returns the error
// of the run; err is that of the proof.
func (run *pullRequestRun) notPushed(plan *rewrite.Plan, err error) error {
	o := run.session.ReportOptionsFor(run.streams.Err, run.flags)
	if e := report.WriteProofs(run.streams.Err, plan, o); e != nil {
		return session.Failed(e)
	}
	if prove.CountStates(plan)[rewrite.Failed] > 0 {
		return session.Left(errors.New("a proof failed: nothing was pushed"))
	}
	return err
}

// branchName returns the default name of the branch. It does not depend on the
// rules, so that a run with other rules updates the open pull request.
func branchName(set *session.Session, base string) string {
	name := "regmigrate/images"
	if len(set.Presets) > 0 {
		name = "regmigrate/" + strings.Join(set.Presets, "-")
	}
	if base != "" {
		name += "-" + base
	}
	return name
}

// prError adds the exit code to an error of package pullrequest.
func prError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return session.Failed(errors.New("interrupted; run the same command again to continue"))
	}
	if p := (*pullrequest.Problem)(nil); errors.As(err, &p) && p.Usage {
		return err
	}
	return session.Failed(err)
}

// writeFailures lists the files that could not be read or verified. The pull request
// does not change them.
func (run *pullRequestRun) writeFailures(plan *rewrite.Plan) error {
	text, err := report.Find("text")
	if err != nil {
		return err
	}
	o := run.session.ReportOptionsFor(run.streams.Err, run.flags)
	o.Quiet = true
	return text.Write(run.streams.Err, plan, o)
}
