package testforge

import (
	"net/http"
	"strings"
)

// gitlabDialect has the part of GitLab's API v4 that merge requests need.
// Source of the fields: the types of gitlab.com/gitlab-org/api/client-go/v2; they were not
// compared with a description of the API.
var gitlabDialect = dialect{
	apiPath: "/api/v4", token: "glpat-A1b2C3d4E5f6G7h8",
	apiAuth: bearer, gitAuth: basic("oauth2"), gitPath: plainGitPath,
	serve: func(g *Forge) apiHandler { return serveRoutes(g, gitlabRoutes, false) },
	page:  func(g *Forge, p *pull) string { return g.URL + "/" + p.Repo + "/-/merge_requests/" + itoa(p.Number) },
}

const mergeRequestFields = "allow_collaboration:boolean assignee_id:integer assignee_ids[]:integer description:string labels:string milestone_id:integer " +
	"remove_source_branch:boolean reviewer_ids[]:integer squash:boolean "

var gitlabRoutes = []route{
	{"GET", "projects/{id}", "license statistics with_custom_attributes", "", func(c *call) {
		if c.hasRepo(c.vars["id"]) {
			c.reply(http.StatusOK, map[string]any{"id": repoID(c.vars["id"]), "path_with_namespace": c.vars["id"]})
		}
	}},
	{"GET", "projects/{id}/merge_requests", "state source_branch target_branch order_by sort page per_page", "", func(c *call) {
		if !c.hasRepo(c.vars["id"]) {
			return
		}
		state := map[string]string{"opened": "open", "closed": "closed"}[c.query.Get("state")]
		out := []any{}
		for _, p := range c.selectPulls(c.vars["id"], func(p *pull) bool {
			return p.State == state && !p.Merged && p.Head == c.query.Get("source_branch") && p.Base == c.query.Get("target_branch")
		}) {
			out = append(out, c.mergeRequest(p))
		}
		c.reply(http.StatusOK, out)
	}},
	{"POST", "projects/{id}/merge_requests", "", mergeRequestFields + "source_branch:string! target_branch:string! title:string! target_project_id:integer", func(c *call) {
		if !c.hasRepo(c.vars["id"]) {
			return
		}
		p := &pull{Repo: c.vars["id"], Fork: c.vars["id"], Head: c.str("source_branch"), Base: c.str("target_branch"), Title: c.str("title"), Body: c.str("description")}
		if id, ok := c.get("target_project_id").(float64); ok {
			p.Repo = c.repoWithID(int(id))
		}
		if c.add(p, 255, 1<<20) {
			c.reply(http.StatusCreated, c.mergeRequest(p))
		}
	}},
	{"PUT", "projects/{id}/merge_requests/{number}", "", mergeRequestFields + "add_labels:string remove_labels:string discussion_locked:boolean state_event:string target_branch:string title:string", func(c *call) {
		p := c.pull(c.vars["id"])
		if p == nil {
			return
		}
		c.change(p, func() {
			c.set(&p.Title, "title")
			c.set(&p.Body, "description")
			if c.str("state_event") == "close" {
				p.State = "closed"
			}
			if add := c.str("add_labels"); add != "" {
				p.Labels = append(p.Labels, strings.Split(add, ",")...)
			}
			if l := c.list("assignee_ids", ""); l != nil {
				p.Assignees = userNames(l)
			}
			if l := c.list("reviewer_ids", ""); l != nil {
				p.Users = userNames(l)
			}
		})
		c.reply(http.StatusOK, c.mergeRequest(p))
	}},
	{"POST", "projects/{id}/merge_requests/{number}/notes", "", "body:string! created_at:string internal:boolean merge_request_diff_head_sha:string", func(c *call) {
		if p := c.pull(c.vars["id"]); p != nil {
			c.change(p, func() { p.Comments = append(p.Comments, c.str("body")) })
			c.reply(http.StatusCreated, map[string]any{"id": 1, "body": c.str("body")})
		}
	}},
	{"GET", "users", "username active blocked search page per_page", "", func(c *call) {
		out := []any{}
		for _, u := range users {
			if u.name == c.query.Get("username") {
				out = append(out, map[string]any{"id": u.id, "username": u.name})
			}
		}
		c.reply(http.StatusOK, out)
	}},
}

// userNames returns the names of users with IDs, which are numbers or UUIDs.
func userNames(ids []any) (out []string) {
	for _, id := range ids {
		for _, u := range users {
			if id == float64(u.id) || id == u.uuid || id == "{"+u.uuid+"}" {
				out = append(out, u.name)
			}
		}
	}
	return out
}

func (c *call) mergeRequest(p *pull) map[string]any {
	people := func(names []string) []any {
		out := []any{}
		for _, n := range names {
			for _, u := range users {
				if u.name == n {
					out = append(out, map[string]any{"id": u.id, "username": u.name})
				}
			}
		}
		return out
	}
	state := map[string]string{"open": "opened", "closed": "closed"}[p.State]
	if p.Merged {
		state = "merged"
	}
	p.Draft = strings.HasPrefix(p.Title, "Draft: ")
	return map[string]any{
		"id": 1000 + p.Number, "iid": p.Number, "project_id": repoID(p.Repo), "title": p.Title, "description": p.Body, "state": state, "draft": p.Draft,
		"source_branch": p.Head, "target_branch": p.Base, "source_project_id": repoID(p.from()), "target_project_id": repoID(p.Repo), "sha": p.SHA,
		"web_url": c.g.page(p), "labels": append([]string{}, p.Labels...), "assignees": people(p.Assignees), "reviewers": people(p.Users),
	}
}
