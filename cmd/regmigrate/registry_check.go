package main

import (
	"strings"

	"github.com/regmigrate/regmigrate/internal/app"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/spf13/cobra"
)

// newCheckCommand returns `regmigrate registry check`.
func newCheckCommand(s session.Streams) *cobra.Command {
	var f session.Flags
	cmd := &cobra.Command{
		Use:   "check [flags] [PATH...|-]",
		Short: "does every new reference exist, with the digest of the old one",
		Long: `check asks registries about every reference under PATH (default: the current
folder) that the rules would move, and writes nothing. With - it reads them from
standard input: the JSON of regmigrate images or of regmigrate -o json, objects of a
cluster, lines OLD NEW, or one reference a line, of which the rules say what becomes
of it.

A name whose tag stands elsewhere, in the version of its chart or the base of its
kustomization, is asked about as these print it; with --render, all is that they
print. What nobody puts together is skipped, and why.

  same         both exist, with the same digest
  exists       the new one exists; the old registry does not answer, or does not have it
  different    both exist, with different digests: for which platforms is said
  missing      the new registry does not have it
  unreachable  the new registry does not answer, so that nobody knows
  skipped      nobody was asked: it has a variable in it, or its tag is not known

What registries say is remembered for --cache-ttl.`,
		Example: `  regmigrate registry check .
  regmigrate registry check --require same .        # exit 1 unless all are
  regmigrate images --render -o json . | regmigrate registry check -
  kubectl get pods -A -o json | regmigrate registry check -`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := refuseEmpty(cmd); err != nil {
				return err
			}
			return app.CheckImages(cmd.Context(), s, &f, args)
		},
	}
	setExits(cmd, "--require: an image is not as required", "something could not be read, or it was interrupted")
	addRuleFlags(cmd, &f)
	x := cmd.Flags()
	x.StringVar(&f.Registry.Require, "require", "", "exit 1 unless every reference has this `verdict` at least: "+strings.Join(session.Requirements(), ", "))
	complete(cmd, "require", session.Requirements())
	addCacheFlags(cmd, &f.Registry)
	x.DurationVar(&f.Registry.Timeout, "timeout", 0, "how long one reference may take (default 1m)")
	x.IntVarP(&f.Registry.Jobs, "jobs", "j", 0, "`number` of references asked about at a time (default 8)")
	x.BoolVar(&f.Registry.All, "all", false, "ask also whether the references exist that no rule moves")
	addFileFlags(cmd, &f)
	x.BoolVar(&f.RenderAll, "render", false, "ask about all that charts and kustomizations print too")
	addRenderFlags(cmd, &f.Render)
	x.StringVarP(&f.Output, "output", "o", "text", "`format` of standard output: text, json")
	complete(cmd, "output", []string{"text", "json"})
	addColorFlag(cmd, &f)
	x.BoolVarP(&f.Quiet, "quiet", "q", false, "say nothing but what is not as it should be")
	x.BoolVarP(&f.Verbose, "verbose", "v", false, "list every reference, also those that are the same")
	return cmd
}
