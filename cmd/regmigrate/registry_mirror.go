package main

import (
	"github.com/regmigrate/regmigrate/internal/app"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/spf13/cobra"
)

// newMirrorCommand returns `regmigrate registry mirror`.
func newMirrorCommand(s session.Streams) *cobra.Command {
	var f session.Flags
	var m app.MirrorFlags
	cmd := &cobra.Command{
		Use:   "mirror [flags] --to REGISTRY[/PATH] [PATH...|-]",
		Short: "copy the images that the files need to a registry of yours",
		Long: `mirror copies every image that is named under PATH (default: the current folder),
or in what is piped in, from where the rules move it to, or else from where it is:
with --render, all that charts and kustomizations print too. With - it takes what
regmigrate registry check takes, such as the inventory that regmigrate images made.
Indexes are copied with all platforms, and with them signatures, attestations and
other artifacts, by the tags of cosign and by OCI referrers. What the target has is
not sent again: a run that was killed goes on where it was.

An image keeps its path: registry.k8s.io/pause:3.9 becomes REGISTRY/PATH/pause:3.9.
When it is done, the rule is printed that points the files at the mirror.`,
		Example: `  regmigrate registry mirror --to harbor.corp.example/k8s .
  regmigrate registry mirror --to harbor.corp.example/k8s --render --dry-run . | sh    # with crane
  regmigrate images --render -o json . | regmigrate registry mirror --to harbor.corp.example/k8s -
  kubectl get pods -A -o json | regmigrate registry mirror --to harbor.corp.example --with-host -`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := refuseEmpty(cmd); err != nil {
				return err
			}
			return app.Mirror(cmd.Context(), s, &f, &m, args)
		},
	}
	setExits(cmd, "", "an image could not be copied, or something not be read; the same command\n     goes on where it was")
	x := cmd.Flags()
	x.StringVar(&m.To, "to", "", "`REGISTRY[/PATH]` that the images are copied to")
	x.StringArrayVar(&m.From, "from", nil, "copy only what comes from this `registry` (repeatable)")
	x.BoolVar(&m.WithHost, "with-host", false, "put the name of the registry before the path of each image, so that those of several do not meet")
	x.BoolVarP(&m.DryRun, "dry-run", "n", false, "ask nobody and copy nothing: print crane copy commands that do about the same")
	x.BoolVar(&m.Sizes, "sizes", false, "with --dry-run: ask registries how much there is to send")
	addRuleFlags(cmd, &f)
	addFileFlags(cmd, &f)
	x.BoolVar(&f.RenderAll, "render", false, "copy all that charts and kustomizations print too")
	addRenderFlags(cmd, &f.Render)
	x.IntVarP(&f.Registry.Jobs, "jobs", "j", 4, "`number` of images copied at a time")
	addColorFlag(cmd, &f)
	x.BoolVarP(&f.Quiet, "quiet", "q", false, "say nothing but what failed")
	x.BoolVarP(&f.Verbose, "verbose", "v", false, "list every image")
	return cmd
}
