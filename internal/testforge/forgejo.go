package testforge

import (
	"net/http"
	"strings"
)

// forgejoDialect has the part of the API v1 of Forgejo and Gitea that pull requests need.
// Source of the fields: the definitions CreatePullRequestOption, EditPullRequestOption,
// EditIssueOption, IssueLabelsOption, PullReviewRequestOptions and CreateIssueCommentOption, as
// code.gitea.io/sdk/gitea has them; they were not compared with the description of Forgejo.
var forgejoDialect = dialect{
	apiPath: "/api/v1", token: "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567",
	apiAuth: bearer, gitAuth: basic("x-access-token"), gitPath: plainGitPath,
	serve: func(g *Forge) apiHandler { return serveRoutes(g, forgejoRoutes, false) },
	page:  func(g *Forge, p *pull) string { return g.URL + "/" + p.Repo + "/pulls/" + itoa(p.Number) },
}

const (
	forgejoRepo  = "repos/{owner}/{repo}"
	forgejoPulls = forgejoRepo + "/pulls"
	forgejoIssue = forgejoRepo + "/issues/{number}"
)

func (c *call) forgejoSlug() string { return c.vars["owner"] + "/" + c.vars["repo"] }

var forgejoLabels = []string{"registry", "images"}

var forgejoRoutes = []route{
	{"GET", forgejoPulls, "state sort milestone labels poster page limit", "", func(c *call) {
		if !c.hasRepo(c.forgejoSlug()) {
			return
		}
		out := []any{}
		for _, p := range c.selectPulls(c.forgejoSlug(), func(p *pull) bool { return p.State == c.query.Get("state") }) {
			out = append(out, c.forgejoPull(p))
		}
		c.reply(http.StatusOK, out)
	}},
	{"POST", forgejoPulls, "", "head:string! base:string! title:string! body:string assignee:string assignees[]:string milestone:integer labels[]:integer due_date:string reviewers:string team_reviewers:string assignees:string labels:integer", func(c *call) {
		if !c.hasRepo(c.forgejoSlug()) {
			return
		}
		p := &pull{Repo: c.forgejoSlug(), Head: c.str("head"), Base: c.str("base"), Title: c.str("title"), Body: c.str("body")}
		if owner, branch, ok := strings.Cut(p.Head, ":"); ok {
			p.Fork, p.Head = owner+"/"+c.vars["repo"], branch
			if strings.Contains(owner, "/") {
				p.Fork = owner
			}
		}
		if c.add(p, 255, 16<<20) {
			c.reply(http.StatusCreated, c.forgejoPull(p))
		}
	}},
	{"PATCH", forgejoPulls + "/{number}", "", "title:string body:string base:string assignee:string assignees:string assignees[]:string milestone:integer labels:integer labels[]:integer state:string due_date:string unset_due_date:boolean allow_maintainer_edit:boolean", func(c *call) {
		p := c.pull(c.forgejoSlug())
		if p == nil {
			return
		}
		c.change(p, func() {
			if t := c.str("title"); t != "" {
				p.Title = t
			}
			c.set(&p.Body, "body")
			if c.str("state") == "closed" {
				p.State = "closed"
			}
		})
		c.reply(http.StatusCreated, c.forgejoPull(p))
	}},
	{"GET", forgejoPulls + "/{number}/reviews", "page limit", "", func(c *call) { c.reply(http.StatusOK, []any{}) }},
	{"POST", forgejoPulls + "/{number}/requested_reviewers", "", "reviewers:string reviewers[]:string team_reviewers:string team_reviewers[]:string", func(c *call) {
		p := c.pull(c.forgejoSlug())
		if p == nil {
			return
		}
		c.change(p, func() {
			for _, name := range c.list("reviewers", "") {
				p.Users = append(p.Users, name.(string))
			}
			for _, name := range c.list("team_reviewers", "") {
				p.Teams = append(p.Teams, name.(string))
			}
		})
		c.reply(http.StatusCreated, []any{})
	}},
	{"GET", forgejoRepo + "/labels", "page limit", "", func(c *call) {
		out := []any{}
		for i, l := range forgejoLabels {
			out = append(out, map[string]any{"id": i + 1, "name": l})
		}
		c.reply(http.StatusOK, out)
	}},
	{"GET", "orgs/{org}/labels", "page limit", "", func(c *call) { c.fail(http.StatusNotFound, "the organization does not exist") }},
	{"POST", forgejoIssue + "/labels", "", "labels[]:integer!", func(c *call) {
		p := c.pull(c.forgejoSlug())
		if p == nil {
			return
		}
		c.change(p, func() {
			for _, id := range c.list("labels", "") {
				p.Labels = append(p.Labels, forgejoLabels[int(id.(float64))-1])
			}
		})
		c.reply(http.StatusOK, []any{})
	}},
	{"PATCH", forgejoIssue, "", "title:string body:string ref:string assignees:string assignees[]:string milestone:integer state:string due_date:string unset_due_date:boolean", func(c *call) {
		p := c.pull(c.forgejoSlug())
		if p == nil {
			return
		}
		c.change(p, func() {
			p.Assignees = nil
			for _, name := range c.list("assignees", "") {
				p.Assignees = append(p.Assignees, name.(string))
			}
		})
		c.reply(http.StatusCreated, map[string]any{"number": p.Number})
	}},
	{"POST", forgejoIssue + "/comments", "", "body:string!", func(c *call) {
		if p := c.pull(c.forgejoSlug()); p != nil {
			c.change(p, func() { p.Comments = append(p.Comments, c.str("body")) })
			c.reply(http.StatusCreated, map[string]any{"id": 1, "body": c.str("body")})
		}
	}},
}

func (c *call) forgejoPull(p *pull) map[string]any {
	type object = map[string]any
	people := func(names []string) []any {
		out := []any{}
		for _, n := range names {
			out = append(out, object{"login": n})
		}
		return out
	}
	labels := []any{}
	for _, l := range p.Labels {
		labels = append(labels, object{"name": l})
	}
	end := func(repo, branch, sha string) object {
		return object{"label": branch, "ref": branch, "sha": sha, "repo": object{"full_name": repo}}
	}
	p.Draft = strings.HasPrefix(p.Title, "WIP: ")
	return object{
		"number": p.Number, "title": p.Title, "body": p.Body, "state": p.State, "html_url": c.g.page(p), "merged": p.Merged, "draft": p.Draft,
		"head": end(p.from(), p.Head, p.SHA), "base": end(p.Repo, p.Base, ""), "labels": labels, "assignees": people(p.Assignees), "requested_reviewers": people(p.Users),
	}
}
