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
all manifests under PATH (default: the current folder); --scope adds other
texts. It changes nothing else: comments, quotes, indentation and line endings
do not change.

regmigrate accounts for every mention of the old name: it rewrites the mention,
or reports the reason why it did not. With - as PATH, regmigrate reads standard
input and writes standard output: as a filter, a Helm post-renderer or a KRM
function. Without presets and rules in flags or configuration, the preset k8s
moves k8s.gcr.io and its other names to registry.k8s.io.`

const examples = `  regmigrate --dry-run .              # show the diff, write nothing
  regmigrate .                        # rewrite in place
  regmigrate --check .                # exit 1 if something is left to move: for CI
  regmigrate --dry-run . | git apply  # git apply accepts the diff
  regmigrate --rule quay.io/coreos=mirror.example/coreos deploy/
  regmigrate --renames .              # coredns:1.8.0 becomes coredns/coredns:v1.8.0
  regmigrate --map images.txt .       # move the images of a list, one OLD NEW per line
  regmigrate --rule docker.io/bitnami=mirror.example/bitnami --allow-insecure-images .
  regmigrate --rule quay.io=mirror.example/quay --override-subcharts .  # and packed sub-charts
  regmigrate -o json --dry-run . > report.json
  regmigrate --reverse report.json    # undo the change of this report
  helm template ./chart | regmigrate -`

const (
	leftLine   = "--check: a reference would move, is a likely image or must be\n     changed by hand, an entry of a kustomization lost its image,\n     or a policy that regmigrate made is outdated,\n     or with --baseline a mention is new;\n     --verify: a proof failed; --require-proof: something is unproven;\n     --require: an image does not meet the requirement"
	failedLine = "a file could not be read, verified or written; the others were processed"
)

// newRootCommand returns the root command with all subcommands. The parameter
// line holds the arguments that the user typed.
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
			return nil, cobra.ShellCompDirectiveDefault // files, in addition to the subcommands
		},
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.Args, f.Program, f.Version = line, s.ProgramPath(os.Args[0]), cmd.Version
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
			if cmd.Flags().Changed("reverse") {
				if err := checkReverse(cmd); err != nil {
					return err
				}
				return app.Reverse(cmd.Context(), s, &f, args)
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
			return fmt.Errorf("--%s %q: expected a duration, such as 30s or 2m", x.GetFlag().Name, x.GetValue())
		}
		return fmt.Errorf("%w%s\n  %s --help lists the flags", err, suggestFlag(cmd, err), cmd.CommandPath())
	})
	x := cmd.Flags()
	x.SortFlags = false
	x.BoolVarP(&f.DryRun, "dry-run", "n", false, "print a unified diff and write no file")
	addCheckFlag(cmd, &f)
	x.StringVar(&f.Baseline, "baseline", "", "`file` of accepted mentions: --check fails only for other mentions; --update-baseline writes the file")
	addReverseFlag(cmd, &f)
	x.BoolVar(&f.UpdateBaseline, "update-baseline", false, "write the current mentions to the baseline, and change no other file")
	addRuleFlags(cmd, &f)
	addFileFlags(cmd, &f)
	x.BoolVar(&f.AssumeImages, "assume-images", false, "also move likely images: short names in fields that no tool is known to read as images; reports list them apart")
	addAllowInsecureImagesFlag(cmd, &f)
	addOverrideFlags(cmd, &f)
	x.BoolVar(&f.Together, "together", false, "also scan and change related files anywhere in the repository, such as the overlays of a base: for hooks that pass single files")
	x.StringVar(&f.StdinName, "stdin-filename", "", "with -: read standard input in the format of a file with this `name`")
	x.StringVarP(&f.Output, "output", "o", "", "`format` of standard output: "+strings.Join(report.Names(), ", ")+" (default text; with --dry-run diff)")
	x.StringArrayVar(&f.Reports, "report", nil, "also write a report to a file, `FORMAT=FILE` (repeatable)")
	x.IntVarP(&f.Jobs, "jobs", "j", 0, "`number` of files processed at a time (default: the number of CPUs)")
	x.BoolVar(&f.Verify, "verify", false, "prove that charts, kustomizations, Compose files, Dockerfiles and releases are as before, except for the images; if a proof fails, write nothing and exit 1")
	x.BoolVar(&f.RequireProof, "require-proof", false, "with --verify: if something is unproven, also write nothing and exit 1")
	addRequireFlags(cmd, &f.Registry, "query registries, and change a reference only if it has this `verdict` or a better one; exit 1 if a reference does not: ")
	x.BoolVar(&f.NoRender, "no-render", false, "do not render charts to find values that form a reference; use only the names of the keys")
	addRenderTimeout(cmd, &f.Render)
	x.StringVar(&f.Bump, "bump-chart", "none", "increment this `part` of the version of changed charts: patch, minor, none; also update the README badge and artifacthub.io/changes")
	complete(cmd, "bump-chart", chart.BumpNames)
	addColorFlag(cmd, &f)
	x.BoolVarP(&f.Quiet, "quiet", "q", false, "report failures only")
	x.BoolVarP(&f.Verbose, "verbose", "v", false, "list every reference that moves, and every mention that is not changed")
	complete(cmd, "output", report.Names())
	cmd.AddCommand(
		newExplainCommand(s),
		newVerifyCommand(s),
		newImagesCommand(s),
		newInitCommand(s),
		newClusterCommand(s, &line),
		newRulesCommand(s),
		newRegistryCommand(s),
		newPolicyCommand(s, &line),
		newWebhookCommand(s, &line),
		newPRCommand(s, &line),
		newReportCommand(s),
	)
	if s.Plugin {
		asPlugin(cmd, s.ProgramName())
	}
	return cmd
}

// asPlugin makes the help of cmd and its subcommands show the name that a user
// of the kubectl plugin types.
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
