package pullrequest

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestApplyOpensAPullRequest(t *testing.T) {
	f := newFixture(t)
	before := f.repoState()
	o := f.options()
	o.Labels, o.Reviewers, o.Teams, o.Assignees = []string{"registry"}, []string{"ann"}, []string{"platform"}, []string{"bob"}
	o.SignOff, o.Trailers = true, []string{"Refs: 1"}
	r := f.mustApply(o, f.change("a.yaml", "run.sh"))
	want(t, r, Opened, true)
	if r.Number != 1 || r.URL != f.forge.URL+"/acme/shop/pull/1" || r.Repo != testSlug || r.Base != "main" || r.Branch != testBranch || r.Commit != f.branchCommit() {
		t.Errorf("got %+v", *r)
	}
	wantPulls(t, f, `acme/shop#1 open main<-regmigrate/k8s "Move images" labels=["registry"] reviewers=["ann"] teams=["platform"] assignees=["bob"]`+"\n")
	if got := f.forge.Body(1); got != "Why." {
		t.Errorf("body %q", got)
	}
	message := "Move images\n\nRefs: 1\nRegmigrate-Branch: regmigrate/k8s\nSigned-off-by: a <a@example.com>"
	if got := f.bareGit("log", "-1", "--format=%B", testBranch); got != message {
		t.Errorf("message:\n%s\nwant:\n%s", got, message)
	}
	if got := f.bareGit("diff", "--numstat", "main", testBranch); got != "1\t1\ta.yaml\n1\t1\trun.sh" {
		t.Errorf("diff:\n%s", got)
	}
	if got := f.bareGit("ls-tree", testBranch, "run.sh"); !strings.HasPrefix(got, "100755 ") {
		t.Errorf("mode: %s", got)
	}
	if got := f.bareGit("cat-file", "blob", testBranch+":a.yaml"); got != "image: registry.k8s.io/a:1" {
		t.Errorf("a.yaml: %q", got)
	}
	if got := f.repoState(); got != before {
		t.Errorf("the clone changed from\n%s\nto\n%s", before, got)
	}
}

func TestApplyAgain(t *testing.T) {
	f := newFixture(t)
	f.mustApply(f.options(), f.change("a.yaml"))
	commit := f.branchCommit()
	f.forge.Requests()

	r := f.mustApply(f.options(), f.change("a.yaml"))
	want(t, r, Unchanged, false)
	if got := f.forge.Requests(); r.Number != 1 || r.Commit != commit || f.branchCommit() != commit || len(got) > 0 {
		t.Errorf("got %+v, requests %q", *r, got)
	}

	// Another commit on the base does not cause a push.
	f.write("c.txt", "c\n")
	f.git("add", "-A")
	f.git("commit", "-q", "-m", "second")
	f.pushBase()
	want(t, f.mustApply(f.options(), f.change("a.yaml")), Unchanged, false)

	c := f.change("a.yaml")
	c.Body = "More."
	want(t, f.mustApply(f.options(), c), Updated, false)
	if got := f.forge.Body(1); got != "More." || f.branchCommit() != commit {
		t.Errorf("body %q, commit %s", got, f.branchCommit())
	}

	want(t, f.mustApply(f.options(), f.change("a.yaml", "sub/b.yaml")), Updated, true)
	if got := f.bareGit("diff", "--name-only", "main", testBranch); got != "a.yaml\nsub/b.yaml" {
		t.Errorf("changed files: %s", got)
	}
}

func TestApplyOneCommitPerPart(t *testing.T) {
	f := newFixture(t)
	a, b := f.change("a.yaml"), f.change("sub/b.yaml")
	a.Commits = append(a.Commits, b.Commits...)
	f.mustApply(f.options(), a)
	if got := f.bareGit("rev-list", "--count", "main.."+testBranch); got != "2" {
		t.Errorf("%s commits, want 2", got)
	}
	want(t, f.mustApply(f.options(), a), Unchanged, false)
}

func TestApplyClosesWhenNothingIsLeft(t *testing.T) {
	f := newFixture(t)
	want(t, f.mustApply(f.options(), f.change()), Nothing, false)
	f.mustApply(f.options(), f.change("a.yaml"))
	r := f.mustApply(f.options(), f.change())
	want(t, r, Closed, true)
	if got := f.branchCommit(); r.Number != 1 || got != "" {
		t.Errorf("got %+v; the branch is at %q, want it deleted", *r, got)
	}
	wantPulls(t, f, `acme/shop#1 closed main<-regmigrate/k8s "Move images" comments=["Nothing is left."]`+"\n")
	want(t, f.mustApply(f.options(), f.change()), Nothing, false)
}

