package main

import (
	"github.com/regmigrate/regmigrate/internal/app"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/spf13/cobra"
)

// newVerifyCommand returns `regmigrate verify`.
func newVerifyCommand(s session.Streams) *cobra.Command {
	var f session.Flags
	cmd := &cobra.Command{
		Use:   "verify [flags] [PATH...]",
		Short: "prove that charts and kustomizations give what they gave, from the new registry",
		Long: `verify renders every chart and builds every kustomization under PATH (default:
the current folder) twice, as it is and as the rules would leave it, and
compares: the two may differ in nothing but image references, each changed
exactly as a rule says. Nothing is written.

With --base, what is compared is the commit REV and the files as they are: a
change that has been made already. Charts and kustomizations are rendered in
child processes, without cluster and network; one that does not render, or
takes something from elsewhere, such as a remote base, is unproven. When it is
interrupted (Ctrl-C), it shows the verdicts that there are, and exits with 3.`,
		Example: `  regmigrate verify charts/
  regmigrate verify --base origin/main .  # what a pull request changes
  regmigrate verify --require-proof --set ingress.enabled=true charts/web`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return app.Verify(cmd.Context(), s, &f, args)
		},
	}
	setExits(cmd, "a proof failed; --require-proof: something is unproven", "files failed, or it was interrupted; what was proven is shown")
	addRuleFlags(cmd, &f)
	x := cmd.Flags()
	x.StringVar(&f.Base, "base", "", "compare the files as they are with the commit `REV`")
	x.BoolVar(&f.RequireProof, "require-proof", false, "exit 1 when something is unproven too")
	addRenderFlags(cmd, &f.Render)
	x.BoolVar(&f.NoRender, "no-render", false, "plan by the names of keys, and prove that")
	x.IntVarP(&f.Jobs, "jobs", "j", 0, "`number` of charts and kustomizations rendered at a time (default: one for each CPU)")
	addColorFlag(cmd, &f)
	x.BoolVarP(&f.Quiet, "quiet", "q", false, "say nothing but what failed")
	x.BoolVarP(&f.Verbose, "verbose", "v", false, "list every detail")
	return cmd
}
