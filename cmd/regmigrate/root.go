package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/regmigrate/regmigrate/internal/app"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/link/chart"
	"github.com/regmigrate/regmigrate/pkg/report"
)

const long = `regmigrate moves container image references from one registry to another, in
every file under PATH (default: the current folder), and changes nothing else:
comments, quotes, indentation and line endings stay as they are.

Every appearance of the old name is accounted for: it is rewritten, or kept for
a reason that the summary names. With - as PATH, standard input goes to standard
output: as a filter, a Helm post-renderer, a KRM function. Without rules of your
own, the preset k8s moves k8s.gcr.io and its other names to registry.k8s.io.`

const examples = `  regmigrate --dry-run .              # show the diff, write nothing
  regmigrate .                        # rewrite in place
  regmigrate --check .                # exit 1 while something is left: for CI
  regmigrate --dry-run . | git apply  # the diff is one that git takes
  regmigrate --rule quay.io/coreos=mirror.example/coreos deploy/
  regmigrate -o json --dry-run . > report.json
  helm template ./chart | regmigrate -`

const (
	leftLine   = "--check: something is left to rewrite, or with --baseline new;\n     --verify: a proof failed; --require: an image is not as required"
	failedLine = "a file could not be read, verified or written; the others were done"
)

// newRootCommand returns the whole command line; line is what the user typed.
func newRootCommand(s session.Streams, line []string) *cobra.Command {
	var f session.Flags
	cmd := &cobra.Command{
		Use:     "regmigrate [flags] [PATH...|-]",
		Short:   "move container image references from one registry to another",
		Long:    long,
		Example: examples,
		Version: version(),
		Args:    cobra.ArbitraryArgs,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveDefault // files, beside the subcommands
		},
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.Args, f.Program = line, s.ProgramPath(os.Args[0])
			if f.Together {
				f.Args = app.CommandForFolder(line, args)
			}
			if err := refuseEmpty(cmd); err != nil {
				return err
			}
			if err := checkRequire(cmd, &f.Registry); err != nil {
				return err
			}
			if err := refuseMistyped(cmd, args); err != nil {
				return err
			}
			return app.Rewrite(cmd.Context(), s, &f, args)
		},
	}
	cmd.SetIn(s.In)
	cmd.SetOut(s.Out)
	cmd.SetErr(s.Err)
	cmd.SetVersionTemplate("regmigrate {{.Version}}\n")
	setUsage(cmd, session.Columns(s.Out))
	setExits(cmd, leftLine, failedLine)
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if x := (*pflag.InvalidValueError)(nil); errors.As(err, &x) && x.GetFlag().Value.Type() == "int" {
			return fmt.Errorf("--%s %q: expected a number", x.GetFlag().Name, x.GetValue())
		}
		if x := (*pflag.InvalidValueError)(nil); errors.As(err, &x) && x.GetFlag().Value.Type() == "duration" {
			return fmt.Errorf("--%s %q: expected a time such as 30s or 2m", x.GetFlag().Name, x.GetValue())
		}
		return fmt.Errorf("%w%s\n  %s --help lists the flags", err, suggestFlag(cmd, err), cmd.CommandPath())
	})
	x := cmd.Flags()
	x.SortFlags = false
	x.BoolVarP(&f.DryRun, "dry-run", "n", false, "print a unified diff, write nothing")
	x.BoolVar(&f.Check, "check", false, "write nothing; exit 1 while something is left to rewrite")
	x.StringVar(&f.Baseline, "baseline", "", "with --check: the `file` of mentions that are accepted; exit 1 for others only, whether they would move or stay")
	x.BoolVar(&f.UpdateBaseline, "update-baseline", false, "write the baseline anew, so that it accepts what is there now, and nothing else")
	addRuleFlags(cmd, &f)
	addFileFlags(cmd, &f)
	x.BoolVar(&f.Together, "together", false, "take along what moves together with the files named by PATH, wherever it lies: for hooks that pass single files")
	x.StringVar(&f.StdinName, "stdin-filename", "", "with -: the `name` that tells the format of standard input")
	x.StringVarP(&f.Output, "output", "o", "", "`format` of standard output: "+strings.Join(report.Names(), ", ")+" (default text; with --dry-run diff)")
	x.StringArrayVar(&f.Reports, "report", nil, "write a further report, `FORMAT=FILE` (repeatable)")
	x.IntVarP(&f.Jobs, "jobs", "j", 0, "`number` of files worked on at a time (default: one for each CPU)")
	x.BoolVar(&f.Verify, "verify", false, "prove that charts and kustomizations give what they gave; when that fails, nothing is written and the exit code is 1")
	x.BoolVar(&f.RequireProof, "require-proof", false, "with --verify: the same when something is unproven")
	addRequireFlags(cmd, &f.Registry)
	x.BoolVar(&f.NoRender, "no-render", false, "do not render charts to see which values make up a reference; go by the names of keys")
	addRenderTimeout(cmd, &f.Render)
	x.StringVar(&f.Bump, "bump-chart", "none", "raise this `part` of the version of charts that change: patch, minor, none; their badge and list of changes follow")
	complete(cmd, "bump-chart", chart.BumpNames)
	addColorFlag(cmd, &f)
	x.BoolVarP(&f.Quiet, "quiet", "q", false, "say nothing but what failed")
	x.BoolVarP(&f.Verbose, "verbose", "v", false, "list every reference that moves and every mention that stays")
	complete(cmd, "output", report.Names())
	cmd.AddCommand(
		newExplainCommand(s),
		newVerifyCommand(s),
		newImagesCommand(s),
		newRulesCommand(s),
		newRegistryCommand(s),
		newPRCommand(s, &line),
	)
	if s.Plugin {
		asPlugin(cmd, s.ProgramName())
	}
	return cmd
}

// asPlugin lets the help of cmd and its subcommands show what a user of a
// plugin types.
func asPlugin(cmd *cobra.Command, name string) {
	cmd.Annotations[cobra.CommandDisplayNameAnnotation] = name
	word := regexp.MustCompile(`(^|[^/.\w] *)regmigrate `)
	var each func(c *cobra.Command)
	each = func(c *cobra.Command) {
		c.Example = word.ReplaceAllString(c.Example, "${1}"+name+" ")
		for _, sub := range c.Commands() {
			each(sub)
		}
	}
	each(cmd)
}
