package pullrequest

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/internal/testforge"
)

// forgeFacts are what the forges of package testforge do differently.
var forgeFacts = map[string]struct {
	metadata string   // of a new pull request, as Forge.Pulls prints it
	lacks    []string // the kinds of metadata that the forge does not have
	title    string   // of a draft
	limit    int      // of the text, in characters
}{
	"github":               {`labels=["registry"] reviewers=["ann"] teams=["platform"] assignees=["bob"]`, nil, "Move images", 65536},
	"gitlab":               {`labels=["registry"] reviewers=["ann"] assignees=["bob"]`, []string{"teams"}, "Draft: Move images", 1 << 20},
	"forgejo":              {`labels=["registry"] reviewers=["ann"] teams=["platform"] assignees=["bob"]`, nil, "WIP: Move images", 1 << 20},
	"bitbucket":            {`reviewers=["ann"]`, []string{"labels", "assignees", "teams"}, "Move images", 32768},
	"bitbucket-datacenter": {`reviewers=["ann"]`, []string{"labels", "assignees", "teams"}, "Move images", 32768},
	"azure":                {`labels=["registry"] reviewers=["ann" "platform"]`, []string{"assignees"}, "Move images", 4000},
}

// eachForge runs a test with each forge.
func eachForge(t *testing.T, test func(t *testing.T, f *fixture)) {
	for _, kind := range testforge.Kinds() {
		t.Run(kind, func(t *testing.T) { test(t, newForgeFixture(t, kind)) })
	}
}

// A pull request is opened with its metadata, kept, updated, and not opened again after a
// person closed it; a forge that lacks something says so in each run.
func TestForgeStates(t *testing.T) {
	eachForge(t, func(t *testing.T, f *fixture) {
		facts := forgeFacts[f.kind]
		o := f.options()
		o.Labels, o.Reviewers, o.Teams, o.Assignees, o.Draft = []string{"registry"}, []string{"ann"}, []string{"platform"}, []string{"bob"}, true
		check := func(when string, r *Result, action Action, pushed bool) {
			t.Helper()
			if r.Action != action || r.Pushed != pushed || r.Number != 1 || r.URL == "" {
				t.Errorf("%s: got %+v, want action %s, pushed %v", when, *r, action, pushed)
			}
			var kinds []string
			for _, w := range r.Warnings {
				kind, _, _ := strings.Cut(w, " ")
				kinds = append(kinds, kind)
			}
			if action != Declined && !slices.Equal(kinds, facts.lacks) {
				t.Errorf("%s: warnings %q, want those for %q", when, r.Warnings, facts.lacks)
			}
		}
		pulls := func(when, state, title string) {
			t.Helper()
			line := strings.ReplaceAll(f.forge.Pulls(), " draft", "")
			want := fmt.Sprintf("acme/shop#1 %s main<-%s %q %s\n", state, testBranch, title, facts.metadata)
			if line != want {
				t.Errorf("%s: pull requests:\n%swant:\n%s", when, line, want)
			}
		}
		check("first run", f.mustApply(o, f.change("a.yaml")), Opened, true)
		pulls("first run", "open", facts.title)
		if !strings.Contains(f.forge.Pulls(), " draft") {
			t.Errorf("it is not a draft: %s", f.forge.Pulls())
		}

		f.forge.Requests()
		check("second run", f.mustApply(o, f.change("a.yaml")), Unchanged, false)
		if sent := f.forge.Requests(); len(sent) > 0 {
			t.Errorf("the second run sent %q", sent)
		}

		c := f.change("a.yaml")
		c.Title, c.Body = "Another title", "Another reason."
		check("another text", f.mustApply(o, c), Updated, false)
		pulls("another text", "open", strings.ReplaceAll(facts.title, "Move images", "Another title"))
		if got := f.forge.Body(1); got != c.Body {
			t.Errorf("the text is %q, want %q", got, c.Body)
		}

		c = f.change("a.yaml", "sub/b.yaml")
		c.Title = "Another title"
		check("more files", f.mustApply(o, c), Updated, true)

		f.forge.SetState(1, "closed")
		f.forge.Requests()
		check("closed by a person", f.mustApply(o, c), Declined, false)
		if sent := f.forge.Requests(); len(sent) > 0 {
			t.Errorf("after a person closed it: sent %q", sent)
		}
		if r := f.mustApply(o, f.change("a.yaml", "sub/b.yaml", "run.sh")); r.Action != Opened || r.Number != 2 {
			t.Errorf("another change after a person closed it: %+v", *r)
		}
	})
}

