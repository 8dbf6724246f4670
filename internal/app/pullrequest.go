package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/app/prove"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/pullrequest"
	"github.com/regmigrate/regmigrate/pkg/report"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// PullRequestFlags are the flags of `regmigrate pr` alone.
type PullRequestFlags struct {
	To        pullrequest.Options
	Title     string
	Message   string
	CommitPer string
	NoVerify  bool
	Json      bool
}

func PullRequest(ctx context.Context, s session.Streams, f *session.Flags, p *PullRequestFlags, args []string) error {
	if !slices.Contains([]string{"change", "chart"}, p.CommitPer) {
		return fmt.Errorf("--commit-per %q: expected change or chart", p.CommitPer)
	}
	if f.RequireProof && p.NoVerify {
		return errors.New("--require-proof and --no-verify: expected one of them")
	}
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
	plan, err := planBase(ctx, s, f, p, set, forge)
	if err != nil {
		return err
	}
	if err := proofError(plan, f.RequireProof); err != nil {
		return notPushed(s, f, set, plan, err)
	}
	change, err := newChange(plan, set, f, p)
	if err != nil {
		return session.Failed(err)
	}
	result, err := forge.Apply(ctx, change)
	if err != nil {
		return prError(ctx, err)
	}
	if err := printResult(s, f, p, plan, &change, result); err != nil {
		return session.Failed(fmt.Errorf("writing to standard output: %w", err))
	}
	for _, r := range set.Reports {
		if err := session.WriteReport(r, plan, set.ReportOptions(f)); err != nil {
			return session.Failed(err)
		}
	}
	if plan.Count().FailedFiles > 0 || hasUnreadable(plan) {
		return errors.Join(failures(s, f, set, plan), planError(f, plan))
	}
	return nil
}

// notPushed says what keeps the change from being pushed.
func notPushed(s session.Streams, f *session.Flags, set *session.Session, plan *rewrite.Plan, err error) error {
	o := set.ReportOptionsFor(s.Err, f)
	if e := report.WriteProofs(s.Err, plan, o); e != nil {
		return session.Failed(e)
	}
	if prove.CountStates(plan)[rewrite.Failed] > 0 {
		return session.Left(errors.New("a proof failed: nothing was pushed"))
	}
	return err
}

// branchName is the branch of a change that was given no name. It says nothing
// of the rules, so that a change of these updates the pull request that is
// open.
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

// prError gives an error its exit code.
func prError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return session.Failed(errors.New("interrupted; run again, and it goes on where it stopped"))
	}
	if p := (*pullrequest.Problem)(nil); errors.As(err, &p) && p.Usage {
		return err
	}
	return session.Failed(err)
}

// failures lists the files that could not be read or verified, which the pull
// request leaves as they are.
func failures(s session.Streams, f *session.Flags, set *session.Session, plan *rewrite.Plan) error {
	text, err := report.Find("text")
	if err != nil {
		return err
	}
	o := set.ReportOptionsFor(s.Err, f)
	o.Quiet = true
	return text.Write(s.Err, plan, o)
}
