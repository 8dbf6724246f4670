package pullrequest

import (
	"context"
	"slices"
	"strings"

	"code.gitea.io/sdk/gitea"
)

// giteaKind is Gitea, and forgejoKind is Forgejo, whose API is compatible with that of Gitea.
// Sources: https://docs.gitea.com/api and https://codeberg.org/api/swagger
var (
	giteaKind = forgeKind{
		name: "gitea", title: "Gitea",
		isHost: func(host string, env func(string) string) bool {
			return host == "gitea.com" || env("GITEA_ACTIONS") != "" && env("FORGEJO_ACTIONS") == "" && sameHost(env("GITHUB_SERVER_URL"), host)
		},
		apiSuffixes: []string{"/api/v1"}, apiURL: giteaAPI, apiExample: "https://gitea.example/api/v1",
		repo: address.slug, repoForm: "OWNER/NAME",
		tokens:    []string{"GITEA_TOKEN", "GITHUB_TOKEN", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"},
		usesToken: usesGiteaToken, tokenHint: githubTokenHint,
		apiAuth: bearerAuth, gitAuth: giteaGitAuth,
		permission: "write:repository (and write:issue for labels)", pushPermission: "write:repository",
		maxBody: maxGiteaBody,
		connect: newGitea,
	}
	forgejoKind = forgeKind{
		name: "forgejo", title: "Forgejo",
		isHost: func(host string, env func(string) string) bool {
			return host == "codeberg.org" || env("FORGEJO_ACTIONS") != "" && sameHost(env("GITHUB_SERVER_URL"), host)
		},
		apiURL: giteaAPI, apiExample: "https://forgejo.example/api/v1",
		repo: address.slug, repoForm: "OWNER/NAME",
		tokens:    []string{"FORGEJO_TOKEN", "GITHUB_TOKEN"},
		usesToken: usesGiteaToken, tokenHint: githubTokenHint,
		apiAuth: bearerAuth, gitAuth: giteaGitAuth,
		permission: "write:repository (and write:issue for labels)", pushPermission: "write:repository",
		maxBody: maxGiteaBody,
		connect: newGitea,
	}
)

func giteaAPI(a address, _ func(string) string) string { return a.webURL() + "/api/v1" }

// maxGiteaBody is a bound of this package. Gitea has none: the column of the text is a LONGTEXT
// (models/issues/issue.go). Forgejo is a fork of Gitea.
const maxGiteaBody = 1_000_000

func giteaGitAuth(token string, _ func(string) string) string {
	return basicAuth("x-access-token", token)
}

// usesGiteaToken reports whether a token is sent to a host. GITHUB_TOKEN is that of the
// server on which a workflow runs, and otherwise that of github.com.
func usesGiteaToken(name, host string, env func(string) string) bool {
	return name != "GITHUB_TOKEN" || sameHost(env("GITHUB_SERVER_URL"), host)
}

// giteaDraftPrefix marks a draft.
const giteaDraftPrefix = "WIP: "

type giteaForge struct {
	c           connection
	owner, repo string
}

func newGitea(c connection) (forge, error) {
	f := &giteaForge{c: c}
	f.owner, f.repo, _ = strings.Cut(c.repo, "/")
	return f, nil
}

// client returns a client for requests with a context: that of the library has one
// context, and not one for each request.
func (f *giteaForge) client(ctx context.Context) (*gitea.Client, error) {
	base := strings.TrimSuffix(f.c.api, "/api/v1")
	return gitea.NewClient(base, gitea.SetContext(ctx), gitea.SetHTTPClient(f.c.client), gitea.SetUserAgent("regmigrate"),
		gitea.SetGiteaVersion("")) // "": do not ask the server for its version
}

func (f *giteaForge) list(ctx context.Context, base, branch string, open bool) (out []*pull, err error) {
	client, err := f.client(ctx)
	if err != nil {
		return nil, err
	}
	o := gitea.ListPullRequestsOptions{State: gitea.StateClosed, ListOptions: gitea.ListOptions{PageSize: 50}}
	if open {
		o.State = gitea.StateOpen
	}
	for o.Page = 1; o.Page > 0 && o.Page <= maxPages; {
		page, resp, err := client.ListRepoPullRequests(f.owner, f.repo, o)
		if err != nil {
			return nil, err
		}
		for _, p := range page {
			if p.Head == nil || p.Base == nil || p.Base.Ref != base || p.Head.Ref != branch || p.Head.Repository == nil || !strings.EqualFold(p.Head.Repository.FullName, f.c.fork) {
				continue // the API has no filter
			}
			out = append(out, giteaPull(p))
		}
		if o.Page = resp.NextPage; !open && o.Page > maxClosedPages {
			break
		}
	}
	return out, nil
}

func giteaPull(p *gitea.PullRequest) *pull {
	out := &pull{number: int(p.Index), url: p.HTMLURL, title: p.Title, body: p.Body, merged: p.HasMerged || p.Merged != nil, native: p}
	if p.Head != nil {
		out.commit = p.Head.Sha
	}
	if strings.HasPrefix(p.Title, giteaDraftPrefix) {
		out.draft, out.draftPrefix = true, giteaDraftPrefix
	}
	for _, l := range p.Labels {
		out.labels = append(out.labels, strings.ToLower(l.Name))
	}
	for _, u := range p.Assignees {
		out.assignees = append(out.assignees, strings.ToLower(u.UserName))
	}
	return out
}

func (f *giteaForge) open(ctx context.Context, n newPull) (*pull, error) {
	client, err := f.client(ctx)
	if err != nil {
		return nil, err
	}
	in := gitea.CreatePullRequestOption{Head: n.branch, Base: n.base, Title: n.title, Body: n.body}
	if f.c.isFork() {
		owner, _, _ := strings.Cut(f.c.fork, "/")
		in.Head = owner + ":" + n.branch
		if strings.EqualFold(owner, f.owner) {
			in.Head = f.c.fork + ":" + n.branch
		}
	}
	if n.draft {
		in.Title = giteaDraftPrefix + n.title
	}
	p, _, err := client.CreatePullRequest(f.owner, f.repo, in)
	if err != nil {
		return nil, err
	}
	return giteaPull(p), nil
}

func (f *giteaForge) setText(ctx context.Context, p *pull, title, body string) error {
	client, err := f.client(ctx)
	if err == nil {
		_, _, err = client.EditPullRequest(f.owner, f.repo, int64(p.number), gitea.EditPullRequestOption{Title: title, Body: &body})
	}
	return err
}

func (f *giteaForge) comment(ctx context.Context, p *pull, text string) error {
	client, err := f.client(ctx)
	if err == nil {
		_, _, err = client.CreateIssueComment(f.owner, f.repo, int64(p.number), gitea.CreateIssueCommentOption{Body: text})
	}
	return err
}

func (f *giteaForge) close(ctx context.Context, p *pull) error {
	client, err := f.client(ctx)
	if err == nil {
		closed := gitea.StateClosed
		_, _, err = client.EditPullRequest(f.owner, f.repo, int64(p.number), gitea.EditPullRequestOption{State: &closed})
	}
	return err
}

// addLabels adds labels of the repository or of its organization, by their numbers.
func (f *giteaForge) addLabels(ctx context.Context, p *pull, labels []string) error {
	client, err := f.client(ctx)
	if err != nil {
		return err
	}
	ids := map[string]int64{}
	add := func(page []*gitea.Label, resp *gitea.Response, err error) (next int, _ error) {
		if err != nil {
			return 0, err
		}
		for _, l := range page {
			if name := strings.ToLower(l.Name); ids[name] == 0 {
				ids[name] = l.ID
			}
		}
		return resp.NextPage, nil
	}
	hasAll := func() bool {
		return !slices.ContainsFunc(labels, func(l string) bool { return ids[strings.ToLower(l)] == 0 })
	}
	o := gitea.ListOptions{PageSize: 50}
	for o.Page = 1; o.Page > 0 && o.Page <= maxPages && !hasAll(); {
		page, resp, err := client.ListRepoLabels(f.owner, f.repo, gitea.ListLabelsOptions{ListOptions: o})
		if o.Page, err = add(page, resp, err); err != nil {
			return err
		}
	}
	if !hasAll() { // a user has no labels of an organization
		for o.Page = 1; o.Page > 0 && o.Page <= maxPages && !hasAll(); {
			page, resp, err := client.ListOrgLabels(f.owner, gitea.ListOrgLabelsOptions{ListOptions: o})
			if o.Page, err = add(page, resp, err); err != nil {
				break
			}
		}
	}
	var found []int64
	var missing []string
	for _, l := range labels {
		if id := ids[strings.ToLower(l)]; id != 0 {
			found = append(found, id)
		} else {
			missing = append(missing, l)
		}
	}
	if len(found) > 0 {
		if _, _, err := client.AddIssueLabels(f.owner, f.repo, int64(p.number), gitea.IssueLabelsOption{Labels: found}); err != nil {
			return err
		}
	}
	if len(missing) > 0 {
		return unknownNames("label", missing)
	}
	return nil
}

func (f *giteaForge) addAssignees(ctx context.Context, p *pull, users []string) error {
	client, err := f.client(ctx)
	if err == nil {
		all := slices.Concat(p.assignees, users) // the request replaces the list
		_, _, err = client.EditIssue(f.owner, f.repo, int64(p.number), gitea.EditIssueOption{Assignees: all})
	}
	return err
}

func (f *giteaForge) requestReviews(ctx context.Context, p *pull, users, teams []string) error {
	client, err := f.client(ctx)
	if err == nil {
		_, err = client.CreateReviewRequests(f.owner, f.repo, int64(p.number), gitea.PullReviewRequestOptions{Reviewers: users, TeamReviewers: teams})
	}
	return err
}

func (f *giteaForge) hasReviews(ctx context.Context, p *pull) (bool, error) {
	native := p.native.(*gitea.PullRequest)
	if len(native.RequestedReviewers)+len(native.RequestedReviewersTeams) > 0 {
		return true, nil
	}
	client, err := f.client(ctx)
	if err != nil {
		return false, err
	}
	reviews, _, err := client.ListPullReviews(f.owner, f.repo, int64(p.number), gitea.ListPullReviewsOptions{})
	return len(reviews) > 0, err
}
