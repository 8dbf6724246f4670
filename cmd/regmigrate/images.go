package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/regmigrate/regmigrate/internal/app"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/report"
)

// newImagesCommand returns `regmigrate images`.
func newImagesCommand(s session.Streams) *cobra.Command {
	var f session.Flags
	var x app.ImagesFlags
	cmd := &cobra.Command{
		Use:   "images [flags] [PATH...|-]",
		Short: "list every image reference: of files, of rendered charts, of a cluster",
		Long: `images lists every image reference under PATH (default: the current folder),
whether or not a rule touches it: from which registry, how often, where, and what
the rules make of it. With - as PATH, it lists those of the Kubernetes objects on
standard input, in JSON or YAML, of any kind and number: containers of all sorts,
image volumes, and whatever else spells an image out.

A value is listed where its field is an image, where its key says so, and
anywhere when it spells out a host and a tag or digest, or a host that is known
to serve images. Docker Hub's short forms are listed under docker.io. With
--render, what charts and kustomizations print is listed too, which templates and
layers put together.`,
		Example: `  regmigrate images .                       # by registry, with what moves
  regmigrate images --old-only -o plain . | xargs -n1 crane digest
  kubectl get pods -A -o json | regmigrate images -
  kubectl get pods -A -o json | regmigrate images --check -   # exit 1 while something runs from an old registry
  regmigrate images --render -o csv charts/ > images.csv`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := refuseEmpty(cmd); err != nil {
				return err
			}
			if len(args) == 0 && s.Plugin {
				return errors.New("images: expected - for what kubectl prints, or a PATH\n  for example: kubectl get pods -A -o json | kubectl regmigrate images -")
			}
			return app.Images(cmd.Context(), s, &f, &x, args)
		},
	}
	setExits(cmd, "--check: an image comes from a registry that a rule moves", "something could not be read; the rest was listed")
	addRuleFlags(cmd, &f)
	fl := cmd.Flags()
	fl.StringVarP(&f.Output, "output", "o", "table", "`format` of standard output: "+strings.Join(report.InventoryNames(), ", "))
	complete(cmd, "output", report.InventoryNames())
	fl.BoolVar(&x.OldOnly, "old-only", false, "list only what a rule moves")
	fl.BoolVar(&x.Check, "check", false, "exit 1 when an image comes from a registry that a rule moves")
	fl.BoolVar(&x.Render, "render", false, "list what charts and kustomizations print too")
	addRenderFlags(cmd, &f.Render)
	fl.StringArrayVar(&f.Include, "include", nil, "look only at files that match the `glob` (repeatable)")
	fl.StringArrayVar(&f.Exclude, "exclude", nil, "leave out files and folders that match the `glob` (repeatable)")
	fl.BoolVar(&f.NoIgnore, "no-ignore", false, "look also at what git ignores, and at vendor and node_modules")
	fl.IntVarP(&f.Jobs, "jobs", "j", 0, "`number` of files worked on at a time (default: one for each CPU)")
	addColorFlag(cmd, &f)
	fl.BoolVarP(&f.Quiet, "quiet", "q", false, "show no table, and say nothing but what failed: with --check, the exit code is the answer")
	return cmd
}
