package testforge

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/go-github/v88/github"
)

// A GitHub is a server with the part of GitHub's REST API that pull requests need,
// under /api/v3 as on an Enterprise Server. It also serves the repositories to git
// over HTTP. It rejects requests that GitHub would reject and records them as
// complaints: an unknown path, an undocumented parameter or field, a wrong type,
// a missing or duplicate Authorization.
//
// Source: https://docs.github.com/en/rest/pulls/pulls and related pages
type GitHub struct {
	URL, API string
	Token    string

	dir    string
	server *httptest.Server

	mu         sync.Mutex
	pulls      []*pull
	complaints []string
	requests   []string
	fault      func(w http.ResponseWriter, r *http.Request) bool
}

// A pull is the state of a pull request.
type pull struct {
	Repo, Title, Body, State, Head, Base string
	Fork                                 string // the repository with the branch; "" if it is Repo
	Number                               int
	Draft, Merged                        bool
	Labels, Users, Teams, Assignees      []string
	Comments                             []string
	SHA                                  string // of the head, when it was last read
}

// StartGitHub starts a server that stores its repositories in dir.
func StartGitHub(dir string) (*GitHub, error) {
	exec, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		return nil, err
	}
	backend := filepath.Join(strings.TrimSpace(string(exec)), "git-http-backend")
	if _, err := os.Stat(backend); err != nil {
		return nil, err
	}
	g := &GitHub{Token: "ghs_A1b2C3d4E5f6G7h8", dir: dir}
	git := &cgi.Handler{Path: backend, Dir: dir, Env: []string{"GIT_PROJECT_ROOT=" + dir, "GIT_HTTP_EXPORT_ALL=1", "REMOTE_USER=x", "HOME=" + dir,
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*"}}
	g.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if fault := g.recordRequest(r); fault != nil && fault(w, r) {
			return
		}
		if path, ok := strings.CutPrefix(r.URL.Path, "/api/v3/"); ok {
			g.serveAPI(w, r, path)
			return
		}
		user, password, ok := r.BasicAuth()
		switch n := len(r.Header.Values("Authorization")); {
		case n > 1:
			g.complain(w, http.StatusBadRequest, "Duplicate header: Authorization")
		case !ok || user != "x-access-token" || password != g.Token:
			w.Header().Set("WWW-Authenticate", `Basic realm="GitHub"`)
			http.Error(w, "Invalid username or token.", http.StatusUnauthorized)
		default:
			git.ServeHTTP(w, r)
		}
	}))
	g.URL = g.server.URL
	g.API = g.URL + "/api/v3"
	return g, nil
}

// Close stops the server.
func (g *GitHub) Close() { g.server.Close() }

// Complaints returns the errors for requests that GitHub would reject as invalid.
// Faults that a test sets do not count.
func (g *GitHub) Complaints() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.complaints)
}

// Requests returns the methods and paths of the API requests other than GET since
// the last call, in order.
func (g *GitHub) Requests() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := g.requests
	g.requests = nil
	return out
}

// recordRequest records an API request other than GET, and returns the current
// fault.
func (g *GitHub) recordRequest(r *http.Request) func(http.ResponseWriter, *http.Request) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if path, ok := strings.CutPrefix(r.URL.Path, "/api/v3"); ok && r.Method != http.MethodGet {
		g.requests = append(g.requests, r.Method+" "+path)
	}
	return g.fault
}

// SetFault makes f handle all requests first. f returns true if it responded. A
// panic with http.ErrAbortHandler breaks the connection. Nil removes the fault.
func (g *GitHub) SetFault(f func(w http.ResponseWriter, r *http.Request) bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.fault = f
}

// CreateRepo creates an empty repository OWNER/NAME with the default branch main,
// and returns its URL for git.
func (g *GitHub) CreateRepo(slug string) (url string, err error) {
	out, err := exec.Command("git", "init", "-q", "--bare", "-b", "main", g.RepoDir(slug)).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return g.URL + "/" + slug + ".git", nil
}

// RepoDir returns the folder of a repository.
func (g *GitHub) RepoDir(slug string) string {
	return filepath.Join(g.dir, filepath.FromSlash(slug)+".git")
}

// Pulls describes the pull requests of all repositories, one per line.
func (g *GitHub) Pulls() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	var b strings.Builder
	for _, p := range g.pulls {
		g.refresh(p)
		from := p.Head
		if p.Fork != "" {
			from = p.Fork + ":" + p.Head
		}
		fmt.Fprintf(&b, "%s#%d %s %s<-%s %q", p.Repo, p.Number, p.State, p.Base, from, p.Title)
		if p.Draft {
			b.WriteString(" draft")
		}
		for _, x := range []struct {
			what string
			list []string
		}{{"labels", p.Labels}, {"reviewers", p.Users}, {"teams", p.Teams}, {"assignees", p.Assignees}, {"comments", p.Comments}} {
			if len(x.list) > 0 {
				fmt.Fprintf(&b, " %s=%q", x.what, x.list)
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// Body returns the body of a pull request.
func (g *GitHub) Body(number int) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.pulls[number-1].Body
}

// SetState closes a pull request ("closed") or marks it as merged ("merged"), as a
// person would do.
func (g *GitHub) SetState(number int, state string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	p := g.pulls[number-1]
	p.State, p.Merged = "closed", state == "merged"
}

// complain responds with an error and records it as a complaint.
func (g *GitHub) complain(w http.ResponseWriter, status int, text string) {
	g.mu.Lock()
	g.complaints = append(g.complaints, text)
	g.mu.Unlock()
	writeError(w, status, text)
}

func writeError(w http.ResponseWriter, status int, text string, errors ...github.Error) {
	writeJSON(w, status, map[string]any{"message": text, "errors": errors, "documentation_url": "https://docs.github.com/rest"})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

// refresh reads the head of a pull request, and closes the pull request if its
// branch does not exist.
func (g *GitHub) refresh(p *pull) {
	if p.State != "open" {
		return
	}
	if sha := g.rev(p.from(), p.Head); sha != "" {
		p.SHA = sha
	} else {
		p.State = "closed"
	}
}

// from returns the repository with the branch.
func (p *pull) from() string { return cmp.Or(p.Fork, p.Repo) }

// rev returns the commit of a branch, or "" if the branch does not exist.
func (g *GitHub) rev(slug, branch string) string {
	out, err := exec.Command("git", "-C", g.RepoDir(slug), "rev-parse", "--verify", "-q", "refs/heads/"+branch).Output()
	if err != nil {
		return ""
	}
	return string(bytes.TrimSpace(out))
}

// pullJSON returns a pull request in the form that GitHub sends.
func (g *GitHub) pullJSON(p *pull) *github.PullRequest {
	side := func(repo, ref, sha string) *github.PullRequestBranch {
		owner, _, _ := strings.Cut(repo, "/")
		return &github.PullRequestBranch{Ref: &ref, SHA: &sha, Label: github.Ptr(owner + ":" + ref), Repo: &github.Repository{FullName: &repo}}
	}
	out := &github.PullRequest{
		Number: &p.Number, Title: &p.Title, Body: github.Ptr(strings.ReplaceAll(p.Body, "\n", "\r\n")), State: &p.State, Draft: &p.Draft,
		Head: side(p.from(), p.Head, p.SHA), Base: side(p.Repo, p.Base, g.rev(p.Repo, p.Base)),
		HTMLURL: github.Ptr(fmt.Sprintf("%s/%s/pull/%d", g.URL, p.Repo, p.Number)),
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
