package testforge

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// bitbucketDialect has the part of the API 2.0 of Bitbucket Cloud that pull requests need.
// Source of the fields: the definitions pullrequest, pullrequest_comment and account of
// https://dac-static.atlassian.com/cloud/bitbucket/swagger.v3.json
var bitbucketDialect = dialect{
	apiPath: "/2.0", token: "ATCTT3xFfGN0A1b2C3d4",
	apiAuth: bearer, gitAuth: basic("x-token-auth"), gitPath: plainGitPath,
	serve: func(g *Forge) apiHandler { return serveRoutes(g, bitbucketRoutes, false) },
	page:  func(g *Forge, p *pull) string { return g.URL + "/" + p.Repo + "/pull-requests/" + itoa(p.Number) },
}

const bitbucketPulls = "repositories/{workspace}/{repo_slug}/pullrequests"

const bitbucketFields = "description:string draft:boolean close_source_branch:boolean reviewers[].uuid:string reviewers[].account_id:string destination.branch.name:string "

// bitbucketFilter is the query that pr sends, in the language for filters of Bitbucket.
var bitbucketFilter = regexp.MustCompile(`^source\.branch\.name=("[^"]*") AND destination\.branch\.name=("[^"]*")$`)

func (c *call) bitbucketRepo() string { return c.vars["workspace"] + "/" + c.vars["repo_slug"] }

var bitbucketRoutes = []route{
	{"GET", bitbucketPulls, "state q sort pagelen page", "", func(c *call) {
		m := bitbucketFilter.FindStringSubmatch(c.query.Get("q"))
		if m == nil {
			c.g.complain(c.w, http.StatusBadRequest, "unknown filter: "+c.query.Get("q"))
			return
		}
		if !c.hasRepo(c.bitbucketRepo()) {
			return
		}
		branch, _ := strconv.Unquote(m[1])
		base, _ := strconv.Unquote(m[2])
		values := []any{}
		for _, p := range c.selectPulls(c.bitbucketRepo(), func(p *pull) bool {
			return p.Head == branch && p.Base == base && hasState(c.query["state"], bitbucketState(p))
		}) {
			x := c.bitbucketPull(p)
			delete(x, "reviewers") // a list does not have them
			values = append(values, x)
		}
		c.reply(http.StatusOK, map[string]any{"pagelen": 50, "values": values})
	}},
	{"POST", bitbucketPulls, "", bitbucketFields + "title:string! source.branch.name:string! source.repository.full_name:string", func(c *call) {
		if !c.hasRepo(c.bitbucketRepo()) {
			return
		}
		p := &pull{Repo: c.bitbucketRepo(), Fork: c.str("source.repository.full_name"), Head: c.str("source.branch.name"), Base: c.str("destination.branch.name"),
			Title: c.str("title"), Body: c.str("description")}
		p.Draft, _ = c.get("draft").(bool)
		if c.add(p, 255, 32768) {
			c.reply(http.StatusCreated, c.bitbucketPull(p))
		}
	}},
	{"GET", bitbucketPulls + "/{number}", "", "", func(c *call) {
		if p := c.pull(c.bitbucketRepo()); p != nil {
			c.reply(http.StatusOK, c.bitbucketPull(p))
		}
	}},
	{"PUT", bitbucketPulls + "/{number}", "", bitbucketFields + "title:string", func(c *call) {
		p := c.pull(c.bitbucketRepo())
		if p == nil {
			return
		}
		c.change(p, func() {
			c.set(&p.Title, "title")
			c.set(&p.Body, "description")
			p.Users = userNames(c.list("reviewers", "uuid")) // reviewers that are not named are removed
		})
		c.reply(http.StatusOK, c.bitbucketPull(p))
	}},
	{"POST", bitbucketPulls + "/{number}/decline", "", "", func(c *call) {
		if p := c.pull(c.bitbucketRepo()); p != nil {
			c.change(p, func() { p.State = "closed" })
			c.reply(http.StatusOK, c.bitbucketPull(p))
		}
	}},
	{"POST", bitbucketPulls + "/{number}/comments", "", "content.raw:string!", func(c *call) {
		if p := c.pull(c.bitbucketRepo()); p != nil {
			c.change(p, func() { p.Comments = append(p.Comments, c.str("content.raw")) })
			c.reply(http.StatusCreated, map[string]any{"id": 1})
		}
	}},
	{"GET", "workspaces/{workspace}/members", "pagelen page", "", func(c *call) {
		u := users[0] // one user on each page
		page := c.query.Get("page")
		out := map[string]any{}
		if page == "2" {
			u = users[1]
		} else {
			out["next"] = c.g.API + "/workspaces/" + c.vars["workspace"] + "/members?pagelen=100&page=2"
		}
		out["values"] = []any{map[string]any{"user": map[string]any{"uuid": "{" + u.uuid + "}", "nickname": u.name}}}
		c.reply(http.StatusOK, out)
	}},
}

func bitbucketState(p *pull) string {
	switch {
	case p.Merged:
		return "MERGED"
	case p.State == "open":
		return "OPEN"
	}
	return "DECLINED"
}

func hasState(states []string, state string) bool {
	return strings.Contains(" "+strings.Join(states, " ")+" ", " "+state+" ")
}

func (c *call) bitbucketPull(p *pull) map[string]any {
	type object = map[string]any
	reviewers := []any{}
	for _, n := range p.Users {
		for _, u := range users {
			if u.name == n {
				reviewers = append(reviewers, object{"uuid": "{" + u.uuid + "}", "nickname": u.name})
			}
		}
	}
	end := func(repo, branch, sha string) object {
		return object{"branch": object{"name": branch}, "commit": object{"hash": sha[:min(len(sha), 12)]}, "repository": object{"full_name": repo}}
	}
	return object{
		"id": p.Number, "title": p.Title, "description": p.Body, "state": bitbucketState(p), "draft": p.Draft,
		"source": end(p.from(), p.Head, p.SHA), "destination": end(p.Repo, p.Base, ""), "reviewers": reviewers,
		"links": object{"html": object{"href": c.g.page(p)}},
	}
}
