package testforge

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/go-github/v88/github"
)

// A githubServer has the part of GitHub's REST API that pull requests need, under /api/v3 as
// on an Enterprise Server. It rejects requests that GitHub would reject and records them as
// complaints: an unknown path, an undocumented parameter or field, a wrong type.
//
// Source: https://docs.github.com/en/rest/pulls/pulls and related pages
type githubServer struct{ *Forge }

// StartGitHub starts a server with the API of GitHub that stores its repositories in dir.
func StartGitHub(dir string) (*Forge, error) { return Start("github", dir) }

var githubDialect = dialect{
	apiPath: "/api/v3", token: "ghs_A1b2C3d4E5f6G7h8",
	apiAuth: bearer, gitAuth: basic("x-access-token"), gitPath: plainGitPath,
	serve: func(g *Forge) apiHandler { return githubServer{g}.serveAPI },
	page:  func(g *Forge, p *pull) string { return fmt.Sprintf("%s/%s/pull/%d", g.URL, p.Repo, p.Number) },
}

// pullJSON returns a pull request in the form that GitHub sends.
func (g githubServer) pullJSON(p *pull) *github.PullRequest {
	side := func(repo, ref, sha string) *github.PullRequestBranch {
		owner, _, _ := strings.Cut(repo, "/")
		return &github.PullRequestBranch{Ref: &ref, SHA: &sha, Label: github.Ptr(owner + ":" + ref), Repo: &github.Repository{FullName: &repo}}
	}
	out := &github.PullRequest{
		Number: &p.Number, Title: &p.Title, Body: github.Ptr(strings.ReplaceAll(p.Body, "\n", "\r\n")), State: &p.State, Draft: &p.Draft,
		Head: side(p.from(), p.Head, p.SHA), Base: side(p.Repo, p.Base, g.rev(p.Repo, p.Base)),
		HTMLURL: github.Ptr(g.page(p)),
	}
	if p.Merged {
		out.MergedAt = &github.Timestamp{Time: time.Unix(1, 0).UTC()}
	}
	for _, l := range p.Labels {
		out.Labels = append(out.Labels, &github.Label{Name: &l})
	}
	for _, u := range p.Users {
		out.RequestedReviewers = append(out.RequestedReviewers, &github.User{Login: &u})
	}
	for _, t := range p.Teams {
		out.RequestedTeams = append(out.RequestedTeams, &github.Team{Slug: &t})
	}
	for _, u := range p.Assignees {
		out.Assignees = append(out.Assignees, &github.User{Login: &u})
	}
	return out
}