// A branch with a commit of somebody else is not overwritten.
func TestForgeForeignCommit(t *testing.T) {
	eachForge(t, func(t *testing.T, f *fixture) {
		f.mustApply(f.options(), f.change("a.yaml"))
		f.git("fetch", "-q", f.bare, testBranch)
		f.git("checkout", "-q", "--detach", "FETCH_HEAD")
		f.write("mine", "mine\n")
		f.git("add", "-A")
		f.git("commit", "-q", "-m", "my own work")
		f.git("push", "-q", f.bare, "HEAD:refs/heads/"+testBranch)
		f.git("checkout", "-q", "main")
		before := f.branchCommit()
		f.forge.Requests()
		if _, err := f.apply(f.options(), f.change("a.yaml", "sub/b.yaml")); err == nil || !strings.Contains(err.Error(), "a commit that regmigrate did not make") {
			t.Errorf("error %v", err)
		}
		if f.branchCommit() != before || len(f.forge.Requests()) > 0 {
			t.Error("the branch or the pull request changed")
		}
	})
}

// When nothing is left, the pull request is closed with a comment, and the branch deleted.
func TestForgeNothingLeft(t *testing.T) {
	eachForge(t, func(t *testing.T, f *fixture) {
		if r := f.mustApply(f.options(), Change{ClosingComment: "x"}); r.Action != Nothing {
			t.Errorf("before the first pull request: %+v", *r)
		}
		f.mustApply(f.options(), f.change("a.yaml"))
		want(t, f.mustApply(f.options(), f.change()), Closed, true)
		wantPulls(t, f, fmt.Sprintf("acme/shop#1 closed main<-%s \"Move images\" comments=[\"Nothing is left.\"]\n", testBranch))
		if got := f.branchCommit(); got != "" {
			t.Errorf("the branch is still at %s", got)
		}
	})
}

// A pull request from a fork has the branch of another repository.
func TestForgeFork(t *testing.T) {
	eachForge(t, func(t *testing.T, f *fixture) {
		url, err := f.forge.CreateRepo("ann/shop")
		if err != nil {
			t.Fatal(err)
		}
		f.git("remote", "add", "fork", url)
		o := f.options()
		o.PushRemote = "fork"
		want(t, f.mustApply(o, f.change("a.yaml")), Opened, true)
		want(t, f.mustApply(o, f.change("a.yaml")), Unchanged, false)
		want(t, f.mustApply(o, f.change("a.yaml", "sub/b.yaml")), Updated, true)
		wantPulls(t, f, fmt.Sprintf("acme/shop#1 open main<-ann/shop:%s \"Move images\"\n", testBranch))
		want(t, f.mustApply(f.options(), f.change("a.yaml")), Opened, true) // not from the fork
		want(t, f.mustApply(o, f.change()), Closed, true)
	})
}

// A text that is too long for the forge is shortened, and a second run leaves it.
func TestForgeLongText(t *testing.T) {
	eachForge(t, func(t *testing.T, f *fixture) {
		c := f.change("a.yaml")
		c.Body = "# x\n```diff\n" + strings.Repeat("é 🙂 line\n", 120_000) + "```\n"
		want(t, f.mustApply(f.options(), c), Opened, true)
		got := f.forge.Body(1)
		if n := utf16Len(got); n > forgeFacts[f.kind].limit || !strings.HasSuffix(got, "prints all of it)\n") {
			t.Errorf("the text has %d characters and ends with %q", n, got[max(0, len(got)-100):])
		}
		want(t, f.mustApply(f.options(), c), Unchanged, false)
	})
}

// A rejected request says what to do, and shows no token.
func TestForgeErrors(t *testing.T) {
	eachForge(t, func(t *testing.T, f *fixture) {
		kind, err := findKind(&Options{Forge: f.kind}, address{})
		if err != nil {
			t.Fatal(err)
		}
		f.mustApply(f.options(), f.change("a.yaml"))
		c := f.change("a.yaml")
		c.Title = "Another title"
		s := f.prepare(f.options())
		open, _, err := s.findPull(t.Context())
		if err != nil || open == nil {
			t.Fatalf("pull request %v, error %v", open, err)
		}
		for _, x := range []struct {
			status int
			want   []string
		}{
			{http.StatusUnauthorized, []string{"does not accept the token", "expired"}},
			{http.StatusForbidden, []string{"rejects the request", kind.permission}},
			{http.StatusNotFound, []string{"acme/shop was not found", kind.apiExample, "--forge"}},
			{http.StatusConflict, []string{"changed during the run", "run the same command again"}},
			{http.StatusUnprocessableEntity, []string{"422", kind.permission}},
			{http.StatusTooManyRequests, []string{"accepts no more requests", "in 2h0m0s"}},
			{http.StatusBadGateway, []string{"fails: 502"}},
		} {
			f.forge.SetFault(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method == http.MethodGet || !strings.Contains(r.URL.Path, strings.TrimPrefix(f.forge.API, f.forge.URL)+"/") || strings.Contains(r.URL.Path, "git-upload-pack") {
					return false
				}
				w.Header().Set("Content-Type", "application/json")
				if x.status == http.StatusTooManyRequests {
					w.Header().Set("Retry-After", "7200")
				}
				w.WriteHeader(x.status)
				fmt.Fprintf(w, `{"message":"got %s"}`, strings.Join(r.Header["Authorization"], ""))
				return true
			})
			_, err := s.setText(t.Context(), open, c)
			err = s.redactError(err)
			f.forge.SetFault(nil)
			p := (*Problem)(nil)
			if !errors.As(err, &p) || p.Usage {
				t.Errorf("%d: error %v", x.status, err)
				continue
			}
			for _, w := range x.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%d: error lacks %q: %v", x.status, w, err)
				}
			}
			for _, secret := range secretsOf(kind, f.forge.Token) {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("%d: the error has the token: %v", x.status, err)
				}
			}
		}
	})
}

