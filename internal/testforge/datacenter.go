package testforge

import (
	"net/http"
	"strconv"
	"strings"
)

// dataCenterDialect has the part of the API of Bitbucket Data Center that pull requests need.
// Source of the fields: the definitions RestPullRequest and RestComment of
// https://dac-static.atlassian.com/server/bitbucket/9.3.swagger.v3.json
var dataCenterDialect = dialect{
	apiPath: "/rest/api/latest", token: "BBDC-A1b2C3d4E5f6G7h8",
	apiAuth: bearer, gitAuth: bearer,
	gitPath: func(path string) (string, bool) {
		rest, ok := strings.CutPrefix(path, "/scm/")
		return "/" + rest, ok
	},
	gitURL: func(slug string) string { return "/scm/" + slug + ".git" },
	serve:  func(g *Forge) apiHandler { return serveRoutes(g, dataCenterRoutes, false) },
	page: func(g *Forge, p *pull) string {
		project, repo, _ := strings.Cut(p.Repo, "/")
		return g.URL + "/projects/" + project + "/repos/" + repo + "/pull-requests/" + itoa(p.Number)
	},
}

const dataCenterPulls = "projects/{projectKey}/repos/{repositorySlug}/pull-requests"

func refFields(name, required string) string {
	return name + ".id:string" + required + " " + name + ".repository.slug:string" + required + " " + name + ".repository.project.key:string" + required + " "
}

func (c *call) dataCenterRepo() string { return c.vars["projectKey"] + "/" + c.vars["repositorySlug"] }

var dataCenterRoutes = []route{
	{"GET", dataCenterPulls, "withAttributes at withProperties draft filterText state order direction start limit", "", func(c *call) {
		if !c.hasRepo(c.dataCenterRepo()) {
			return
		}
		values := []any{}
		for _, p := range c.selectPulls(c.dataCenterRepo(), func(p *pull) bool {
			return bitbucketState(p) == c.query.Get("state") && "refs/heads/"+p.Base == c.query.Get("at") && c.query.Get("direction") == "INCOMING"
		}) {
			values = append(values, c.dataCenterPull(p))
		}
		// One pull request on each page.
		start, _ := strconv.Atoi(c.query.Get("start"))
		start = min(start, len(values))
		end := min(start+1, len(values))
		c.reply(http.StatusOK, map[string]any{"values": values[start:end], "isLastPage": end == len(values), "nextPageStart": end})
	}},
	{"POST", dataCenterPulls, "", refFields("fromRef", "!") + refFields("toRef", "!") + "title:string! description:string draft:boolean reviewers[].user.name:string", func(c *call) {
		if !c.hasRepo(c.dataCenterRepo()) {
			return
		}
		p := &pull{Repo: c.dataCenterRepo(), Fork: c.str("fromRef.repository.project.key") + "/" + c.str("fromRef.repository.slug"),
			Head: strings.TrimPrefix(c.str("fromRef.id"), "refs/heads/"), Base: strings.TrimPrefix(c.str("toRef.id"), "refs/heads/"), Title: c.str("title"), Body: c.str("description")}
		p.Draft, _ = c.get("draft").(bool)
		if c.add(p, 255, 32768) {
			c.reply(http.StatusCreated, c.dataCenterPull(p))
		}
	}},
	{"PUT", dataCenterPulls + "/{number}", "", "version:integer! title:string description:string draft:boolean reviewers[].user.name:string " + refFields("toRef", ""), func(c *call) {
		p := c.pull(c.dataCenterRepo())
		if p == nil || !c.hasVersion(p, c.get("version")) {
			return
		}
		c.change(p, func() {
			c.set(&p.Title, "title")
			c.set(&p.Body, "description")
			p.Users = nil // reviewers that are not named are removed
			for _, name := range c.list("reviewers", "user.name") {
				p.Users = append(p.Users, name.(string))
			}
		})
		c.reply(http.StatusOK, c.dataCenterPull(p))
	}},
	{"POST", dataCenterPulls + "/{number}/decline", "version", "version:integer comment:string", func(c *call) {
		p := c.pull(c.dataCenterRepo())
		version, _ := strconv.ParseFloat(c.query.Get("version"), 64)
		if p != nil && c.hasVersion(p, version) {
			c.change(p, func() { p.State = "closed" })
			c.reply(http.StatusOK, c.dataCenterPull(p))
		}
	}},
	{"POST", dataCenterPulls + "/{number}/comments", "", "text:string!", func(c *call) {
		if p := c.pull(c.dataCenterRepo()); p != nil {
			c.g.mu.Lock()
			p.Comments = append(p.Comments, c.str("text"))
			c.g.mu.Unlock()
			c.reply(http.StatusCreated, map[string]any{"id": 1})
		}
	}},
}

// hasVersion reports whether a change names the present version of a pull request. If not,
// it responds 409.
func (c *call) hasVersion(p *pull, version any) bool {
	if version == float64(p.Version) {
		return true
	}
	c.fail(http.StatusConflict, "You are attempting to modify a pull request based on out-of-date information.")
	return false
}

func (c *call) dataCenterPull(p *pull) map[string]any {
	type object = map[string]any
	reviewers := []any{}
	for _, n := range p.Users {
		reviewers = append(reviewers, object{"user": object{"name": n}, "role": "REVIEWER"})
	}
	ref := func(repo, branch, sha string) object {
		project, slug, _ := strings.Cut(repo, "/")
		return object{"id": "refs/heads/" + branch, "latestCommit": sha, "repository": object{"slug": slug, "project": object{"key": strings.ToUpper(project)}}}
	}
	return object{
		"id": p.Number, "version": p.Version, "title": p.Title, "description": p.Body, "state": bitbucketState(p), "draft": p.Draft,
		"fromRef": ref(p.from(), p.Head, p.SHA), "toRef": ref(p.Repo, p.Base, ""), "reviewers": reviewers, "links": object{"self": []any{object{"href": c.g.page(p)}}},
	}
}
