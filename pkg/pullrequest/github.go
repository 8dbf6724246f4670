package pullrequest

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/google/go-github/v88/github"
)

// githubKind is GitHub, GitHub Enterprise Cloud and Enterprise Server.
// Source: https://docs.github.com/en/rest/pulls/pulls
var githubKind = forgeKind{
	name: "github", title: "GitHub",
	isHost: func(host string, env func(string) string) bool {
		return isGitHub(host) || sameHost(env("GITHUB_SERVER_URL"), host) && env("GITEA_ACTIONS") == "" && env("FORGEJO_ACTIONS") == ""
	},
	sshHosts:    map[string]string{"ssh.github.com": "github.com"}, // on port 443
	apiSuffixes: []string{"/api/v3"}, apiURL: githubAPI, apiExample: "https://github.example/api/v3",
	repo: address.slug, repoForm: "OWNER/NAME",
	tokens: []string{"GH_TOKEN", "GITHUB_TOKEN", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"},
	usesToken: func(name, host string, env func(string) string) bool {
		ofServer := isGitHub(host) || sameHost(env("GITHUB_SERVER_URL"), host)
		return ofServer != strings.Contains(name, "ENTERPRISE")
	},
	tokenHint:  githubTokenHint,
	apiAuth:    bearerAuth,
	gitAuth:    func(token string, _ func(string) string) string { return basicAuth("x-access-token", token) },
	permission: "pull requests: write", pushPermission: "contents: write",
	maxBody: 65536, // "body is too long (maximum is 65536 characters)": https://github.com/renovatebot/renovate/issues/2032
	connect: newGitHub,
}

// isGitHub reports whether a host belongs to GitHub itself, and not to an
// Enterprise Server or another forge.
func isGitHub(host string) bool { return host == "github.com" || strings.HasSuffix(host, ".ghe.com") }

func githubAPI(a address, env func(string) string) string {
	if api := env("GITHUB_API_URL"); api != "" && sameHost(env("GITHUB_SERVER_URL"), a.host) {
		return api
	}
	switch {
	case a.host == "github.com":
		return "https://api.github.com"
	case isGitHub(a.host):
		return "https://api." + a.host
	}
	return a.webURL() + "/api/v3"
}

// githubTokenHint names a token of github.com that is not sent to another host.
func githubTokenHint(host string, env func(string) string) string {
	for _, name := range []string{"GH_TOKEN", "GITHUB_TOKEN"} {
		if env(name) != "" && !isGitHub(host) {
			return name + " is a token of github.com and is not sent to another host; if it is a token of " + host + ", set it as REGMIGRATE_TOKEN"
		}
	}
	return ""
}

type githubForge struct {
	client      *github.Client
	owner, repo string
	fork        string // OWNER/NAME of the repository with the branch
	isFork      bool
}

func newGitHub(c connection) (forge, error) {
	base := c.api + "/"
	client, err := github.NewClient(github.WithURLs(&base, nil), github.WithUserAgent("regmigrate"), github.WithHTTPClient(c.client), github.WithDisableRateLimitCheck())
	if err != nil {
		return nil, err
	}
	f := &githubForge{client: client, fork: c.fork, isFork: c.isFork()}
	f.owner, f.repo, _ = strings.Cut(c.repo, "/")
	return f, nil
}

func (f *githubForge) list(ctx context.Context, base, branch string, open bool) (out []*pull, err error) {
	owner, _, _ := strings.Cut(f.fork, "/")
	o := &github.PullRequestListOptions{State: "closed", Head: owner + ":" + branch, Base: base, ListOptions: github.ListOptions{PerPage: 50}}
	if open {
		o.State = "open"
	}
	for o.Page = 1; o.Page > 0 && o.Page <= maxPages; {
		page, resp, err := f.client.PullRequests.List(ctx, f.owner, f.repo, o)
		if err != nil {
			return nil, err
		}
		for _, p := range page { // some forges ignore the filter
			if p.GetHead().GetRef() == branch && p.GetBase().GetRef() == base && strings.EqualFold(p.GetHead().GetRepo().GetFullName(), f.fork) {
				out = append(out, githubPull(p))
			}
		}
		if o.Page = resp.NextPage; !open {
			break // the newest pull requests are on the first page
		}
	}
	return out, nil
}

func githubPull(p *github.PullRequest) *pull {
	out := &pull{
		number: p.GetNumber(), url: p.GetHTMLURL(), title: p.GetTitle(), body: p.GetBody(), draft: p.GetDraft(),
		merged: p.GetMerged() || p.MergedAt != nil, commit: p.GetHead().GetSHA(), native: p,
	}
	for _, l := range p.Labels {
		out.labels = append(out.labels, strings.ToLower(l.GetName()))
	}
	for _, u := range p.Assignees {
		out.assignees = append(out.assignees, strings.ToLower(u.GetLogin()))
	}
	return out
}

func (f *githubForge) open(ctx context.Context, n newPull) (*pull, error) {
	in := &github.NewPullRequest{Title: &n.title, Head: &n.branch, Base: &n.base, Body: &n.body}
	if f.isFork {
		owner, name, _ := strings.Cut(f.fork, "/")
		in.Head = github.Ptr(owner + ":" + n.branch)
		if strings.EqualFold(owner, f.owner) { // OWNER:BRANCH is ambiguous
			in.HeadRepo = &name
		}
	}
	if n.draft {
		in.Draft = &n.draft
	}
	p, _, err := f.client.PullRequests.Create(ctx, f.owner, f.repo, in)
	if err != nil {
		return nil, err
	}
	return githubPull(p), nil
}

func (f *githubForge) setText(ctx context.Context, p *pull, title, body string) error {
	_, _, err := f.client.PullRequests.Edit(ctx, f.owner, f.repo, p.number, &github.PullRequest{Title: &title, Body: &body})
	return err
}

func (f *githubForge) comment(ctx context.Context, p *pull, text string) error {
	_, _, err := f.client.Issues.CreateComment(ctx, f.owner, f.repo, p.number, &github.IssueComment{Body: &text})
	return err
}

func (f *githubForge) close(ctx context.Context, p *pull) error {
	_, _, err := f.client.PullRequests.Edit(ctx, f.owner, f.repo, p.number, &github.PullRequest{State: github.Ptr("closed")})
	return err
}

// addLabels sends an object, as GitHub documents it. go-github sends a bare list, which
// GitHub also accepts.
func (f *githubForge) addLabels(ctx context.Context, p *pull, labels []string) error {
	path := fmt.Sprintf("repos/%s/%s/issues/%d/labels", f.owner, f.repo, p.number)
	req, err := f.client.NewRequest(ctx, http.MethodPost, path, map[string][]string{"labels": labels})
	if err == nil {
		_, err = f.client.Do(req, nil)
	}
	return err
}

func (f *githubForge) addAssignees(ctx context.Context, p *pull, users []string) error {
	all := slices.Concat(p.assignees, users) // the request replaces the list
	_, _, err := f.client.Issues.Edit(ctx, f.owner, f.repo, p.number, &github.IssueRequest{Assignees: &all})
	return err
}

func (f *githubForge) requestReviews(ctx context.Context, p *pull, users, teams []string) error {
	_, _, err := f.client.PullRequests.RequestReviewers(ctx, f.owner, f.repo, p.number, github.ReviewersRequest{Reviewers: users, TeamReviewers: teams})
	return err
}

func (f *githubForge) hasReviews(ctx context.Context, p *pull) (bool, error) {
	native := p.native.(*github.PullRequest)
	if len(native.RequestedReviewers)+len(native.RequestedTeams) > 0 {
		return true, nil
	}
	reviews, _, err := f.client.PullRequests.ListReviews(ctx, f.owner, f.repo, p.number, nil)
	return len(reviews) > 0, err
}
