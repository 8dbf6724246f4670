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
from standard input: the output of regmigrate images -o json or regmigrate -o
json, objects of a cluster as JSON, lines OLD NEW, or one reference per line. If
a line has one reference, check applies the rules to it.

Some references have no tag in their own file: the tag is the appVersion of the
chart, or it is in the base of the kustomization. check renders these charts and
kustomizations to find the tag. With --render, it queries all references that
charts and kustomizations render.

  same         both references exist, with the same digest
  exists       the new reference exists; the old registry does not answer or does
               not have the image
  different    both references exist, with different digests; the platforms are listed
  missing      the new registry does not have the image
  unreachable  the new registry does not answer
  skipped      the reference cannot be queried; the reason is listed

Responses of registries are cached for the time of --cache-ttl.

--suggest FILE lists the tags of the repositories of missing images, and writes
those that are near to FILE, as lines OLD NEW for --map. Read the file before you
use it: a line is active if only a leading v of the tag differs and the digest is
that of the old image; all others are comments.`,
		Example: `  regmigrate registry check .
  regmigrate registry check --require same .        # exit 1 if a verdict is not "same"
  regmigrate registry check --suggest near.txt .    # read near.txt; then: regmigrate --preset k8s --map near.txt .
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
	x.StringVar(&f.Registry.Require, "require", "", "exit 1 if a reference does not have this `verdict` or a better one: "+strings.Join(session.Requirements(), ", "))
	complete(cmd, "require", session.Requirements())
	addCacheFlags(cmd, &f.Registry)
	x.DurationVar(&f.Registry.Timeout, "timeout", 0, "time limit for one reference (default 1m)")
	x.IntVarP(&f.Registry.Jobs, "jobs", "j", 0, "`number` of references queried at a time (default 8)")
	x.BoolVar(&f.Registry.All, "all", false, "also check references that no rule moves")
	x.StringVar(&f.Registry.Suggest, "suggest", "", "write the nearest existing tags of missing images to this `file`, for --map")
	addFileFlags(cmd, &f)
	x.BoolVar(&f.RenderAll, "render", false, "also check references that charts and kustomizations render")
	addRenderFlags(cmd, &f.Render)
	x.StringVarP(&f.Output, "output", "o", "text", "`format` of standard output: text, json")
	complete(cmd, "output", []string{"text", "json"})
	addColorFlag(cmd, &f)
	x.BoolVarP(&f.Quiet, "quiet", "q", false, "report problems only")
	x.BoolVarP(&f.Verbose, "verbose", "v", false, "also list the references with the verdict same")
	return cmd
}