// secretsOf returns a token in all forms in which it is sent.
func secretsOf(kind *forgeKind, token string) []string {
	env := func(string) string { return "" }
	out := []string{token}
	for _, header := range []string{kind.apiAuth(token, env), kind.gitAuth(token, env)} {
		_, value, _ := strings.Cut(header, " ")
		out = append(out, value)
	}
	return out
}

// The token is in no argument of git, no file of the repositories and no trace.
func TestForgeTokenIsNowhere(t *testing.T) {
	eachForge(t, func(t *testing.T, f *fixture) {
		trace := filepath.Join(t.TempDir(), "trace")
		t.Setenv("GIT_TRACE", trace)
		t.Setenv("GIT_TRACE2_EVENT", trace+"2")
		kind, err := findKind(&Options{Forge: f.kind}, address{})
		if err != nil {
			t.Fatal(err)
		}
		f.mustApply(f.options(), f.change("a.yaml"))
		os.Unsetenv("GIT_TRACE")
		files := []string{trace, trace + "2"}
		for _, dir := range []string{f.dir, f.bare} {
			err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
				if err == nil && d.Type().IsRegular() {
					files = append(files, name)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range secretsOf(kind, f.forge.Token) {
				if strings.Contains(string(text), secret) {
					t.Errorf("%s has the token", name)
				}
			}
			if name == trace && !strings.Contains(string(text), "push") {
				t.Errorf("the trace has no push: %s", text)
			}
		}
	})
}

// A label, a reviewer or an assignee that the forge does not know is a warning.
func TestForgeUnknownNames(t *testing.T) {
	for kind, lacks := range map[string]string{"gitlab": "user nobody", "forgejo": "label no-such", "bitbucket": "nickname nobody", "azure": "single user or team nobody"} {
		t.Run(kind, func(t *testing.T) {
			f := newForgeFixture(t, kind)
			o := f.options()
			if o.Reviewers = []string{"nobody"}; kind == "forgejo" {
				o.Reviewers, o.Labels = nil, []string{"registry", "no-such"}
			}
			r := f.mustApply(o, f.change("a.yaml"))
			if r.Action != Opened || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], lacks) {
				t.Errorf("got %+v, want a warning with %q", *r, lacks)
			}
			if kind == "forgejo" && !strings.Contains(f.forge.Pulls(), `labels=["registry"]`) {
				t.Errorf("the known label is missing: %s", f.forge.Pulls())
			}
		})
	}
}

// A user of the second page of a list is found.
func TestBitbucketPages(t *testing.T) {
	f := newForgeFixture(t, "bitbucket")
	o := f.options()
	o.Reviewers = []string{"Bob", "{11111111-1111-4111-8111-111111111111}"}
	want(t, f.mustApply(o, f.change("a.yaml")), Opened, true)
	wantPulls(t, f, fmt.Sprintf("acme/shop#1 open main<-%s \"Move images\" reviewers=[\"ann\" \"bob\"]\n", testBranch))
}

// Pull requests of other branches are on the pages before.
func TestDataCenterPages(t *testing.T) {
	f := newForgeFixture(t, "bitbucket-datacenter")
	want(t, f.mustApply(f.options(), f.change("a.yaml")), Opened, true)
	for _, branch := range []string{"b", "c"} {
		o := f.options()
		o.Branch = branch
		want(t, f.mustApply(o, f.change("a.yaml")), Opened, true)
	}
	want(t, f.mustApply(f.options(), f.change("a.yaml")), Unchanged, false)
	o := f.options()
	o.Reviewers = []string{"ann"}
	c := f.change("a.yaml")
	c.Title = "Another title"
	want(t, f.mustApply(o, c), Updated, false) // two changes, each with the version after the other
	want(t, f.mustApply(o, f.change()), Closed, true)
}
