package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/regmigrate/regmigrate/pkg/report"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// newExplainCommand returns `regmigrate explain`.
func newExplainCommand(s streams) *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "explain [flags] FILE[:LINE]",
		Short: "say what a mention is, which rule and reason applied, and what would change it",
		Long: `explain says what becomes of every mention of an old name in FILE, or on one of
its lines: where it stands, which rule applies or why it stays, and what would
change that. Nothing is written.`,
		Example: `  regmigrate explain policies/deny-old.yaml
  regmigrate explain charts/web/values.yaml:8`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return errors.New("explain: expected one FILE or FILE:LINE\n  for example: regmigrate explain deploy.yaml:12")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return explain(cmd.Context(), s, &f, args[0])
		},
	}
	setExits(cmd, "", "interrupted, or standard output could not be written")
	addRuleFlags(cmd, &f)
	addColorFlag(cmd, &f)
	return cmd
}

var fileLine = regexp.MustCompile(`^(.+?):(\d+)(?::\d+)?$`)

func explain(ctx context.Context, s streams, f *flags, arg string) error {
	file, line := arg, 0
	if _, err := os.Lstat(arg); err != nil {
		if m := fileLine.FindStringSubmatch(arg); m != nil {
			file = m[1]
			line, _ = strconv.Atoi(m[2])
		}
	}
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		return fmt.Errorf("explain %q: it is a folder; expected one FILE or FILE:LINE\n  regmigrate -v --dry-run lists all mentions below a folder", arg)
	}
	inner := "" // the path in a packed sub-chart
	if i := strings.Index(file, ".tgz!"); i >= 0 {
		file, inner = file[:i+len(".tgz")], file[i+len(".tgz"):]
	}
	set, err := prepare(f, []string{file}, nil)
	if err != nil {
		return err
	}
	// What moves together may lie in several files: the whole repository says.
	set.options.Walk.Paths = nil
	prove, err := newProver(&f.render, 0, newProgress(s.err, false))
	if err != nil {
		return err
	}
	defer prove.close()
	set.options.TraceChart = prove.trace(ctx, set.options.Walk.Root, set.options.Rules)
	plan, err := rewrite.PlanFiles(ctx, set.options)
	if err != nil {
		return stopped(ctx, err)
	}
	rel, err := relative(set.options.Walk.Root, file)
	if err != nil {
		return err
	}
	o := set.reportTo(s.out, f)
	n, err := report.Explain(s.out, plan, filepath.ToSlash(rel)+inner, line, o)
	if err != nil {
		return &exit{exitFailed, fmt.Errorf("writing to standard output: %w", err)}
	}
	if n == 0 {
		fmt.Fprintf(s.err, "%s: no mention of a name that a rule moves\n", arg)
		for _, x := range plan.Skipped {
			if x.Path == filepath.ToSlash(rel) {
				fmt.Fprintf(s.err, "it was not looked at: %s. %s\n", x.Reason, x.Reason.Doc())
			}
		}
	}
	return nil
}
