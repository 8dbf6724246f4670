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
		Short: "check that every new reference exists, with the digest of the old one",
		Long: `check queries registries for every reference under PATH (default: the current
folder) that a rule moves. It writes no file. With - as PATH, it reads references
from standard input: the JSON of regmigrate images or of regmigrate -o json,
objects of a cluster, lines OLD NEW, or one reference per line, to which it
applies the rules.

Some names have their tag elsewhere: in the appVersion of a chart, or in the base
of a kustomization. check renders these charts and kustomizations to complete the
names. With --render, it queries all references that charts and kustomizations
render. References that remain incomplete are skipped; the reason is listed.

  same         both references exist, with the same digest
  exists       the new reference exists; the old registry does not answer or does
               not have the image
  different    both references exist, with different digests; the platforms are listed
  missing      the new registry does not have the image
  unreachable  the new registry does not answer
  skipped      not queried: the reference has a variable, or its tag is not known

Responses of registries are cached for --cache-ttl.`,
		Example: `  regmigrate registry check .
  regmigrate registry check --require same .        # exit 1 unless all are the same
  regmigrate images --render -o json . | regmigrate registry check -
  kubectl get pods -A -o json | regmigrate registry check -`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := refuseEmpty(cmd); err != nil {
				return err
			}
			return app.CheckImages(cmd.Context(), s, &f, args)
		},
	}
	setExits(cmd, "--require: an image does not meet the requirement", "an input could not be read, or the command was interrupted")
	addRuleFlags(cmd, &f)
	x := cmd.Flags()
	x.StringVar(&f.Registry.Require, "require", "", "exit 1 unless every reference has this `verdict` at least: "+strings.Join(session.Requirements(), ", "))
	complete(cmd, "require", session.Requirements())
	addCacheFlags(cmd, &f.Registry)
	x.DurationVar(&f.Registry.Timeout, "timeout", 0, "time limit for one reference (default 1m)")
	x.IntVarP(&f.Registry.Jobs, "jobs", "j", 0, "`number` of references queried at a time (default 8)")
	x.BoolVar(&f.Registry.All, "all", false, "also check references that no rule moves")
	addFileFlags(cmd, &f)
	x.BoolVar(&f.RenderAll, "render", false, "also check references that charts and kustomizations render")
	addRenderFlags(cmd, &f.Render)
	x.StringVarP(&f.Output, "output", "o", "text", "`format` of standard output: text, json")
	complete(cmd, "output", []string{"text", "json"})
	addColorFlag(cmd, &f)
	x.BoolVarP(&f.Quiet, "quiet", "q", false, "report problems only")
	x.BoolVarP(&f.Verbose, "verbose", "v", false, "list every reference, including same ones")
	return cmd
}
