package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/regmigrate/regmigrate/internal/testforge"
)

// forgeKey is the key of the forge in the values of a script.
type forgeKey struct{}

// forge COMMAND... controls a forge of package testforge. The commands:
//
//	start OWNER/NAME DIR [KIND]
//	                      starts a forge (GitHub, or KIND) and pushes the repository DIR
//	                      to it as origin; sets FORGE, API and REGMIGRATE_TOKEN
//	repo OWNER/NAME       creates another, empty repository
//	pulls FILE            writes the pull requests to FILE, one per line
//	body N FILE           writes the body of pull request N to FILE
//	requests FILE         writes the requests other than GET since the last call
//	state N STATE         closes pull request N (closed) or merges it (merged)
//	fault KIND            makes requests fail, see faults; "none" ends it
//	hook TEXT             makes the server reject every push with TEXT
func forge(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "forge COMMAND ...")
	g, _ := ts.Value(forgeKey{}).(**testforge.Forge)
	if args[0] == "start" {
		need(ts, neg, args, 3, "forge start OWNER/NAME DIR [KIND]")
		kind := "github"
		if len(args) > 3 {
			kind = args[3]
		}
		dir := ts.MkAbs(".forge")
		ts.Check(os.Mkdir(dir, 0o777))
		var err error
		*g, err = testforge.Start(kind, dir)
		ts.Check(err)
		ts.Defer(func() {
			(*g).Close()
			for _, c := range (*g).Complaints() {
				ts.Fatalf("%s would have rejected a request: %s", kind, c)
			}
		})
		url, err := (*g).CreateRepo(args[1])
		ts.Check(err)
		ts.Setenv("FORGE", (*g).URL)
		ts.Setenv("API", (*g).API)
		ts.Setenv("BARE", (*g).RepoDir(args[1]))
		ts.Setenv("REGMIGRATE_TOKEN", (*g).Token)
		ts.Check(ts.Exec("git", "-C", args[2], "push", "-q", (*g).RepoDir(args[1]), "HEAD:refs/heads/main"))
		ts.Check(ts.Exec("git", "-C", args[2], "remote", "add", "origin", url))
		return
	}
	if *g == nil {
		ts.Fatalf("forge %s: before forge start", args[0])
	}
	write := func(file, text string) { ts.Check(os.WriteFile(ts.MkAbs(file), []byte(text), 0o666)) }
	number := func() int {
		n, err := strconv.Atoi(args[1])
		ts.Check(err)
		return n
	}
	need(ts, neg, args, 2, "forge COMMAND ARGUMENT")
	switch args[0] {
	case "repo":
		_, err := (*g).CreateRepo(args[1])
		ts.Check(err)
	case "pulls":
		write(args[1], (*g).Pulls())
	case "body":
		write(args[2], (*g).Body(number()))
	case "requests":
		text := strings.Join((*g).Requests(), "\n")
		if text != "" {
			text += "\n"
		}
		write(args[1], text)
	case "state":
		(*g).SetState(number(), args[2])
	case "fault":
		f, ok := faults[args[1]]
		if !ok && args[1] != "none" {
			ts.Fatalf("forge fault %s: no such", args[1])
		}
		(*g).SetFault(f)
	case "hook":
		hook := filepath.Join(ts.Getenv("BARE"), "hooks", "pre-receive")
		ts.Check(os.WriteFile(hook, fmt.Appendf(nil, "#!/bin/sh\ncat >&2 <<'END'\n%s\nEND\nexit 1\n", args[1]), 0o777))
	default:
		ts.Fatalf("forge %s: no such command", args[0])
	}
}

// refusal rejects every request to the API except GET requests.
func refusal(status int, body string, header ...string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.URL.Path, "/api/") || r.Method == http.MethodGet {
			return false
		}
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
		return true
	}
}

// faults are ways in which a forge can fail, with the responses that GitHub
// sends.
var faults = map[string]func(http.ResponseWriter, *http.Request) bool{
	"dead": func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasPrefix(r.URL.Path, "/api/") && r.Method != http.MethodGet {
			panic(http.ErrAbortHandler) // the connection breaks
		}
		return false
	},
	"down":      refusal(http.StatusBadGateway, "<html>Unicorn!</html>"),
	"forbidden": refusal(http.StatusForbidden, `{"message":"Resource not accessible by integration"}`, "X-Accepted-GitHub-Permissions", "pull_requests=write"),
	"actions":   refusal(http.StatusForbidden, `{"message":"GitHub Actions is not permitted to create or approve pull requests."}`),
	"limited": refusal(http.StatusForbidden, `{"message":"API rate limit exceeded"}`,
		"X-RateLimit-Remaining", "0", "X-RateLimit-Reset", strconv.FormatInt(time.Now().Add(23*time.Hour).Unix(), 10)),
	"secondary": refusal(http.StatusForbidden,
		`{"message":"You have exceeded a secondary rate limit.","documentation_url":"https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"}`, "Retry-After", "7200"),
	"git-401": func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasPrefix(r.URL.Path, "/api/") {
			return false
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="GitHub"`)
		w.WriteHeader(http.StatusUnauthorized)
		return true
	},
	"git-403": func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.URL.RawQuery+r.URL.Path, "git-receive-pack") {
			return false
		}
		http.Error(w, "Write access to repository not granted.", http.StatusForbidden)
		return true
	},
	// A response with the token, which no client may print.
	"echo": func(w http.ResponseWriter, r *http.Request) bool {
		return refusal(http.StatusUnprocessableEntity, `{"message":"not with `+strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")+`"}`)(w, r)
	},
}

// repostate DIR FILE writes the parts of a repository that must not change:
// HEAD, the branches, the index, the configuration, the status, the depth, and
// files that a fetch or a hook creates. Compare two such files.
func repoState(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "repostate DIR FILE")
	var out strings.Builder
	git := func(cmd ...string) string {
		c := exec.Command("git", append([]string{"--no-optional-locks", "-C", ts.MkAbs(args[0])}, cmd...)...)
		b, err := c.CombinedOutput()
		if err != nil {
			ts.Fatalf("git %v: %v: %s", cmd, err, b)
		}
		return string(b)
	}
	for _, cmd := range [][]string{
		{"rev-parse", "--symbolic-full-name", "HEAD"}, {"rev-parse", "HEAD"},
		{"for-each-ref", "refs/heads", "refs/tags", "refs/regmigrate", "refs/remotes/origin/main"},
		{"ls-files", "-s", "--debug"}, {"status", "--porcelain", "--ignored"}, {"stash", "list"}, {"config", "--local", "--list"}, {"worktree", "list"},
	} {
		out.WriteString(git(cmd...))
	}
	for _, name := range []string{"FETCH_HEAD", "ORIG_HEAD", "shallow", "index.lock"} {
		text, err := os.ReadFile(filepath.Join(strings.TrimSpace(git("rev-parse", "--path-format=absolute", "--git-path", name))))
		fmt.Fprintf(&out, "%s: %v %q\n", name, err == nil, text)
	}
	shared, err := filepath.Glob(filepath.Join(strings.TrimSpace(git("rev-parse", "--absolute-git-dir")), "sharedindex.*"))
	ts.Check(err)
	fmt.Fprintln(&out, "shared:", len(shared))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(out.String()), 0o666))
}

// hashes replaces object names in files by X, so that files can be compared.
var hashes = change(func(b []byte) []byte { return regexp.MustCompile(`\b[0-9a-f]{12,64}\b`).ReplaceAll(b, []byte("X")) })
