package main

import (
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/internal/testforge"
)

// A giteaPull is a pull request as the API of Gitea returns it.
type giteaPull struct {
	Number      int
	Title, Body string
	State       string
	Head        struct{ Sha string }
	Labels      []struct{ Name string }
	Reviewers   []struct{ Login string } `json:"requested_reviewers"`
	Comments    int
}

// TestGitea uses a real Gitea: pr opens, keeps, updates and closes a pull
// request there, reports what Gitea rejects, and nowhere shows the token.
func TestGitea(t *testing.T) {
	program, err := testforge.FindGitea()
	if err != nil {
		t.Skipf("no Gitea here: %v", err)
	}
	g, err := testforge.StartGitea(t.Context(), program, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	remote, err := g.CreateRepo("shop")
	if err != nil {
		t.Fatal(err)
	}
	must := func(method, path string, body, into any) {
		t.Helper()
		if err := g.Do(method, path, body, into); err != nil {
			t.Fatal(err)
		}
	}
	must(http.MethodPost, "/admin/users", map[string]any{"username": "ann", "email": "ann@example.com", "password": "for-tests-only-2", "must_change_password": false}, nil)
	must(http.MethodPut, "/repos/mover/shop/collaborators/ann", map[string]any{"permission": "write"}, nil)
	must(http.MethodPost, "/repos/mover/shop/labels", map[string]any{"name": "registry", "color": "#00aabb"}, nil)

	work := t.TempDir()
	git := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-C", work}, args...)...)
		cmd.Env = append(os.Environ(), cleanGit()...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %q: %v: %s", args, err, out)
		}
		return string(out)
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(work, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	commit := func(words string) {
		t.Helper()
		git("add", "-A")
		git("commit", "-q", "-m", words)
		git("push", "-q", g.WithToken(remote), "HEAD:main")
	}
	git("init", "-q", "-b", "main")
	git("remote", "add", "origin", remote)
	write("a.yaml", "kind: Pod\nspec: {containers: [{image: \"k8s.gcr.io/pause:3.9\"}]}  # as it was\n")
	commit("one app")
	if err := g.WaitForPush(t.Context(), "shop"); err != nil {
		t.Fatal(err)
	}

	// pr runs the program, which must exit with code, and returns both streams.
	var shown strings.Builder
	pr := func(code int, token string, args ...string) (stdout, stderr string) {
		t.Helper()
		cmd := exec.Command("regmigrate", append([]string{"pr", "--api-url", g.API}, args...)...)
		cmd.Dir = work
		cmd.Env = append(append(os.Environ(), cleanGit()...), "REGMIGRATE_TOKEN="+token, "GIT_TRACE=1", "GIT_CURL_VERBOSE=1")
		var out, err strings.Builder
		cmd.Stdout, cmd.Stderr = &out, &err
		got := 0
		if e := cmd.Run(); e != nil {
			x := (*exec.ExitError)(nil)
			if !errors.As(e, &x) {
				t.Fatal(e)
			}
			got = x.ExitCode()
		}
		if got != code {
			t.Fatalf("regmigrate pr %q: exit code %d, want %d\n%s%s", args, got, code, out.String(), err.String())
		}
		shown.WriteString(out.String() + err.String())
		return out.String(), err.String()
	}
	pulls := func() []giteaPull {
		t.Helper()
		var list []giteaPull
		must(http.MethodGet, "/repos/mover/shop/pulls?state=all", nil, &list)
		return list
	}
	same := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: got %q, want %q", what, got, want)
		}
	}

	// The first run opens the pull request.
	before := git("status", "--porcelain") + git("for-each-ref", "refs/heads") + git("config", "--local", "--list")
	stdout, _ := pr(0, g.Token, "--label", "registry", "--reviewer", "ann")
	same("standard output", stdout, g.URL+"/mover/shop/pulls/1\n")
	same("the repository", git("status", "--porcelain")+git("for-each-ref", "refs/heads")+git("config", "--local", "--list"), before)
	all := pulls()
	if len(all) != 1 {
		t.Fatalf("%d pull requests, want 1", len(all))
	}
	p := all[0]
	same("title", p.Title, "Move images to registry.k8s.io")
	same("state", p.State, "open")
	if !strings.Contains(p.Body, "registry.k8s.io") {
		t.Errorf("the text is %q", p.Body)
	}
	if len(p.Labels) != 1 || p.Labels[0].Name != "registry" || len(p.Reviewers) != 1 || p.Reviewers[0].Login != "ann" {
		t.Errorf("labels %v, reviewers %v", p.Labels, p.Reviewers)
	}
	var files []struct{ Filename, Status string }
	must(http.MethodGet, "/repos/mover/shop/pulls/1/files", nil, &files)
	if len(files) != 1 || files[0].Filename != "a.yaml" || files[0].Status != "changed" {
		t.Errorf("its files are %v", files)
	}
	git("fetch", "-q", g.WithToken(remote), "regmigrate/k8s")
	same("the file", git("show", "FETCH_HEAD:a.yaml"), "kind: Pod\nspec: {containers: [{image: \"registry.k8s.io/pause:3.9\"}]}  # as it was\n")

	// A second run changes nothing.
	_, stderr := pr(0, g.Token, "--label", "registry", "--reviewer", "ann")
	if !strings.Contains(stderr, "is up to date") {
		t.Errorf("a second run says %q", stderr)
	}
	if again := pulls(); len(again) != 1 || again[0].Head.Sha != p.Head.Sha {
		t.Errorf("a second run changed %v", again)
	}

	// The base has more references to move.
	write("b.yaml", "kind: Pod\nspec: {containers: [{image: \"k8s.gcr.io/pause:3.8\"}]}\n")
	commit("another app")
	pr(0, g.Token, "--title", "Registry move")
	if all = pulls(); len(all) != 1 || all[0].Head.Sha == p.Head.Sha || all[0].Title != "Registry move" || all[0].State != "open" {
		t.Errorf("after more to move: %+v", all)
	}
	must(http.MethodGet, "/repos/mover/shop/pulls/1/files", nil, &files)
	if len(files) != 2 {
		t.Errorf("its files are %v", files)
	}

	// Gitea rejects a wrong token and a push to a protected branch.
	_, stderr = pr(3, "0123456789abcdef0123456789abcdef01234567")
	if !strings.Contains(stderr, "does not accept the token") {
		t.Errorf("with a wrong token: %q", stderr)
	}
	must(http.MethodPost, "/repos/mover/shop/branch_protections", map[string]any{"rule_name": "locked/*", "enable_push": false}, nil)
	_, stderr = pr(3, g.Token, "--branch", "locked/move")
	if !strings.Contains(stderr, `rejected the request to push to the branch "locked/move"`) || !strings.Contains(stderr, "protected") {
		t.Errorf("a protected branch: %q", stderr)
	}
	_, stderr = pr(0, g.Token, "--branch", "other", "--draft", "--label", "no-such-label")
	if all = pulls(); len(all) != 2 || all[0].Title != "WIP: Move images to registry.k8s.io" {
		t.Errorf("a draft: %+v\n%s", all, stderr)
	}

	// Nothing is left to move.
	git("fetch", "-q", g.WithToken(remote), "regmigrate/k8s")
	git("merge", "-q", "--ff-only", "FETCH_HEAD")
	write("c.yaml", "kind: Pod\n")
	git("reset", "-q", "--soft", "HEAD~1") // as a person would do
	commit("moved by hand")
	_, stderr = pr(0, g.Token)
	if !strings.Contains(stderr, "closed pull request #1 of mover/shop and deleted the branch regmigrate/k8s") {
		t.Errorf("nothing left: %q", stderr)
	}
	if err := g.Do(http.MethodGet, "/repos/mover/shop/pulls/1", nil, &p); err != nil {
		t.Fatal(err)
	}
	same("state", p.State, "closed")
	if p.Comments == 0 {
		t.Error("it was closed without a word")
	}
	if refs := git("ls-remote", "--heads", g.WithToken(remote)); strings.Contains(refs, "regmigrate/k8s") {
		t.Errorf("the branch is still there: %s", refs)
	}

	// No file and no output contains the token.
	config, err := os.ReadFile(filepath.Join(work, ".git", "config"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(shown.String()+string(config), g.Token) {
		t.Error("the token is in an output or in git's configuration")
	}
}
