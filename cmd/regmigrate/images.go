package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/regmigrate/regmigrate/internal/app"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/report"
)

// newImagesCommand returns `regmigrate images`.
func newImagesCommand(s session.Streams) *cobra.Command {
	var f session.Flags
	var x app.ImagesFlags
	cmd := &cobra.Command{
		Use:   "images [flags] [PATH...|-]",
		Short: "list image references: of files, of rendered charts, of a cluster",
		Long: `images lists every image reference under PATH (default: the current folder),
with or without a matching rule. It prints the registry, the number of uses, the
places and the new reference. With - as PATH, it reads Kubernetes objects of any
kind from standard input, as JSON or YAML, and lists their images.

It lists a value in any of these cases:

  - the field is an image field, or its key names an image;
  - the value contains a registry host and a tag or digest;
  - the value contains the host of a known registry, such as quay.io.

Helm charts, packages of Crossplane and other artifacts in registries are listed
with their kind; --kind selects kinds. Short names of Docker Hub are listed under
docker.io. With --render, references that charts and kustomizations render are
listed too.`,
		Example: `  regmigrate images .                       # by registry, with the new names
  regmigrate images --old-only -o plain . | xargs -n1 crane digest
  kubectl get pods -A -o json | regmigrate images -
  kubectl get pods -A -o json | regmigrate images --check -   # exit 1 if a rule moves an image
  regmigrate images --kind chart .           # Helm charts in registries
  regmigrate images --render -o csv charts/ > images.csv`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := refuseEmpty(cmd); err != nil {
				return err
			}
			if len(args) == 0 && s.Plugin {
				return errors.New("images: expected - to read the output of kubectl, or a PATH\n  for example: kubectl get pods -A -o json | kubectl regmigrate images -")
			}
			f.Version = version()
			return app.Images(cmd.Context(), s, &f, &x, args)
		},
	}
	setExits(cmd, "--check: a rule moves an image", "an input could not be read; the rest was listed")
	addRuleFlags(cmd, &f)
	fl := cmd.Flags()
	fl.StringVarP(&f.Output, "output", "o", "table", "`format` of standard output: "+strings.Join(report.InventoryNames(), ", "))
	complete(cmd, "output", report.InventoryNames())
	fl.StringSliceVar(&x.Kinds, "kind", nil, "list only references of the `kinds`, separated by commas: "+strings.Join(format.KindNames, ", "))
	complete(cmd, "kind", format.KindNames)
	fl.BoolVar(&x.OldOnly, "old-only", false, "list only images that a rule moves")
	fl.BoolVar(&x.Check, "check", false, "exit 1 if a rule moves an image")
	fl.BoolVar(&x.Render, "render", false, "also list references that charts and kustomizations render")
	addRenderFlags(cmd, &f.Render)
	fl.StringArrayVar(&f.Include, "include", nil, "scan only files that match the `glob` (repeatable)")
	fl.StringArrayVar(&f.Exclude, "exclude", nil, "do not scan files and folders that match the `glob` (repeatable)")
	fl.BoolVar(&f.NoIgnore, "no-ignore", false, "also scan files that git ignores, and vendor and node_modules")
	fl.IntVarP(&f.Jobs, "jobs", "j", 0, "`number` of files processed at a time (default: the number of CPUs)")
	addColorFlag(cmd, &f)
	fl.BoolVarP(&f.Quiet, "quiet", "q", false, "report failures only, and print no table: for scripts that use the exit code of --check")
	return cmd
}
