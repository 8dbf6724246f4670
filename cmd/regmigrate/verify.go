package main

import (
	"errors"

	"github.com/regmigrate/regmigrate/internal/app"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/spf13/cobra"
)

// newVerifyCommand returns `regmigrate verify`.
func newVerifyCommand(s session.Streams) *cobra.Command {
	var f session.Flags
	cmd := &cobra.Command{
		Use:   "verify [flags] [PATH...]",
		Short: "prove that charts, kustomizations, Compose files, Dockerfiles and releases are as before, except for the images",
		Long: `verify renders every chart, builds every kustomization, and reads every Compose file
and Dockerfile under PATH (default: the current folder) before and after the change
that the rules would make, and compares the results. They may differ only in image
references, and only as the rules require. verify writes no file.

It also renders charts of the repository with the values of each release (HelmRelease
of Flux, Application of Argo CD) that the change concerns. A release is unproven if
it is not known what reaches the cluster: docs/proof.md lists the reasons.

With --base, verify compares the commit REV with the current files: use it for a
change that was already made. Charts and kustomizations are rendered in child
processes, without a cluster or network access. A chart that does not render, a
kustomization or a Compose file that needs a remote resource, and a Dockerfile whose
image needs a build argument are unproven. If interrupted (Ctrl-C), verify prints the
verdicts so far and exits with 3.

With --helm PROGRAM, your own helm renders the charts, in an empty environment:
without plugins, configuration, cluster and network. Only this flag names the
program; a configuration cannot. It does not render releases. Charts that exceed a limit of the library, and
those whose values schemas refer to other documents, do not reach it.`,
		Example: `  regmigrate verify charts/
  regmigrate verify --base origin/main .  # proves the change of a pull request
  regmigrate verify --helm helm charts/   # also charts that need a newer helm
  regmigrate verify --require-proof --set ingress.enabled=true charts/web`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("helm") && f.Helm == "" {
				return errors.New("--helm: expected a program, got an empty name")
			}
			f.Version = cmd.Root().Version
			return app.Verify(cmd.Context(), s, &f, args)
		},
	}
	setExits(cmd, "a proof failed, or with --require-proof something is unproven", "a file could not be read or verified, or the command was interrupted;\n     the verdicts so far are shown")
	addRuleFlags(cmd, &f)
	addAllowInsecureImagesFlag(cmd, &f)
	addOverrideFlags(cmd, &f)
	x := cmd.Flags()
	x.StringVar(&f.Base, "base", "", "compare the commit `REV` with the current files")
	x.BoolVar(&f.RequireProof, "require-proof", false, "also exit 1 if something is unproven")
	x.StringVar(&f.Helm, "helm", "", "prove charts with this `program`, your helm 3 or newer, instead of the library of Helm 3")
	addRenderFlags(cmd, &f.Render)
	x.BoolVar(&f.NoRender, "no-render", false, "do not render charts to find values that form a reference; use only the names of the keys (the proof still renders)")
	x.IntVarP(&f.Jobs, "jobs", "j", 0, "`number` of charts, kustomizations and files compared at a time (default: the number of CPUs)")
	addColorFlag(cmd, &f)
	x.BoolVarP(&f.Quiet, "quiet", "q", false, "report failures only")
	x.BoolVarP(&f.Verbose, "verbose", "v", false, "list everything that was compared, with all details")
	return cmd
}
