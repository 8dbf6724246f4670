package testforge

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-github/v88/github"
)

// serveAPI responds to a request; path is relative to /api/v3/.
func (g githubServer) serveAPI(w http.ResponseWriter, r *http.Request, path string) {
	if a := r.Header.Values("Authorization"); len(a) != 1 || a[0] != "Bearer "+g.Token {
		writeError(w, http.StatusUnauthorized, "Bad credentials")
		return
	}
	if !strings.HasPrefix(r.Header.Get("Accept"), "application/vnd.github") || r.Header.Get("X-Github-Api-Version") == "" {
		g.complain(w, http.StatusUnsupportedMediaType, "Accept or X-GitHub-Api-Version is missing")
		return
	}
	parts := strings.Split(path, "/") // repos/OWNER/NAME/pulls|issues[/NUMBER[/...]]
	if len(parts) < 4 || parts[0] != "repos" {
		g.complain(w, http.StatusNotFound, "no such path: "+path)
		return
	}
	slug := parts[1] + "/" + parts[2]
	if _, err := os.Stat(g.RepoDir(slug)); err != nil {
		writeError(w, http.StatusNotFound, "Not Found")
		return
	}
	if len(parts) == 4 {
		switch route := r.Method + " " + parts[3]; route {
		case "GET pulls":
			g.list(w, r, slug)
		case "POST pulls":
			g.create(w, r, slug)
		default:
			g.complain(w, http.StatusNotFound, "no such route: "+route)
		}
		return
	}
	p := g.findPull(slug, parts[4])
	if p == nil {
		writeError(w, http.StatusNotFound, "Not Found")
		return
	}
	parts[4] = "N"
	g.servePull(w, r, r.Method+" "+strings.Join(parts[3:], "/"), p)
}

// findPull returns the pull request of a repository with a number, or nil.
func (g githubServer) findPull(slug, number string) *pull {
	n, err := strconv.Atoi(number)
	g.mu.Lock()
	defer g.mu.Unlock()
	if err != nil || n < 1 || n > len(g.pulls) || g.pulls[n-1].Repo != slug {
		return nil
	}
	return g.pulls[n-1]
}

// servePull responds to a request about a pull request. In route, N stands for its
// number.
func (g githubServer) servePull(w http.ResponseWriter, r *http.Request, route string, p *pull) {
	switch route {
	case "PATCH pulls/N":
		g.edit(w, r, p)
	case "GET pulls/N/reviews":
		writeJSON(w, http.StatusOK, []github.PullRequestReview{})
	case "POST pulls/N/requested_reviewers":
		var in struct {
			Reviewers     []string `json:"reviewers"`
			TeamReviewers []string `json:"team_reviewers"`
		}
		if g.decode(w, r, &in) {
			g.change(w, http.StatusCreated, p, func() { p.Users, p.Teams = append(p.Users, in.Reviewers...), append(p.Teams, in.TeamReviewers...) })
		}
	case "POST issues/N/labels":
		var in struct {
			Labels []string `json:"labels"`
		}
		if g.decode(w, r, &in) {
			g.mu.Lock()
			p.Labels = append(p.Labels, in.Labels...)
			g.mu.Unlock()
			writeJSON(w, http.StatusOK, []github.Label{})
		}
	case "PATCH issues/N":
		var in github.IssueRequest
		if g.decode(w, r, &in) {
			g.change(w, http.StatusOK, p, func() {
				if in.Assignees != nil {
					p.Assignees = *in.Assignees
				}
			})
		}
	case "POST issues/N/comments":
		var in struct {
			Body string `json:"body"`
		}
		if g.decode(w, r, &in) {
			g.mu.Lock()
			p.Comments = append(p.Comments, in.Body)
			g.mu.Unlock()
			writeJSON(w, http.StatusCreated, github.IssueComment{Body: &in.Body})
		}
	default:
		g.complain(w, http.StatusNotFound, "no such route: "+route)
	}
}

// decode decodes a request body. Unknown fields are errors.
func (g githubServer) decode(w http.ResponseWriter, r *http.Request, into any) bool {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		g.complain(w, http.StatusBadRequest, fmt.Sprintf("%s %s: %v", r.Method, r.URL.Path, err))
		return false
	}
	return true
}

