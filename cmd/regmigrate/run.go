package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"golang.org/x/term"

	"github.com/regmigrate/regmigrate/pkg/report"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// run is the main command: plan, write, report.
func run(ctx context.Context, s streams, f *flags, args []string) error {
	if len(args) == 1 && args[0] == "-" {
		return filter(ctx, s, f)
	}
	switch {
	case f.stdinName != "":
		return errors.New("--stdin-filename: expected with - as the only PATH")
	case slices.Contains(args, "-"):
		return errors.New("- is standard input: expected as the only PATH\n  a file of that name is ./-")
	case len(args) == 0 && !f.dryRun && !f.check && fed(s.in):
		return errors.New("no PATH, and a pipe or a file as standard input: expected - to rewrite what comes from there, or . for the current folder")
	}
	set, err := prepare(f, args, nil)
	if err != nil {
		return err
	}
	bar := newProgress(s.err, f.quiet)
	set.options.Progress = bar.files
	prove, err := newProver(&f.render, f.jobs, bar)
	if err != nil {
		return err
	}
	defer prove.close()
	if !f.noRender {
		set.options.TraceChart = prove.trace(ctx, set.options.Walk.Root, set.options.Rules)
	}
	registries, err := require(f, set, bar, true)
	if err != nil {
		return err
	}
	plan, err := plan(ctx, f, set)
	bar.clear()
	if err != nil {
		return stopped(ctx, err)
	}
	registries.images(plan)
	if plan.Paths, err = pathsOf(plan.Root, set.options.Walk.Paths); err != nil {
		return err
	}
	switch {
	case f.requireProof && !f.verify:
		return errors.New("--require-proof: expected with --verify")
	case f.updateBaseline:
		if err := set.baseline.update(s.out, plan, f.quiet); err != nil {
			return &exit{exitFailed, err}
		}
		return outcome(f, plan)
	case set.baseline != nil:
		plan.CompareBaseline(set.baseline.entries)
	}
	var unproven error
	if f.verify {
		err := prove.prove(ctx, plan, prove.tree(plan.Root), prove.overlay(plan), true, bar.proofs)
		bar.clear()
		if ctx.Err() != nil {
			return stopped(ctx, err)
		}
		if err != nil {
			return &exit{exitFailed, err}
		}
		unproven = provenOr(plan, f.requireProof)
		set.unwritten = unproven != nil
	}
	writing := !f.dryRun && !f.check && unproven == nil
	var interrupted error
	if writing {
		_, interrupted = plan.Apply(ctx)
	}
	if err := show(s, f, set, plan); err != nil {
		return &exit{exitFailed, err}
	}
	if interrupted != nil {
		return &exit{exitFailed, interrupted}
	}
	if err := outcome(f, plan); err != nil {
		return err
	}
	if err := registries.outcome(); err != nil {
		return err
	}
	return unproven
}

// outcome is the exit code of a run that made its plan.
func outcome(f *flags, plan *rewrite.Plan) error {
	counts := plan.Count()
	switch {
	case counts.FailedFiles > 0 || unreadable(plan):
		return &exit{code: exitFailed}
	case f.check && plan.Baseline != nil && plan.Baseline.New > 0,
		f.check && plan.Baseline == nil && counts.Rewritten+counts.RewrittenImplicit > 0:
		return &exit{code: exitLeft}
	}
	return nil
}

// stopped gives the error of a run that made no plan its exit code: one that
// was interrupted did not fail for its usage.
func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return &exit{exitFailed, errors.New("interrupted; nothing was written")}
	}
	return err
}

// unreadable reports whether something that may hold a mention could not be read.
func unreadable(p *rewrite.Plan) bool {
	for _, s := range p.Skipped {
		if s.Reason == walk.Unreadable {
			return true
		}
	}
	return false
}

// show writes the reports: what was asked for on standard output, the summary
// on standard error unless it is that, and the files of --report.
func show(s streams, f *flags, set *setup, plan *rewrite.Plan) error {
	o := set.report(f)
	for _, r := range set.reports {
		if err := toFile(r, plan, o); err != nil {
			return err
		}
	}
	o = set.reportTo(s.out, f)
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
	return text.Write(s.err, plan, set.reportTo(s.err, f))
}

// report says how to report.
func (s *setup) report(f *flags) report.Options {
	return report.Options{Quiet: f.quiet, Verbose: f.verbose, DryRun: f.dryRun || s.unwritten, Check: f.check, Presets: s.presets, Rules: s.besides, Args: f.args, Program: f.program, InGit: s.versioned()}
}

// versioned reports whether the files are those of a git work tree.
func (s *setup) versioned() bool {
	_, err := os.Stat(filepath.Join(s.options.Walk.Root, ".git"))
	return s.options.Walk.Root != "" && err == nil
}

// maxColumns is how wide a summary gets on a terminal that is wider: sentences
// of more columns are hard to read.
const maxColumns = 120

// reportTo says how to report to w, which may be a terminal.
func (s *setup) reportTo(w io.Writer, f *flags) report.Options {
	o := s.report(f)
	o.Color, o.Width = colour(f.color, w), min(width(w), maxColumns)
	return o
}

// toFile writes one report to its file.
func toFile(r namedReport, plan *rewrite.Plan, o report.Options) (err error) {
	defer func() {
		if x := (*fs.PathError)(nil); errors.As(err, &x) {
			err = x.Err // the path stands in the message once
		}
		if err != nil {
			err = fmt.Errorf("writing the report %q: %w", r.file, err)
		}
	}()
	file, err := os.Create(r.file)
	if err != nil {
		return err
	}
	if err := r.writer.Write(file, plan, o); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}

// colour decides whether what goes to w has colour.
func colour(when string, w io.Writer) bool {
	switch when {
	case "always":
		return true
	case "never":
		return false
	}
	return isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
