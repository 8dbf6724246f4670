package main

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/regmigrate/regmigrate/internal/app"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/link/chart"
	"github.com/regmigrate/regmigrate/pkg/pullrequest"
)

// prExits describes the exit codes of pr.
const prExits = `  0  opened, updated, closed, or nothing to do
  1  a proof failed, or with --require-proof something is unproven;
     nothing was pushed
  2  wrong usage or configuration, uncommitted changes, or no token;
     nothing was done
  3  git, the remote or the forge failed, or a file could not be read or
     verified; the next run continues where this one stopped
`

// newPRCommand returns `regmigrate pr`.
func newPRCommand(s session.Streams, line *[]string) *cobra.Command {
	var f session.Flags
	var p app.PullRequestFlags
	cmd := &cobra.Command{
		Use:   "pr [flags] [PATH...]",
		Short: "open a pull request with the change and its proof, or update the open one",
		Long: `pr commits the change to a branch of its own, pushes the branch and opens a pull
request. The text of the pull request lists the references that move, the proof,
the mentions that are not changed and the actions required. pr prints the URL of
the pull request.

pr reads the base branch from the remote, and plans the change of the files under
PATH (default: the current folder) on that branch. It does not change your work
tree, branch or index. It fails if there are uncommitted changes, because the
pull request would not contain them. The next run updates the same pull request.
When no reference is left to move, pr closes the pull request and deletes the
branch. pr overwrites a branch only if pr made all commits on that branch.

pr compares charts, kustomizations, Compose files, Dockerfiles and releases before
and after the change, as verify does.
If a proof fails, pr pushes nothing.

pr supports GitHub, GitLab, Gitea, Forgejo, Bitbucket Cloud, Bitbucket Data Center
and Azure DevOps. It recognizes github.com, gitlab.com, gitea.com, codeberg.org,
bitbucket.org, dev.azure.com, and the server on which a CI job runs. For other
hosts, name the kind of forge with --forge; without it, pr expects a GitHub
Enterprise Server. If a forge has no labels, assignees, reviewers or teams for pull
requests, pr prints a warning for those that you name.

pr reads the token from REGMIGRATE_TOKEN or, if it is not set, from the variable of
the forge:

  - GitHub: GH_TOKEN, GITHUB_TOKEN for github.com, *.ghe.com, and the server on
    which a workflow runs pr; GH_ENTERPRISE_TOKEN, GITHUB_ENTERPRISE_TOKEN for all
    other hosts. Permissions "contents: write" and "pull requests: write", and
    "workflows: write" to change files in .github/workflows;
  - GitLab: GITLAB_TOKEN. Scope api, role Developer. CI_JOB_TOKEN cannot open merge
    requests;
  - Gitea: GITEA_TOKEN; Forgejo: FORGEJO_TOKEN. Scope write:repository, and
    write:issue for labels;
  - Bitbucket Cloud: BITBUCKET_TOKEN. An access token with the scopes
    pullrequest:write and repository:write; or an API token, with the address of its
    user in BITBUCKET_EMAIL;
  - Bitbucket Data Center: BITBUCKET_SERVER_TOKEN, an HTTP access token with the
    permission repository write;
  - Azure DevOps: AZURE_DEVOPS_EXT_PAT with the scope Code (read & write), or
    SYSTEM_ACCESSTOKEN in a pipeline.

For remotes over ssh, git uses your key.`,
		Example: `  regmigrate pr
  regmigrate pr --dry-run                       # print the actions and the text of the pull request
  regmigrate pr --label registry --reviewer ann --team platform --draft charts/
  regmigrate pr --commit-per chart --bump-chart patch --signoff
  regmigrate pr --author 'Bot <bot@example.com>' --trailer 'Refs: OPS-12'
  regmigrate pr --remote upstream --push-remote origin     # from a fork
  regmigrate pr --forge gitlab                             # a GitLab of your own`,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.Args, f.Version = *line, cmd.Root().Version
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
	x.BoolVarP(&f.DryRun, "dry-run", "n", false, "print the actions and the text of the pull request; push and send nothing")
	x.StringVar(&p.To.Remote, "remote", "origin", "`name` of the remote that receives the pull request")
	x.StringVar(&p.To.PushRemote, "push-remote", "", "`name` of the remote to push to, such as a fork (default: the value of --remote)")
	x.StringVar(&p.To.Base, "base", "", "base `branch` (default: the default branch of the remote)")
	x.StringVar(&p.To.Branch, "branch", "", "`branch` to push (default: regmigrate/ and the names of the presets, or regmigrate/images without presets; followed by the value of --base)")
	x.StringVar(&p.Title, "title", "", "title of the pull request and of the commit (default: contains the new registry)")
	x.StringVarP(&p.Message, "message", "m", "", "commit message (default: the title and the references that move)")
	x.StringVar(&p.CommitPer, "commit-per", "change", "`unit` of a commit: change (one commit for everything), chart (one commit per chart)")
	x.StringVar(&p.To.Author, "author", "", "author of the commits, `\"Name <address>\"` (default: from the git configuration)")
	x.StringVar(&p.To.Committer, "committer", "", "committer, `\"Name <address>\"` (default: from the git configuration, or the author)")
	x.BoolVar(&p.To.SignOff, "signoff", false, "add a Signed-off-by trailer with the committer")
	x.StringArrayVar(&p.To.Trailers, "trailer", nil, "add a trailer, `\"Key: value\"`, to the commit messages (repeatable)")
	x.StringSliceVar(&p.To.Labels, "label", nil, "`labels` of the pull request")
	x.StringSliceVar(&p.To.Reviewers, "reviewer", nil, "`users` to ask for a review")
	x.StringSliceVar(&p.To.Teams, "team", nil, "`teams` to ask for a review, by their short names")
	x.StringSliceVar(&p.To.Assignees, "assignee", nil, "`users` to assign")
	x.BoolVar(&p.To.Draft, "draft", false, "open the pull request as a draft")
	x.StringVar(&p.To.Forge, "forge", "", "`kind` of forge: "+strings.Join(pullrequest.ForgeNames(), ", ")+" (default: from the host of the remote, the variables of a CI system, or --api-url)")
	x.StringVar(&p.To.Repo, "repo", "", "repository, `OWNER/NAME` (default: from the URL of the remote)")
	x.StringVar(&p.To.APIURL, "api-url", "", "`URL` of the API of the forge (default: from the kind of forge and the host of the remote)")
	x.DurationVar(&p.To.MaxWait, "max-wait", time.Minute, "maximum wait when the forge limits requests")
	x.BoolVar(&p.JSON, "json", false, "print the result as JSON (schema/pr.schema.json)")
	x.StringArrayVar(&f.Reports, "report", nil, "also write a report to a file, `FORMAT=FILE` (repeatable)")
	addRuleFlags(cmd, &f)
	x.StringArrayVar(&f.Include, "include", nil, "scan only files that match the `glob` (repeatable)")
	x.StringArrayVar(&f.Exclude, "exclude", nil, "do not scan files and folders that match the `glob` (repeatable)")
	x.StringVar(&f.Bump, "bump-chart", "none", "increment this `part` of the version of changed charts: patch, minor, none")
	addAllowInsecureImagesFlag(cmd, &f)
	addOverrideFlags(cmd, &f)
	x.BoolVar(&p.NoVerify, "no-verify", false, "do not prove the change")
	x.BoolVar(&f.RequireProof, "require-proof", false, "if something is unproven, push nothing and exit 1")
	addRequireFlags(cmd, &f.Registry, "query registries, and change a reference only if it has this `verdict` or a better one: ")
	addRenderFlags(cmd, &f.Render)
	x.BoolVar(&f.NoRender, "no-render", false, "do not render charts to find values that form a reference; use only the names of the keys")
	x.IntVarP(&f.Jobs, "jobs", "j", 0, "`number` of files processed at a time (default: the number of CPUs)")
	addColorFlag(cmd, &f)
	x.BoolVarP(&f.Quiet, "quiet", "q", false, "report failures only")
	complete(cmd, "forge", pullrequest.ForgeNames())
	complete(cmd, "commit-per", []string{"change", "chart"})
	complete(cmd, "bump-chart", chart.BumpNames)
	return cmd
}
