package testforge

import (
	"bytes"
	"cmp"
	"encoding/base64"
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

	"github.com/google/go-github/v88/github"
)

// A Forge is a server with the part of a forge's REST API that pull requests need. It also
// serves the repositories to git over HTTP, with the credentials that the forge documents. It
// rejects requests that the forge would reject as invalid, and records them as complaints.
type Forge struct {
	URL, API string
	Token    string

	dir     string
	dialect *dialect
	server  *httptest.Server

	mu         sync.Mutex
	pulls      []*pull
	complaints []string
	requests   []string
	calls      int
	fault      func(w http.ResponseWriter, r *http.Request) bool
}

// An apiHandler responds to a request to the API; path is relative to the API, and starts
// without a slash.
type apiHandler func(w http.ResponseWriter, r *http.Request, path string)

// A dialect is what differs between forges.
type dialect struct {
	apiPath string // of the API; repositories may be below the same path
	token   string
	apiAuth func(token string) string // the header Authorization of the API
	gitAuth func(token string) string // the header Authorization of git
	// gitPath returns the path of a repository, OWNER/NAME.git and more, for the path of a
	// request of git.
	gitPath func(path string) (string, bool)
	gitURL  func(slug string) string // the path of a repository for git; nil: /OWNER/NAME.git
	serve   func(g *Forge) apiHandler
	page    func(g *Forge, p *pull) string // the URL of the page of a pull request
}

// dialects are the forges, by the value of --forge.
var dialects = map[string]*dialect{
	"github": &githubDialect, "gitlab": &gitlabDialect, "forgejo": &forgejoDialect,
	"bitbucket": &bitbucketDialect, "bitbucket-datacenter": &dataCenterDialect, "azure": &azureDialect,
}

// Kinds are the forges that Start knows, by the value of --forge.
func Kinds() []string {
	var out []string
	for name := range dialects {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

func bearer(token string) string { return "Bearer " + token }

func basic(user string) func(string) string {
	return func(token string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+token))
	}
}

func plainGitPath(path string) (string, bool) { return path, strings.Contains(path, ".git/") }

// Start starts a server with the API of a forge, and stores its repositories in dir.
func Start(kind, dir string) (*Forge, error) {
	exec, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		return nil, err
	}
	backend := filepath.Join(strings.TrimSpace(string(exec)), "git-http-backend")
	if _, err := os.Stat(backend); err != nil {
		return nil, err
	}
	d := dialects[kind]
	if d == nil {
		return nil, fmt.Errorf("no forge %q", kind)
	}
	g := &Forge{Token: d.token, dir: dir, dialect: d}
	serve := d.serve(g)
	git := &cgi.Handler{Path: backend, Dir: dir, Env: []string{"GIT_PROJECT_ROOT=" + dir, "GIT_HTTP_EXPORT_ALL=1", "REMOTE_USER=x", "HOME=" + dir,
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*"}}
	g.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if fault := g.recordRequest(r); fault != nil && fault(w, r) {
			return
		}
		path, isGit := d.gitPath(r.URL.Path)
		if api, ok := strings.CutPrefix(r.URL.Path, d.apiPath+"/"); ok && !isGit {
			serve(w, r, api)
			return
		}
		switch a := r.Header.Values("Authorization"); {
		case len(a) > 1:
			g.complain(w, http.StatusBadRequest, "Duplicate header: Authorization")
		case len(a) == 0 || a[0] != d.gitAuth(g.Token):
			w.Header().Set("WWW-Authenticate", `Basic realm="forge"`)
			http.Error(w, "Invalid username or token.", http.StatusUnauthorized)
		default:
			r.URL.Path = path
			git.ServeHTTP(w, r)
		}
	}))
	g.URL = g.server.URL
	g.API = g.URL + d.apiPath
	return g, nil
}

// Calls returns the number of requests to the API so far.
func (g *Forge) Calls() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.calls
}

// page returns the URL of the page of a pull request.
func (g *Forge) page(p *pull) string { return g.dialect.page(g, p) }

// A pull is the state of a pull request.
type pull struct {
	Repo, Title, Body, State, Head, Base string
	Fork                                 string // the repository with the branch; "" if it is Repo
	Number                               int
	Draft, Merged                        bool
	Labels, Users, Teams, Assignees      []string
	Comments                             []string
	SHA                                  string // of the head, when it was last read
	Version                              int    // incremented by each change of the text, in Bitbucket Data Center
}

// Close stops the server.
func (g *Forge) Close() { g.server.Close() }

// Complaints returns the errors for requests that the forge would reject as invalid.
// Faults that a test sets do not count.
func (g *Forge) Complaints() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.complaints)
}

// Requests returns the methods and paths of the API requests other than GET since
// the last call, in order.
func (g *Forge) Requests() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := g.requests
	g.requests = nil
	return out
}

// recordRequest records an API request other than GET, and returns the current
// fault.
func (g *Forge) recordRequest(r *http.Request) func(http.ResponseWriter, *http.Request) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, isGit := g.dialect.gitPath(r.URL.Path)
	if path, ok := strings.CutPrefix(r.URL.Path, g.dialect.apiPath); ok && !isGit {
		g.calls++
		if r.Method != http.MethodGet {
			g.requests = append(g.requests, r.Method+" "+path)
		}
	}
	return g.fault
}

// SetFault makes f handle all requests first. f returns true if it responded. A
// panic with http.ErrAbortHandler breaks the connection. Nil removes the fault.
func (g *Forge) SetFault(f func(w http.ResponseWriter, r *http.Request) bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.fault = f
}

// CreateRepo creates an empty repository OWNER/NAME with the default branch main,
// and returns its URL for git.
func (g *Forge) CreateRepo(slug string) (url string, err error) {
	out, err := exec.Command("git", "init", "-q", "--bare", "-b", "main", g.RepoDir(slug)).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	if g.dialect.gitURL != nil {
		return g.URL + g.dialect.gitURL(slug), nil
	}
	return g.URL + "/" + slug + ".git", nil
}

// RepoDir returns the folder of a repository.
func (g *Forge) RepoDir(slug string) string {
	return filepath.Join(g.dir, filepath.FromSlash(slug)+".git")
}

// Pulls describes the pull requests of all repositories, one per line.
func (g *Forge) Pulls() string {
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
func (g *Forge) Body(number int) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.pulls[number-1].Body
}

// SetState closes a pull request ("closed") or marks it as merged ("merged"), as a
// person would do.
func (g *Forge) SetState(number int, state string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	p := g.pulls[number-1]
	g.refresh(p) // the forge knows the last push
	p.State, p.Merged = "closed", state == "merged"
}

// complain responds with an error and records it as a complaint.
func (g *Forge) complain(w http.ResponseWriter, status int, text string) {
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
func (g *Forge) refresh(p *pull) {
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
func (g *Forge) rev(slug, branch string) string {
	out, err := exec.Command("git", "-C", g.RepoDir(slug), "rev-parse", "--verify", "-q", "refs/heads/"+branch).Output()
	if err != nil {
		return ""
	}
	return string(bytes.TrimSpace(out))
}
