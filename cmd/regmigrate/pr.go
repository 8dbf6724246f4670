package main

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/regmigrate/regmigrate/internal/app"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/link/chart"
)

// prExits is what the exit codes of pr mean.
const prExits = `  0  opened, updated, closed, or nothing to do
  1  a proof failed, or --require-proof and something is unproven;
     nothing was pushed
  2  wrong usage or configuration, changes in no commit, no token;
     nothing was done
  3  git, the remote or the forge failed, or a file could not be read or
     verified; run again, and it goes on where it stopped
`

// newPRCommand returns `regmigrate pr`.
func newPRCommand(s session.Streams, line *[]string) *cobra.Command {
	var f session.Flags
	var p app.PullRequestFlags
	cmd := &cobra.Command{
		Use:   "pr [flags] [PATH...]",
		Short: "open a pull request with the change and its proof, or update the one that is open",
		Long: `pr makes the change on a branch of its own, pushes it and opens a pull request
whose text holds the references that move, the proof, what stays and what is
left to do by hand. It prints the address of the pull request.

The change is made of the base branch as it is on the remote, PATH included
(default: the current folder). Your work tree, branch and index stay as they
are; changes that are in no commit are refused, since the pull request would not
have them. Run again, it updates the pull request that it opened before, and
closes it and deletes the branch once nothing is left to move. It overwrites a
branch only if all commits on it are its own.

Charts and kustomizations are rendered before and after, as verify does it; if a
proof fails, nothing is pushed.

The token is read from REGMIGRATE_TOKEN; for github.com, *.ghe.com and the server
that runs a workflow also from GH_TOKEN or GITHUB_TOKEN; for other hosts from
GH_ENTERPRISE_TOKEN or GITHUB_ENTERPRISE_TOKEN. It needs the permissions
"contents: write" and "pull requests: write", and "workflows: write" to change
files in .github/workflows. Remotes over ssh are pushed to with your key.`,
		Example: `  regmigrate pr
  regmigrate pr --dry-run                       # what it would do, and the text
  regmigrate pr --label registry --reviewer ann --team platform --draft charts/
  regmigrate pr --commit-per chart --bump-chart patch --signoff
  regmigrate pr --author 'Bot <bot@example.com>' --trailer 'Refs: OPS-12'
  regmigrate pr --remote upstream --push-remote origin     # from a fork
  regmigrate pr --api-url https://gitea.example/api/v1     # Gitea`,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.Args = *line
			if err := refuseEmpty(cmd); err != nil {
				return err
			}
			if err := checkRequire(cmd, &f.Registry); err != nil {
				return err
			}
			return app.PullRequest(cmd.Context(), s, &f, &p, args)
		},
	}
	setExitLines(cmd, prExits)
	x := cmd.Flags()
	x.SortFlags = false
	x.BoolVarP(&f.DryRun, "dry-run", "n", false, "say what would be done, and print the text of the pull request; push and send nothing")
	x.StringVar(&p.To.Remote, "remote", "origin", "the `name` of the remote that gets the pull request")
	x.StringVar(&p.To.PushRemote, "push-remote", "", "the `name` of the remote to push to, a fork (default: that of --remote)")
	x.StringVar(&p.To.Base, "base", "", "the `branch` to change (default: the default branch of the remote)")
	x.StringVar(&p.To.Branch, "branch", "", "the `branch` that carries the change (default: regmigrate/ and the presets)")
	x.StringVar(&p.Title, "title", "", "title of the pull request and of the commit (default: where images move to)")
	x.StringVarP(&p.Message, "message", "m", "", "message of the commit (default: the title and what moves)")
	x.StringVar(&p.CommitPer, "commit-per", "change", "one commit for each `thing`: change, chart")
	x.StringVar(&p.To.Author, "author", "", "author of commits, `\"Name <address>\"` (default: as git has it)")
	x.StringVar(&p.To.Committer, "committer", "", "committer, `\"Name <address>\"` (default: as git has it, or the author)")
	x.BoolVar(&p.To.SignOff, "signoff", false, "add Signed-off-by, with the committer")
	x.StringArrayVar(&p.To.Trailers, "trailer", nil, "a `\"Key: value\"` at the end of commit messages (repeatable)")
	x.StringSliceVar(&p.To.Labels, "label", nil, "`labels` of the pull request")
	x.StringSliceVar(&p.To.Reviewers, "reviewer", nil, "`users` to ask for a review")
	x.StringSliceVar(&p.To.Teams, "team", nil, "`teams` to ask for a review, by their short names")
	x.StringSliceVar(&p.To.Assignees, "assignee", nil, "`users` to assign")
	x.BoolVar(&p.To.Draft, "draft", false, "open it as a draft")
	x.StringVar(&p.To.Repo, "repo", "", "`OWNER/NAME` (default: what the remote's address says)")
	x.StringVar(&p.To.APIURL, "api-url", "", "the `URL` of the forge's interface (default: GitHub's or GitHub Enterprise's of the remote's host)")
	x.DurationVar(&p.To.MaxWait, "max-wait", time.Minute, "how long to wait at most when the forge asks to")
	x.BoolVar(&p.Json, "json", false, "print what was done as JSON, for programs (schema/pr.schema.json)")
	x.StringArrayVar(&f.Reports, "report", nil, "write a further report, `FORMAT=FILE` (repeatable)")
	addRuleFlags(cmd, &f)
	x.StringArrayVar(&f.Include, "include", nil, "look only at files that match the `glob` (repeatable)")
	x.StringArrayVar(&f.Exclude, "exclude", nil, "leave out files and folders that match the `glob` (repeatable)")
	x.StringVar(&f.Bump, "bump-chart", "none", "raise this `part` of the version of charts that change: patch, minor, none")
	x.BoolVar(&p.NoVerify, "no-verify", false, "do not render before and after")
	x.BoolVar(&f.RequireProof, "require-proof", false, "push nothing when something is unproven")
	addRequireFlags(cmd, &f.Registry)
	addRenderFlags(cmd, &f.Render)
	x.BoolVar(&f.NoRender, "no-render", false, "do not render charts to see which values make up a reference; go by the names of keys")
	x.IntVarP(&f.Jobs, "jobs", "j", 0, "`number` of files worked on at a time (default: one for each CPU)")
	addColorFlag(cmd, &f)
	x.BoolVarP(&f.Quiet, "quiet", "q", false, "say nothing but what failed")
	complete(cmd, "commit-per", []string{"change", "chart"})
	complete(cmd, "bump-chart", chart.BumpNames)
	return cmd
}
