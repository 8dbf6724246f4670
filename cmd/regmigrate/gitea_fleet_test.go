package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/regmigrate/regmigrate/internal/testforge"
)

// A giteaFleet is a set of repositories of a real Gitea. Requests go through a server that
// counts them.
type giteaFleet struct {
	t        *testing.T
	gitea    *testforge.Gitea
	url      string // of the server that counts
	repos    []string
	api, git atomic.Int64 // requests
}

// The repositories of a fleet: one that fails, and those that change between the runs.
const (
	brokenRepo  = 0  // its chart would render differently
	movedByHand = 10 // this part of the repositories has nothing left: 1 in 10
	moreToMove  = 5  // and this part gets more references: 1 in 5
)

// newGiteaFleet starts Gitea with n repositories, each with a manifest of the old registry.
func newGiteaFleet(t *testing.T, n int) *giteaFleet {
	t.Helper()
	program, err := testforge.FindGitea()
	if err != nil {
		t.Skipf("SKIPPED: %v", err)
	}
	g, err := testforge.StartGitea(t.Context(), program, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	target, err := url.Parse(g.URL)
	if err != nil {
		t.Fatal(err)
	}
	f := &giteaFleet{t: t, gitea: g}
	proxy := httputil.NewSingleHostReverseProxy(target)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/v1/") {
			f.api.Add(1)
		} else {
			f.git.Add(1)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	f.url = server.URL
	for i := range n {
		f.repos = append(f.repos, fmt.Sprintf("r%03d", i))
	}
	sound := makeBareRepo(t, map[string]string{"deploy.yaml": "kind: Pod\nspec: {containers: [{image: \"k8s.gcr.io/pause:3.9\"}]}\n"})
	broken := makeBareRepo(t, map[string]string{
		"Chart.yaml": "apiVersion: v2\nname: broken\nversion: 1.0.0\n", "values.yaml": "image: k8s.gcr.io/pause\n",
		"templates/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: x, labels: {old: \"{{ hasPrefix \"k8s.gcr.io/\" .Values.image }}\"}}\n" +
			"spec: {containers: [{image: \"{{ .Values.image }}:3.9\"}]}\n",
	})
	f.each(func(i int, name string) error {
		from := sound
		if i == brokenRepo {
			from = broken
		}
		return g.Adopt(name, from)
	})
	return f
}

// makeBareRepo returns the folder of a bare repository with one commit on main.
func makeBareRepo(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	bare := filepath.Join(t.TempDir(), "repo.git")
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"add", "-A"}, {"commit", "-q", "-m", "files"}, {"clone", "-q", "--bare", ".", bare}} {
		cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=t", "-c", "user.email=t@example.com"}, args...)...)
		cmd.Env = append(os.Environ(), cleanGit()...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v\n%s", args[0], err, out)
		}
	}
	return bare
}

// each runs do for each repository, a few at a time.
func (f *giteaFleet) each(do func(i int, name string) error) {
	f.t.Helper()
	errs := make([]error, len(f.repos))
	slots := make(chan struct{}, 4)
	var wg sync.WaitGroup
	for i, name := range f.repos {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			errs[i] = do(i, name)
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		f.t.Fatal(err)
	}
}

// create adds files to a repository.
func (f *giteaFleet) create(repo string, files map[string]string) error {
	type operation struct {
		Operation string `json:"operation"`
		Path      string `json:"path"`
		Content   string `json:"content"`
	}
	var ops []operation
	for name, text := range files {
		ops = append(ops, operation{"create", name, base64.StdEncoding.EncodeToString([]byte(text))})
	}
	return f.gitea.Do(http.MethodPost, "/repos/mover/"+repo+"/contents", map[string]any{"branch": "main", "message": "add files", "files": ops}, nil)
}

// moveByHand changes the manifest of a repository as a person would do.
func (f *giteaFleet) moveByHand(repo string) error {
	var old struct{ Sha string }
	path := "/repos/mover/" + repo + "/contents/deploy.yaml"
	if err := f.gitea.Do(http.MethodGet, path, nil, &old); err != nil {
		return err
	}
	text := "kind: Pod\nspec: {containers: [{image: \"registry.k8s.io/pause:3.9\"}]}\n# moved by hand\n"
	return f.gitea.Do(http.MethodPut, path, map[string]any{"branch": "main", "message": "by hand", "sha": old.Sha, "content": base64.StdEncoding.EncodeToString([]byte(text))}, nil)
}