func TestApplyClosedByAPerson(t *testing.T) {
	f := newFixture(t)
	f.mustApply(f.options(), f.change("a.yaml"))
	f.forge.SetState(1, "closed")
	r := f.mustApply(f.options(), f.change("a.yaml"))
	want(t, r, Declined, false)
	if r.Number != 1 {
		t.Errorf("got %+v", *r)
	}
	r = f.mustApply(f.options(), f.change("a.yaml", "sub/b.yaml"))
	want(t, r, Opened, true)
	if r.Number != 2 {
		t.Errorf("got %+v", *r)
	}
}

// The branch of a merged pull request is used again.
func TestApplyAfterAMerge(t *testing.T) {
	f := newFixture(t)
	f.mustApply(f.options(), f.change("a.yaml"))
	f.git("fetch", "-q", f.bare, testBranch)
	f.git("reset", "-q", "--hard", "FETCH_HEAD")
	f.pushBase()
	f.forge.SetState(1, "merged")
	r := f.mustApply(f.options(), f.change("sub/b.yaml"))
	want(t, r, Opened, true)
	if got := f.bareGit("diff", "--name-only", "main", testBranch); r.Number != 2 || got != "sub/b.yaml" {
		t.Errorf("got %+v, changed files %q", *r, got)
	}
}

func TestApplyKeepsForeignCommits(t *testing.T) {
	f := newFixture(t)
	f.mustApply(f.options(), f.change("a.yaml"))
	f.git("fetch", "-q", f.bare, testBranch)
	f.git("checkout", "-q", "--detach", "FETCH_HEAD")
	f.git("commit", "-q", "--allow-empty", "-m", "my own work")
	f.git("push", "-q", f.bare, "HEAD:refs/heads/"+testBranch)
	f.git("checkout", "-q", "main")
	commit := f.branchCommit()
	for name, c := range map[string]Change{"more to change": f.change("a.yaml", "sub/b.yaml"), "nothing left": f.change()} {
		_, err := f.apply(f.options(), c)
		if p := (*Problem)(nil); !errors.As(err, &p) || !strings.Contains(p.Message, "a: my own work") {
			t.Errorf("%s: error %v", name, err)
		}
		if got := f.branchCommit(); got != commit {
			t.Errorf("%s: the branch changed to %q", name, got)
		}
	}
	wantPulls(t, f, `acme/shop#1 open main<-regmigrate/k8s "Move images"`+"\n")
}

// A push does not overwrite a branch that changed after Prepare.
func TestPushWithLease(t *testing.T) {
	f := newFixture(t)
	f.mustApply(f.options(), f.change("a.yaml"))
	s := f.prepare(f.options())
	f.git("push", "-q", "-f", f.bare, "main:refs/heads/"+testBranch)
	_, err := s.Apply(t.Context(), f.change("a.yaml", "sub/b.yaml"))
	if err == nil || !strings.Contains(err.Error(), "changed on the remote \"origin\" during the run") {
		t.Errorf("error %v", err)
	}
	if got := f.branchCommit(); got != f.git("rev-parse", "main") {
		t.Errorf("the branch is at %s", got)
	}
}

