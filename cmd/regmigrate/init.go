package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/regmigrate/regmigrate/internal/app"
	"github.com/regmigrate/regmigrate/internal/app/scaffold"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// newInitCommand returns `regmigrate init`.
func newInitCommand(s session.Streams) *cobra.Command {
	var x app.InitFlags
	cmd := &cobra.Command{
		Use:   "init [flags] [PATH]",
		Short: "write a configuration, a job for CI and a hook for a repository",
		Long: `init lists the images of the repository that contains PATH (default: the current
folder), and writes these files to the root of the repository:

  - .regmigrate.yaml: the presets that move an image of the repository (k8s, if
    none does), and comments for other settings. A preset about which a person
    must decide is a comment.
  - A job that fails if a reference to an old registry is left, for GitHub,
    GitLab, Azure Pipelines, Bitbucket, Jenkins, Gitea or Forgejo. The remote
    origin, or the files of the repository, show which of them it is. On GitLab,
    include the file in .gitlab-ci.yml. If a bitbucket-pipelines.yml or a
    Jenkinsfile exists without this job, init prints what to add to it; --force
    does not replace it.
  - An entry in .pre-commit-config.yaml, if the repository has this file, or with
    --hook pre-commit. If repos is not the last key, init prints the entry.

init moves no reference, asks no questions, and uses no network. It changes no
file that exists, except for the entry that it adds to .pre-commit-config.yaml.`,
		Example: `  regmigrate init
  regmigrate init --dry-run                   # print the files, write nothing
  regmigrate init --preset k8s --preset istio
  regmigrate init --rule quay.io/coreos=mirror.example/coreos --ci gitlab --hook pre-commit`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return fmt.Errorf("init: expected at most one PATH, got %d", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := refuseEmpty(cmd); err != nil {
				return err
			}
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			return app.Init(cmd.Context(), s, &x, dir)
		},
	}
	setExits(cmd, "", "a file could not be read or written")
	fl := cmd.Flags()
	fl.SortFlags = false
	fl.BoolVarP(&x.DryRun, "dry-run", "n", false, "print the files and write nothing")
	fl.StringArrayVar(&x.Presets, "preset", nil, "use the rules of this `preset` (repeatable): "+strings.Join(rules.PresetUsages(), ", ")+" (default: those that move an image)")
	complete(cmd, "preset", presetNames())
	fl.StringArrayVar(&x.Rules, "rule", nil, "use the rule `FROM=TO`: replace the prefix FROM with TO (repeatable)")
	cis := append([]string{"auto", "none"}, scaffold.CINames()...)
	fl.StringVar(&x.CI, "ci", "auto", "write the job for this CI `system`: "+strings.Join(cis, ", "))
	complete(cmd, "ci", cis)
	hooks := []string{"auto", "none", "pre-commit"}
	fl.StringVar(&x.Hook, "hook", "auto", "add the `hook`: auto (if .pre-commit-config.yaml exists), none, pre-commit")
	complete(cmd, "hook", hooks)
	fl.BoolVar(&x.Force, "force", false, "replace files that exist, except a bitbucket-pipelines.yml and a Jenkinsfile")
	fl.BoolVar(&x.NoIgnore, "no-ignore", false, "also scan files that git ignores, and vendor and node_modules")
	fl.BoolVarP(&x.Quiet, "quiet", "q", false, "report failures only")
	return cmd
}
