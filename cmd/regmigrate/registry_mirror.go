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
		Short: "copy the images that the files use to your registry",
		Long: `mirror copies to REGISTRY all images that the files under PATH (default: the
current folder) use. If a rule moves an image, mirror reads the image from the new
registry, or from the old one if the new one does not have it. With --render, it
also copies images that charts and kustomizations render. With - as PATH, it reads
the same input as regmigrate registry check, such as the output of regmigrate
images -o json.

mirror copies all platforms of an image, and the signatures, attestations and
other artifacts that belong to it (by the tags of cosign and by OCI referrers). It
does not send content that the target already has: after an interruption, run the
same command again.

An image keeps its path: registry.k8s.io/pause:3.9 becomes REGISTRY/PATH/pause:3.9.
If a tag on the target has another image, mirror replaces the tag and reports both
digests. At the end, mirror prints the rules that change the files to use the
mirror.`,
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
	setExits(cmd, "", "an image could not be copied, or an input could not be read; run the same\n     command again to continue")
	x := cmd.Flags()
	x.StringVar(&m.To, "to", "", "target of the copies, `REGISTRY[/PATH]`")
	x.StringArrayVar(&m.From, "from", nil, "copy only images of this `registry` (repeatable)")
	x.BoolVar(&m.WithHost, "with-host", false, "add the registry host before the path of each image, so that images of several registries do not collide")
	x.BoolVarP(&m.DryRun, "dry-run", "n", false, "make no network requests and copy nothing; print crane copy commands, which copy the images without referrers and signatures")
	x.BoolVar(&m.Sizes, "sizes", false, "with --dry-run: query registries, and print the amount of data to send")
	addRuleFlags(cmd, &f)
	addFileFlags(cmd, &f)
	x.BoolVar(&f.RenderAll, "render", false, "also copy images that charts and kustomizations render")
	addRenderFlags(cmd, &f.Render)
	x.IntVarP(&f.Registry.Jobs, "jobs", "j", 4, "`number` of images copied at a time")
	addColorFlag(cmd, &f)
	x.BoolVarP(&f.Quiet, "quiet", "q", false, "report failures only")
	x.BoolVarP(&f.Verbose, "verbose", "v", false, "list every image")
	return cmd
}