func TestHooksDoNotRun(t *testing.T) {
	f := newFixture(t)
	marker := filepath.Join(t.TempDir(), "ran")
	for _, hook := range []string{"pre-push", "pre-commit", "commit-msg", "post-index-change", "reference-transaction", "post-checkout", "prepare-commit-msg"} {
		file := filepath.Join(f.dir, ".git", "hooks", hook)
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("#!/bin/sh\necho "+hook+" >>"+marker+"\nexit 1\n"), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	s := f.prepare(f.options())
	if err := s.Checkout(t.Context(), t.TempDir()); err != nil {
		t.Fatal(err)
	}
	r, err := s.Apply(t.Context(), f.change("a.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	want(t, r, Opened, true)
	if ran, err := os.ReadFile(marker); err == nil {
		t.Errorf("hooks ran:\n%s", ran)
	}
}

func TestDryRun(t *testing.T) {
	f := newFixture(t)
	o := f.options()
	o.DryRun = true
	want(t, f.mustApply(o, f.change("a.yaml")), Opened, true)
	o.Getenv = func(string) string { return "" }
	// Without a token, only the API is skipped, but this forge asks git for one, too.
	if _, err := Prepare(t.Context(), o); err == nil || !strings.Contains(err.Error(), "no token for 127.0.0.1") {
		t.Errorf("without a token: %v", err)
	}
	o = f.options()
	f.mustApply(o, f.change("a.yaml"))
	f.forge.Requests()
	commit := f.branchCommit()
	o.DryRun = true
	want(t, f.mustApply(o, f.change("a.yaml")), Unchanged, false)
	want(t, f.mustApply(o, f.change("sub/b.yaml")), Updated, true)
	want(t, f.mustApply(o, f.change()), Closed, true)
	if got := f.forge.Requests(); len(got) > 0 || f.branchCommit() != commit {
		t.Errorf("a dry run sent %q; the branch is at %s, want %s", got, f.branchCommit(), commit)
	}
}

// After a failure between the push and the pull request, the next run opens it.
func TestApplyContinuesAfterAFailure(t *testing.T) {
	f := newFixture(t)
	f.forge.SetFault(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/pulls") {
			return false
		}
		w.WriteHeader(http.StatusBadGateway)
		return true
	})
	r, err := f.apply(f.options(), f.change("a.yaml"))
	if err == nil || !strings.Contains(err.Error(), `the branch "regmigrate/k8s" is pushed, but`) || !r.Pushed {
		t.Errorf("got %+v, %v", *r, err)
	}
	commit := f.branchCommit()
	f.forge.SetFault(nil)
	want(t, f.mustApply(f.options(), f.change("a.yaml")), Opened, false)
	if got := f.branchCommit(); got != commit {
		t.Errorf("the branch moved from %s to %s", commit, got)
	}
}

// A token appears in no error, even if the server repeats it.
func TestTokenIsRedacted(t *testing.T) {
	f := newFixture(t)
	token := f.forge.Token
	echo := func(status int) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if strings.HasPrefix(r.URL.Path, "/api/") && r.Method == http.MethodGet {
				return false
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			fmt.Fprintf(w, `{"message":"not with %s"}`, token)
			return true
		}
	}
	hook := filepath.Join(f.bare, "hooks", "pre-receive")
	if err := os.MkdirAll(filepath.Dir(hook), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(hook, []byte("#!/bin/sh\necho denied: "+token+" >&2\nexit 1\n"), 0o777); err != nil {
		t.Fatal(err)
	}
	_, err := f.apply(f.options(), f.change("a.yaml"))
	if err == nil || !strings.Contains(err.Error(), "denied: ***") || strings.Contains(err.Error(), token) {
		t.Errorf("rejected push: %v", err)
	}
	if err := os.Remove(hook); err != nil {
		t.Fatal(err)
	}
	f.mustApply(f.options(), f.change("a.yaml"))
	f.forge.SetFault(echo(http.StatusUnprocessableEntity))
	c := f.change("a.yaml")
	c.Title = "Another title"
	s, err := Prepare(t.Context(), f.options())
	if err == nil {
		_, err = s.Apply(t.Context(), c)
	}
	if err == nil || strings.Contains(err.Error(), token) || strings.Contains(err.Error(), basicAuth("x-access-token", token)[len("Basic "):]) {
		t.Errorf("rejected request: %v", err)
	}
	f.forge.SetFault(nil)
	f.git("remote", "set-url", "origin", strings.Replace(f.git("remote", "get-url", "origin"), "http://", "http://user:pass-w0rd@", 1)+"x")
	if _, err := Prepare(t.Context(), f.options()); err == nil || strings.Contains(err.Error(), "pass-w0rd") {
		t.Errorf("unknown repository: %v", err)
	}
}

// A pull request from a fork has the branch of another repository.
func TestApplyFromAFork(t *testing.T) {
	f := newFixture(t)
	url, err := f.forge.CreateRepo("bot/shop")
	if err != nil {
		t.Fatal(err)
	}
	f.git("push", "-q", f.forge.RepoDir("bot/shop"), "main")
	f.git("remote", "add", "fork", url)
	o := f.options()
	o.PushRemote = "fork"
	want(t, f.mustApply(o, f.change("a.yaml")), Opened, true)
	wantPulls(t, f, `acme/shop#1 open main<-bot/shop:regmigrate/k8s "Move images"`+"\n")
	if got := f.branchCommit(); got != "" {
		t.Errorf("the repository itself has the branch, at %s", got)
	}
	want(t, f.mustApply(o, f.change("a.yaml")), Unchanged, false)
	want(t, f.mustApply(o, f.change()), Closed, true)
}

func TestTruncateBody(t *testing.T) {
	if got := truncateBody("short", 65536); got != "short" {
		t.Errorf("%q", got)
	}
	got := truncateBody("# x\n```diff\n"+strings.Repeat("é line\n", 20000)+"```\n", 65536)
	if n := len([]rune(got)); n > 65536 || n < 65536-200 {
		t.Errorf("%d characters", n)
	}
	if !strings.HasSuffix(got, "line\n```\n\n(truncated: the text is longer than the forge accepts; regmigrate pr --dry-run prints all of it)\n") {
		t.Errorf("end of the body: %q", got[len(got)-80:])
	}
}