// run runs examples/parallel.sh over all repositories, and returns the number of
// repositories by action. One repository fails.
func (f *giteaFleet) run(what string) map[string]int {
	t := f.t
	t.Helper()
	dir := t.TempDir()
	var list strings.Builder
	for _, name := range f.repos {
		fmt.Fprintf(&list, "%s/mover/%s.git\n", f.url, name)
	}
	file, results := filepath.Join(dir, "repositories.txt"), filepath.Join(dir, "results")
	if err := os.WriteFile(file, []byte(list.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	api, git, began := f.api.Load(), f.git.Load(), time.Now()
	cmd := exec.Command("sh", filepath.Join("..", "..", "examples", "parallel.sh"), file, results, "--forge", "gitea", "--author", "registry bot <bot@example.com>")
	cmd.Env = append(append(os.Environ(), cleanGit()...), "GITEA_TOKEN="+f.gitea.Token, "HOME="+dir)
	out, err := cmd.CombinedOutput()
	took := time.Since(began)
	if x := (*exec.ExitError)(nil); !errors.As(err, &x) || x.ExitCode() != 1 {
		t.Fatalf("%s: %v, want exit code 1 for the broken repository\n%s", what, err, out)
	}
	if want := fmt.Sprintf("%d repositories, 1 failed", len(f.repos)); !strings.Contains(string(out), want) || !strings.Contains(string(out), "r000.git: failed with exit code 1: ") {
		logs, _ := filepath.Glob(filepath.Join(results, "*.log"))
		for _, name := range logs {
			text, _ := os.ReadFile(name)
			if strings.Contains(string(text), "error:") {
				t.Logf("%s: %s", name, text)
			}
		}
		t.Fatalf("%s: the output lacks %q:\n%s", what, want, out)
	}
	counts := map[string]int{}
	for l := range strings.Lines(string(out)) {
		if n, action, ok := strings.Cut(strings.TrimSpace(l), ` "action": "`); ok {
			counts[strings.TrimSuffix(action, `"`)], _ = strconv.Atoi(strings.TrimSpace(n))
		}
	}
	f.merge(file, results, counts)
	f.checkNoToken(dir, string(out))
	t.Logf("%s: %d repositories in %s: %d requests to the API, %d of git; %v, 1 failed", what, len(f.repos), took.Round(time.Second), f.api.Load()-api, f.git.Load()-git, counts)
	return counts
}

// merge merges the reports of a run: the broken repository is failed in the state, with the
// reason, and the others have the references that their base has.
func (f *giteaFleet) merge(list, results string, counts map[string]int) {
	t := f.t
	t.Helper()
	cmd := exec.Command("regmigrate", "report", "merge", "--expect", list, results)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("report merge: %v\n%s", err, out)
	}
	for _, want := range []string{
		fmt.Sprintf("%d repositories: %d done, %d with references left, 1 failed\n", len(f.repos), counts["closed"], len(f.repos)-1-counts["closed"]),
		"/mover/r000: error: a proof failed: nothing was pushed",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the merged state lacks %q:\n%s", want, out)
		}
	}
	first, _, _ := strings.Cut(string(out), "\n\n")
	t.Logf("merged: %s", strings.ReplaceAll(first, "\n", "; "))
}

// checkNoToken fails if an output or a file of a run contains the token.
func (f *giteaFleet) checkNoToken(dir, out string) {
	f.t.Helper()
	if strings.Contains(out, f.gitea.Token) {
		f.t.Error("the token is in the output")
	}
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(name)
		if strings.Contains(string(text), f.gitea.Token) {
			f.t.Errorf("the token is in %s", name)
		}
		return err
	})
	if err != nil {
		f.t.Error(err)
	}
}

// pulls returns the number of pull requests of all repositories, by state.
func (f *giteaFleet) pulls() map[string]int {
	f.t.Helper()
	var mu sync.Mutex
	counts := map[string]int{}
	f.each(func(_ int, name string) error {
		var list []struct{ State string }
		err := f.gitea.Do(http.MethodGet, "/repos/mover/"+name+"/pulls?state=all", nil, &list)
		mu.Lock()
		defer mu.Unlock()
		for _, p := range list {
			counts[p.State]++
		}
		return err
	})
	return counts
}

