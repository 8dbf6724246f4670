package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/regmigrate/regmigrate/internal/app/imageset"
	"github.com/regmigrate/regmigrate/internal/app/prove"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/report"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

var fileLine = regexp.MustCompile(`^(.+?):(\d+)(?::\d+)?$`)

// Explain runs the command explain.
func Explain(ctx context.Context, s session.Streams, f *session.Flags, arg string) error {
	file, line := arg, 0
	if _, err := os.Lstat(arg); err != nil {
		if m := fileLine.FindStringSubmatch(arg); m != nil {
			file = m[1]
			line, _ = strconv.Atoi(m[2])
		}
	}
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		return fmt.Errorf("explain %q: expected FILE or FILE:LINE, got a folder\n  to list all mentions in a folder: regmigrate -v --dry-run FOLDER", arg)
	}
	inner := "" // "!" and the path in a chart archive
	if i := strings.Index(file, ".tgz!"); i >= 0 {
		file, inner = file[:i+len(".tgz")], file[i+len(".tgz"):]
	}
	imageset.FindRegistries(ctx, f, session.NewProgress(s.Err, f.Quiet))
	set, err := session.New(f, []string{file}, nil)
	if err != nil {
		return err
	}
	// Related files anywhere in the repository affect the findings.
	set.Rewrite.Walk.Paths = nil
	prover, err := prove.New(&f.Render, 0, session.NewProgress(s.Err, false))
	if err != nil {
		return err
	}
	prover.Within = set.Rewrite.Within
	defer prover.Close()
	prover.Use(ctx, &set.Rewrite, true)
	plan, err := rewrite.PlanFiles(ctx, set.Rewrite)
	prover.Bar.Clear()
	if err != nil {
		return session.InterruptedError(ctx, err)
	}
	rel, err := session.Relative(set.Rewrite.Walk.Root, file)
	if err != nil {
		return err
	}
	o := set.ReportOptionsFor(s.Out, f)
	n, err := report.Explain(s.Out, plan, filepath.ToSlash(rel)+inner, line, o)
	if err != nil {
		return session.Failed(fmt.Errorf("writing to standard output: %w", err))
	}
	for i := range plan.Files {
		if x := &plan.Files[i]; x.Path == filepath.ToSlash(rel)+inner {
			if err := explainPolicies(s.Out, set, f, x.Findings, line); err != nil {
				return session.Failed(fmt.Errorf("writing to standard output: %w", err))
			}
		}
	}
	if n == 0 {
		fmt.Fprintf(s.Err, "%s: no mention that a rule matches\n", arg)
		for _, x := range plan.Skipped {
			if x.Path == filepath.ToSlash(rel) {
				fmt.Fprintf(s.Err, "the file was not scanned: %s. %s\n", x.Reason, x.Reason.Doc())
			}
		}
	}
	return nil
}
