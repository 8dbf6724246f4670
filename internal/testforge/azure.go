package testforge

import (
	"net/http"
	"strings"
)

// azureDialect has the part of the API 7.1 of Azure DevOps that pull requests need, as on an
// Azure DevOps Server with the collection org.
// Source of the fields: the definitions GitPullRequest, GitPullRequestCommentThread,
// WebApiCreateTagRequestData and IdentityRefWithVote of specification/git/7.1/git.json in
// https://github.com/MicrosoftDocs/vsts-rest-api-specs
var azureDialect = dialect{
	apiPath: "/org", token: "a1b2c3d4e5f6g7h8i9j0",
	apiAuth: basic(""), gitAuth: basic(""),
	gitPath: func(path string) (string, bool) {
		project, rest, ok := strings.Cut(strings.TrimPrefix(path, "/org/"), "/_git/")
		repo, rest, _ := strings.Cut(rest, "/")
		return "/" + project + "/" + repo + ".git/" + rest, ok
	},
	gitURL: func(slug string) string { return "/org/" + strings.Replace(slug, "/", "/_git/", 1) },
	serve:  func(g *Forge) apiHandler { return serveRoutes(g, azureRoutes, true) },
	page: func(g *Forge, p *pull) string {
		return g.URL + "/org/" + strings.Replace(p.Repo, "/", "/_git/", 1) + "/pullrequest/" + itoa(p.Number)
	},
}

const (
	azureRepo  = "{project}/_apis/git/repositories/{repositoryId}"
	azurePulls = azureRepo + "/pullRequests"
)

func (c *call) azureSlug() string { return c.vars["project"] + "/" + c.vars["repositoryId"] }

var azureRoutes = []route{
	{"GET", azureRepo, "api-version!", "", func(c *call) {
		if c.hasRepo(c.azureSlug()) {
			c.reply(http.StatusOK, map[string]any{"id": repoUUID(c.azureSlug()), "name": c.vars["repositoryId"]})
		}
	}},
	{"GET", azurePulls, "api-version! searchCriteria.status searchCriteria.sourceRefName searchCriteria.targetRefName searchCriteria.sourceRepositoryId $top $skip", "", func(c *call) {
		if !c.hasRepo(c.azureSlug()) {
			return
		}
		value := []any{}
		for _, p := range c.selectPulls(c.azureSlug(), func(p *pull) bool {
			fork := c.query.Get("searchCriteria.sourceRepositoryId")
			return azureStatus(p) == c.query.Get("searchCriteria.status") && "refs/heads/"+p.Head == c.query.Get("searchCriteria.sourceRefName") &&
				"refs/heads/"+p.Base == c.query.Get("searchCriteria.targetRefName") && (fork == "" || fork == repoUUID(p.from()))
		}) {
			x := c.azurePull(p)
			x["description"] = p.Body[:min(len(p.Body), 400)] // as in a list of Azure DevOps
			value = append(value, x)
		}
		c.reply(http.StatusOK, map[string]any{"value": value, "count": len(value)})
	}},
	{"POST", azurePulls, "api-version! supportsIterations", "sourceRefName:string! targetRefName:string! title:string! description:string isDraft:boolean forkSource.repository.id:string", func(c *call) {
		if !c.hasRepo(c.azureSlug()) {
			return
		}
		p := &pull{Repo: c.azureSlug(), Head: strings.TrimPrefix(c.str("sourceRefName"), "refs/heads/"), Base: strings.TrimPrefix(c.str("targetRefName"), "refs/heads/"),
			Title: c.str("title"), Body: c.str("description")}
		p.Draft, _ = c.get("isDraft").(bool)
		if id := c.str("forkSource.repository.id"); id != "" {
			p.Fork = c.repoWith(func(slug string) bool { return repoUUID(slug) == id })
		}
		if c.add(p, 400, 4000) {
			c.reply(http.StatusCreated, c.azurePull(p))
		}
	}},
	{"GET", azurePulls + "/{number}", "api-version! maxCommentLength $skip $top includeCommits includeWorkItemRefs", "", func(c *call) {
		if p := c.pull(c.azureSlug()); p != nil {
			c.reply(http.StatusOK, c.azurePull(p))
		}
	}},
	{"PATCH", azurePulls + "/{number}", "api-version!", "title:string description:string status:string isDraft:boolean", func(c *call) {
		p := c.pull(c.azureSlug())
		if p == nil {
			return
		}
		c.change(p, func() {
			c.set(&p.Title, "title")
			c.set(&p.Body, "description")
			if c.str("status") == "abandoned" {
				p.State = "closed"
			}
		})
		c.reply(http.StatusOK, c.azurePull(p))
	}},
	{"POST", azurePulls + "/{number}/threads", "api-version!", "status:string comments[].parentCommentId:integer comments[].content:string! comments[].commentType:string", func(c *call) {
		if p := c.pull(c.azureSlug()); p != nil {
			c.change(p, func() {
				for _, text := range c.list("comments", "content") {
					p.Comments = append(p.Comments, text.(string))
				}
			})
			c.reply(http.StatusOK, map[string]any{"id": 1})
		}
	}},
	{"POST", azurePulls + "/{number}/labels", "api-version! projectId", "name:string!", func(c *call) {
		if p := c.pull(c.azureSlug()); p != nil {
			c.change(p, func() { p.Labels = append(p.Labels, c.str("name")) })
			c.reply(http.StatusOK, map[string]any{"name": c.str("name")})
		}
	}},
	{"PUT", azurePulls + "/{number}/reviewers/{reviewerId}", "api-version!", "vote:integer isRequired:boolean", func(c *call) {
		if p := c.pull(c.azureSlug()); p != nil {
			c.change(p, func() { p.Users = append(p.Users, userNames([]any{c.vars["reviewerId"]})...) })
			c.reply(http.StatusOK, map[string]any{"id": c.vars["reviewerId"]})
		}
	}},
	{"GET", "_apis/identities", "api-version! searchFilter! filterValue!", "", func(c *call) {
		value := []any{}
		for _, u := range users {
			if f := c.query.Get("filterValue"); f == u.name || strings.HasSuffix(f, `]\`+u.name) {
				value = append(value, map[string]any{"id": u.uuid})
			}
		}
		c.reply(http.StatusOK, map[string]any{"value": value, "count": len(value)})
	}},
}

func azureStatus(p *pull) string {
	return map[string]string{"OPEN": "active", "DECLINED": "abandoned", "MERGED": "completed"}[bitbucketState(p)]
}

func (c *call) azurePull(p *pull) map[string]any {
	type object = map[string]any
	reviewers, labels := []any{}, []any{}
	for _, n := range p.Users {
		reviewers = append(reviewers, object{"displayName": n, "vote": 0})
	}
	for _, l := range p.Labels {
		labels = append(labels, object{"name": l, "active": true})
	}
	out := object{
		"pullRequestId": p.Number, "title": p.Title, "description": p.Body, "status": azureStatus(p), "isDraft": p.Draft,
		"sourceRefName": "refs/heads/" + p.Head, "targetRefName": "refs/heads/" + p.Base, "lastMergeSourceCommit": object{"commitId": p.SHA},
		"repository": object{"id": repoUUID(p.Repo)}, "reviewers": reviewers, "labels": labels,
	}
	if p.Fork != "" {
		out["forkSource"] = object{"repository": object{"id": repoUUID(p.Fork)}}
	}
	return out
}