// TestGiteaFleet runs pr over many repositories of a real Gitea with GNU parallel: pull
// requests are opened, updated after the base moved, and closed when nothing is left. One
// broken repository stops no other one. REGMIGRATE_FLEET is the number of repositories.
func TestGiteaFleet(t *testing.T) {
	if _, err := exec.LookPath("parallel"); err != nil {
		t.Skip("SKIPPED: GNU parallel is missing")
	}
	n := 20
	if s := os.Getenv("REGMIGRATE_FLEET"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil || n < movedByHand {
			t.Fatalf("REGMIGRATE_FLEET is %q, expected a number of at least %d", s, movedByHand)
		}
	}
	f := newGiteaFleet(t, n)
	same := func(what string, got, want map[string]int) {
		t.Helper()
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	same("first run", f.run("first run"), map[string]int{"opened": n - 1})
	same("pull requests", f.pulls(), map[string]int{"open": n - 1})

	updated, closed := 0, 0
	isMoved := func(i int) bool { return i%movedByHand == 1 }
	getsMore := func(i int) bool { return i%moreToMove == 2 }
	f.each(func(i int, name string) error {
		if getsMore(i) {
			return f.create(name, map[string]string{"more.yaml": "kind: Pod\nspec: {containers: [{image: \"k8s.gcr.io/coredns:1.8\"}]}\n"})
		}
		return nil
	})
	for i := range n {
		if getsMore(i) {
			updated++
		}
	}
	same("after the base moved", f.run("after the base moved"), map[string]int{"updated": updated, "unchanged": n - 1 - updated})
	same("pull requests", f.pulls(), map[string]int{"open": n - 1})

	f.each(func(i int, name string) error {
		if isMoved(i) {
			return f.moveByHand(name)
		}
		return nil
	})
	for i := range n {
		if isMoved(i) {
			closed++
		}
	}
	same("nothing left", f.run("nothing left"), map[string]int{"closed": closed, "unchanged": n - 1 - closed})
	same("pull requests", f.pulls(), map[string]int{"open": n - 1 - closed, "closed": closed})
	f.multiGitter()
}

// multiGitter runs examples/multi-gitter.sh as multi-gitter does: in a clone, with the name
// of the repository in REPOSITORY. If the script succeeds and changed files, multi-gitter
// commits them, pushes a branch and opens a pull request.
func (f *giteaFleet) multiGitter() {
	t := f.t
	t.Helper()
	script, err := filepath.Abs(filepath.Join("..", "..", "examples", "multi-gitter.sh"))
	if err != nil {
		t.Fatal(err)
	}
	var failed, unchanged, opened atomic.Int64
	began := time.Now()
	f.each(func(_ int, name string) error {
		dir := t.TempDir()
		git := func(args ...string) (string, error) {
			cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
			cmd.Env = append(os.Environ(), cleanGit()...)
			out, err := cmd.CombinedOutput()
			if err != nil {
				err = fmt.Errorf("git %s: %w: %s", args[0], err, out)
			}
			return string(out), err
		}
		if _, err := git("clone", "--quiet", "--depth", "1", f.url+"/mover/"+name+".git", "."); err != nil {
			return err
		}
		cmd := exec.Command(script)
		cmd.Dir = dir
		cmd.Env = append(append(os.Environ(), cleanGit()...), "REPOSITORY=mover/"+name, "DRY_RUN=false")
		if err := cmd.Run(); err != nil {
			failed.Add(1)
			return nil
		}
		if status, err := git("status", "--porcelain"); err != nil || status == "" {
			unchanged.Add(1)
			return err
		}
		for _, args := range [][]string{{"checkout", "-q", "-b", "multi-gitter"}, {"add", "-A"}, {"commit", "-q", "-m", "Move image references"}, {"push", "-q", f.gitea.WithToken(f.gitea.URL + "/mover/" + name + ".git"), "multi-gitter"}} {
			if _, err := git(args...); err != nil {
				return err
			}
		}
		opened.Add(1)
		return f.gitea.Do(http.MethodPost, "/repos/mover/"+name+"/pulls", map[string]string{"head": "multi-gitter", "base": "main", "title": "Move image references"}, nil)
	})
	closed := int64(0)
	for i := range f.repos {
		if i%movedByHand == 1 {
			closed++
		}
	}
	n := int64(len(f.repos))
	if failed.Load() != 1 || unchanged.Load() != closed || opened.Load() != n-1-closed {
		t.Errorf("multi-gitter.sh: %d failed, %d unchanged, %d opened", failed.Load(), unchanged.Load(), opened.Load())
	}
	t.Logf("multi-gitter.sh in %d clones in %s: %d opened, %d unchanged, %d failed", n, time.Since(began).Round(time.Second), opened.Load(), unchanged.Load(), failed.Load())
}
