package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/regmigrate/regmigrate/internal/app"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/internal/strictyaml"
	"github.com/regmigrate/regmigrate/pkg/report"
)

// newReportCommand returns `regmigrate report` with its subcommands.
func newReportCommand(s session.Streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "report",
		Short: "merge the reports of many repositories and clusters",
		Long: `report works with JSON reports of other commands: merge prints the state of a migration
from many of them, and failure writes the report of a run that failed.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			names := commandNames(cmd)
			return fmt.Errorf("report: unknown command %q; known are %s%s\n  a folder called report is ./report", args[0], strings.Join(names, ", "), strictyaml.DidYouMean(args[0], names))
		},
		RunE: func(*cobra.Command, []string) error {
			return errors.New("report: expected merge or failure\n  for example: regmigrate report merge reports/")
		},
	}
	setExits(cmd, "", "")
	cmd.AddCommand(newReportMergeCommand(s), newReportFailureCommand(s))
	return cmd
}

func newReportMergeCommand(s session.Streams) *cobra.Command {
	var f session.Flags
	var x app.ReportMergeFlags
	cmd := &cobra.Command{
		Use:   "merge [flags] FILE|DIR|-...",
		Short: "print the state of a migration from many JSON reports",
		Long: `merge reads any number of JSON reports and prints what is left: by registry, by owner,
by repository and by cluster. A DIR stands for all files *.json in it. A file, or
standard input, may have several reports one after the other.

It reads what these commands write: regmigrate -o json (with --dry-run or --check),
verify -o json, images -o json, cluster -o json, pr --json, report failure, and
report merge -o json. Owners of files are those of CODEOWNERS at the time of the run;
owners in clusters are the values of the label team. References that a run rewrote
count as left, because they are in the commit that the run began with.

The newest report of a repository or cluster counts: of a repository by the time of its
commit, of a cluster by the time of the list. Of several reports about one commit, a plan
counts more than a list of images, then the one with more left. A note names the others.
A report of pr adds the pull request with the highest number to its repository.
The order of the reports does not matter.

A subject is failed if a file could not be read or rendered in time, if its report is
empty, incomplete, of another version or no report of regmigrate, or if report failure
wrote it. A failed run counts more than every other report of the same repository. With
--expect, a repository without a report is failed too.

--history appends the sums to a file. Text and HTML compare them over time.`,
		Example: `  regmigrate report merge reports/
  regmigrate report merge --expect repositories.txt --check reports/
  regmigrate report merge --history history.jsonl -o html reports/ > state.html
  regmigrate report merge -o csv week-*/merged.json clusters.json > state.csv
  regmigrate report merge --time 2026-01-31 --history history.jsonl old-reports/
  cat reports/*.json | regmigrate report merge -`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("report merge: expected at least one FILE or DIR, or - for standard input\n  for example: regmigrate report merge reports/")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := refuseEmpty(cmd); err != nil {
				return err
			}
			x.Version = version()
			return app.ReportMerge(cmd.Context(), s, &f, &x, args)
		},
	}
	setExits(cmd, "--check: a reference is left, or a subject failed", "the state or the history could not be written, or the command was interrupted")
	fl := cmd.Flags()
	fl.SortFlags = false
	fl.StringVarP(&f.Output, "output", "o", "text", "`format` of standard output: "+strings.Join(report.FleetNames(), ", "))
	complete(cmd, "output", report.FleetNames())
	fl.BoolVar(&x.Check, "check", false, "exit 1 if a reference is left, or a subject failed")
	fl.StringVar(&x.Expect, "expect", "", "`file` with one repository per line, its URL, HOST/OWNER/NAME or OWNER/NAME: those without a report are failed")
	fl.StringVar(&x.History, "history", "", "append the sums to this `file`, one JSON object per line; text and HTML compare them over time")
	fl.StringVar(&x.Time, "time", "", "the `time` of the state, such as 2026-01-31 (default: now)")
	addColorFlag(cmd, &f)
	fl.BoolVarP(&f.Quiet, "quiet", "q", false, "with -o text: print failed subjects only")
	fl.BoolVarP(&f.Verbose, "verbose", "v", false, "with -o text: list everything")
	return cmd
}

func newReportFailureCommand(s session.Streams) *cobra.Command {
	var x app.ReportFailureFlags
	cmd := &cobra.Command{
		Use:   "failure --repository NAME [flags]",
		Short: "write the report of a run that failed",
		Long: `failure writes the JSON report of a run that wrote none: for example, because the
repository could not be cloned. It reads what the run printed from standard input. The
last line is the reason in the state that report merge prints.`,
		Example: `  git clone https://git.example/acme/shop 2> log ||
    regmigrate report failure --repository git.example/acme/shop < log > reports/shop.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if x.Repository == "" {
				return errors.New("report failure: expected --repository, such as github.com/acme/shop")
			}
			x.Version = version()
			return app.ReportFailure(s, &x)
		},
	}
	setExits(cmd, "", "standard input could not be read, or standard output not written")
	fl := cmd.Flags()
	fl.SortFlags = false
	fl.StringVar(&x.Repository, "repository", "", "the `name` of the repository, HOST/OWNER/NAME, or its URL")
	fl.IntVar(&x.ExitCode, "exit-code", 0, "the exit `code` of the run")
	return cmd
}
