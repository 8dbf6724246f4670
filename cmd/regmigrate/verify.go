package main

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"

	"github.com/spf13/cobra"

	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/report"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// newVerifyCommand returns `regmigrate verify`.
func newVerifyCommand(s streams) *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "verify [flags] [PATH...]",
		Short: "prove that charts and kustomizations give what they gave, from the new registry",
		Long: `verify renders every chart and builds every kustomization under PATH (default:
the current folder) twice, as it is and as the rules would leave it, and
compares: the two may differ in nothing but image references, each changed
exactly as a rule says. Nothing is written.

With --base, what is compared is the commit REV and the files as they are: a
change that has been made already. Charts and kustomizations are rendered in
child processes, without cluster and network; one that does not render, or
takes something from elsewhere, such as a remote base, is unproven. When it is
interrupted (Ctrl-C), it shows the verdicts that there are, and exits with 3.`,
		Example: `  regmigrate verify charts/
  regmigrate verify --base origin/main .  # what a pull request changes
  regmigrate verify --require-proof --set ingress.enabled=true charts/web`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return verify(cmd.Context(), s, &f, args)
		},
	}
	setExits(cmd, "a proof failed; --require-proof: something is unproven", "files failed, or it was interrupted; what was proven is shown")
	addRuleFlags(cmd, &f)
	x := cmd.Flags()
	x.StringVar(&f.base, "base", "", "compare the files as they are with the commit `REV`")
	x.BoolVar(&f.requireProof, "require-proof", false, "exit 1 when something is unproven too")
	addRenderFlags(cmd, &f.render)
	x.BoolVar(&f.noRender, "no-render", false, "plan by the names of keys, and prove that")
	x.IntVarP(&f.jobs, "jobs", "j", 0, "`number` of charts and kustomizations rendered at a time (default: one for each CPU)")
	addColorFlag(cmd, &f)
	x.BoolVarP(&f.quiet, "quiet", "q", false, "say nothing but what failed")
	x.BoolVarP(&f.verbose, "verbose", "v", false, "list every detail")
	return cmd
}

func verify(ctx context.Context, s streams, f *flags, args []string) error {
	set, err := prepare(f, args, nil)
	if err != nil {
		return err
	}
	bar := newProgress(s.err, f.quiet)
	p, err := newProver(&f.render, f.jobs, bar)
	if err != nil {
		return err
	}
	defer p.close()
	if !f.noRender {
		set.options.TraceChart = p.trace(ctx, set.options.Walk.Root, set.options.Rules)
	}
	plan, err := rewrite.PlanFiles(ctx, set.options)
	if err != nil {
		return stopped(ctx, err)
	}
	before, after := p.tree(plan.Root), p.overlay(plan)
	if f.base != "" {
		if before, err = treeAt(ctx, plan.Root, f.base); err != nil {
			return err
		}
		after = p.tree(plan.Root)
	}
	return p.verdicts(ctx, s, f, set, plan, before, after, bar.proofs)
}

// verdicts proves plan and writes what came of it; when it is interrupted, the
// verdicts that there are, and that this is not all.
func (p *prover) verdicts(ctx context.Context, s streams, f *flags, set *setup, plan *rewrite.Plan, before, after fs.FS, done func(done, total int, v *render.Verdict)) error {
	err := p.prove(ctx, plan, before, after, false, done)
	p.bar.clear()
	some := (*unfinished)(nil)
	if err != nil && !errors.As(err, &some) {
		return &exit{exitFailed, err}
	}
	o := set.reportTo(s.out, f)
	if len(plan.Proofs) == 0 && !f.quiet && some == nil {
		fmt.Fprintln(s.out, "nothing to prove: no chart and no kustomization was found")
	}
	if err := report.WriteProofs(s.out, plan, o); err != nil {
		return &exit{exitFailed, fmt.Errorf("writing to standard output: %w", err)}
	}
	if some != nil {
		return &exit{exitFailed, some}
	}
	if plan.Count().FailedFiles > 0 || unreadable(plan) {
		return &exit{code: exitFailed}
	}
	return provenOr(plan, f.requireProof)
}

// provenOr is the exit code of what was proven.
func provenOr(plan *rewrite.Plan, require bool) error {
	switch n := proofs(plan); {
	case n[rewrite.Failed] > 0:
		return &exit{code: exitLeft}
	case require && n[rewrite.Unproven] > 0:
		return &exit{exitLeft, errors.New("--require-proof: something is unproven")}
	}
	return nil
}

// treeAt reads the repository at root as it was in the commit rev, by the
// program git.
func treeAt(ctx context.Context, root, rev string) (fs.FS, error) {
	if strings.HasPrefix(rev, "-") {
		return nil, fmt.Errorf("--base %q: expected the name of a commit", rev)
	}
	run := func(args ...string) (stdout, stderr []byte, err error) {
		var out, said bytes.Buffer
		cmd := exec.CommandContext(ctx, "git", append([]string{"-C", root}, args...)...)
		cmd.Env = append(os.Environ(), "LC_ALL=C")
		cmd.Stdout, cmd.Stderr = &out, &said
		err = cmd.Run()
		return out.Bytes(), bytes.TrimSpace(said.Bytes()), err
	}
	if _, said, err := run("rev-parse", "--verify", "--quiet", rev+"^{tree}"); err != nil {
		return nil, noCommit(rev, string(said), err, func() bool {
			out, _, err := run("rev-parse", "--is-shallow-repository")
			return err == nil && strings.TrimSpace(string(out)) == "true"
		})
	}
	archive, said, err := run("archive", "--format=zip", "-0", rev)
	if err != nil {
		return nil, fmt.Errorf("--base %q: git could not read the files of that commit: %w: %s", rev, err, said)
	}
	// A zip file is a file system.
	tree, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return nil, fmt.Errorf("--base %q: reading what git archive wrote: %w", rev, err)
	}
	return tree, nil
}

// noCommit says why rev is no commit here, and what to do. Said is what git had
// to say, which for an unknown name is nothing.
func noCommit(rev, said string, err error, shallow func() bool) error {
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return fmt.Errorf("--base %q: it is read by the program git, which is not found; install it", rev)
	case strings.Contains(said, "not a git repository"):
		return fmt.Errorf("--base %q: there is no git repository here, so that there is no commit to compare with", rev)
	case said != "":
		return fmt.Errorf("--base %q: %s", rev, strings.TrimPrefix(said, "fatal: "))
	case shallow():
		return fmt.Errorf("--base %q: no such commit, branch or tag in this clone, which is shallow\n  in a workflow, fetch-depth: 0 of actions/checkout brings all; here, git fetch --depth=1 origin %s", rev, strings.TrimPrefix(rev, "origin/"))
	}
	return fmt.Errorf("--base %q: no such commit, branch or tag in this repository\n  git fetch brings those of the remote, which are called origin/BRANCH here", rev)
}