func (g githubServer) change(w http.ResponseWriter, status int, p *pull, f func()) {
	g.mu.Lock()
	f()
	out := g.pullJSON(p)
	g.mu.Unlock()
	writeJSON(w, status, out)
}

func (g githubServer) list(w http.ResponseWriter, r *http.Request, slug string) {
	q := r.URL.Query()
	for key := range q {
		if !slices.Contains([]string{"state", "head", "base", "sort", "direction", "per_page", "page"}, key) {
			g.complain(w, http.StatusUnprocessableEntity, "no such parameter: "+key)
			return
		}
	}
	owner, branch, ok := strings.Cut(q.Get("head"), ":")
	if q.Has("head") && !ok {
		g.complain(w, http.StatusUnprocessableEntity, "head is not OWNER:BRANCH: "+q.Get("head"))
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	out := []*github.PullRequest{}
	for _, p := range slices.Backward(g.pulls) {
		g.refresh(p)
		if p.Repo == slug && (q.Get("state") == "all" || p.State == q.Get("state")) && (branch == "" || p.Head == branch && strings.HasPrefix(p.from(), owner+"/")) && (q.Get("base") == "" || p.Base == q.Get("base")) {
			out = append(out, g.pullJSON(p))
		}
	}
	writeJSON(w, http.StatusOK, out)
}

func (g githubServer) create(w http.ResponseWriter, r *http.Request, slug string) {
	var in github.NewPullRequest
	if !g.decode(w, r, &in) {
		return
	}
	from, branch := slug, in.GetHead()
	if owner, name, ok := strings.Cut(in.GetHead(), ":"); ok {
		from, branch = owner+"/"+cmp.Or(in.GetHeadRepo(), path.Base(slug)), name
	}
	head, base := g.rev(from, branch), g.rev(slug, in.GetBase())
	invalid := func(e github.Error) { writeError(w, http.StatusUnprocessableEntity, "Validation Failed", e) }
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, p := range g.pulls {
		g.refresh(p)
		if p.Repo == slug && p.State == "open" && p.from() == from && p.Head == branch && p.Base == in.GetBase() {
			invalid(github.Error{Resource: "PullRequest", Code: "custom", Message: "A pull request already exists for " + in.GetHead() + "."})
			return
		}
	}
	switch {
	case head == "":
		invalid(github.Error{Resource: "PullRequest", Field: "head", Code: "invalid"})
		return
	case base == "":
		invalid(github.Error{Resource: "PullRequest", Field: "base", Code: "invalid"})
		return
	case head == base:
		invalid(github.Error{Resource: "PullRequest", Code: "custom", Message: "No commits between " + in.GetBase() + " and " + in.GetHead()})
		return
	case in.GetTitle() == "":
		invalid(github.Error{Resource: "PullRequest", Field: "title", Code: "missing_field"})
		return
	case len([]rune(in.GetBody())) > 65536:
		invalid(github.Error{Resource: "PullRequest", Field: "body", Code: "custom", Message: "body is too long (maximum is 65536 characters)"})
		return
	}
	p := &pull{Repo: slug, Number: len(g.pulls) + 1, Title: in.GetTitle(), Body: in.GetBody(), State: "open", Head: branch, Base: in.GetBase(), Draft: in.GetDraft()}
	if from != slug {
		p.Fork = from
	}
	g.pulls = append(g.pulls, p)
	g.refresh(p)
	writeJSON(w, http.StatusCreated, g.pullJSON(p))
}

func (g githubServer) edit(w http.ResponseWriter, r *http.Request, p *pull) {
	var in struct { // as documented
		Title               *string `json:"title"`
		Body                *string `json:"body"`
		State               *string `json:"state"`
		Base                *string `json:"base"`
		MaintainerCanModify *bool   `json:"maintainer_can_modify"`
	}
	if !g.decode(w, r, &in) {
		return
	}
	g.change(w, http.StatusOK, p, func() {
		for _, x := range []struct{ from, to *string }{{in.Title, &p.Title}, {in.Body, &p.Body}, {in.State, &p.State}} {
			if x.from != nil {
				*x.to = *x.from
			}
		}
	})
}
