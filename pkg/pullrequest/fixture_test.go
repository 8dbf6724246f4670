package pullrequest

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/regmigrate/regmigrate/internal/testforge"
)

const (
	testSlug   = "acme/shop"
	testBranch = "regmigrate/k8s"
)

// A fixture is a clone of a repository of a test forge. The base branch main
// has the files a.yaml, run.sh (executable) and sub/b.yaml.
type fixture struct {
	t     *testing.T
	kind  string // of the forge
	forge *testforge.Forge
	bare  string // the repository of the forge
	dir   string // the clone
}

func newFixture(t *testing.T) *fixture { return newForgeFixture(t, "github") }

// newForgeFixture returns a fixture with a forge of a kind, which must not get a request that
// it would reject as invalid.
func newForgeFixture(t *testing.T, kind string) *fixture {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("SKIPPED: git is missing")
	}
	if runtime.GOOS == "windows" {
		t.Skip("SKIPPED: git-http-backend needs Unix")
	}
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", home)
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	for k, v := range map[string]string{"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.com"} {
		t.Setenv(k, v)
	}
	g, err := testforge.Start(kind, t.TempDir())
	if err != nil {
		t.Skipf("SKIPPED: %v", err)
	}
	t.Cleanup(func() {
		g.Close()
		for _, c := range g.Complaints() {
			t.Errorf("%s would reject a request: %s", kind, c)
		}
	})
	url, err := g.CreateRepo(testSlug)
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{t: t, kind: kind, forge: g, bare: g.RepoDir(testSlug), dir: t.TempDir()}
	f.git("init", "-q", "-b", "main")
	f.write("a.yaml", "image: k8s.gcr.io/a:1\r\n")
	f.write("run.sh", "docker pull k8s.gcr.io/run:1\n")
	f.write("sub/b.yaml", "image: k8s.gcr.io/b:1\n")
	if err := os.Chmod(filepath.Join(f.dir, "run.sh"), 0o755); err != nil {
		t.Fatal(err)
	}
	f.git("add", "-A")
	f.git("commit", "-q", "-m", "first")
	f.git("remote", "add", "origin", url)
	f.pushBase()
	return f
}

// git runs git in the clone and returns its output.
func (f *fixture) git(args ...string) string {
	f.t.Helper()
	out, err := exec.Command("git", append([]string{"-C", f.dir}, args...)...).CombinedOutput()
	if err != nil {
		f.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// bareGit runs git in the repository of the forge. It returns "" on failure.
func (f *fixture) bareGit(args ...string) string {
	f.t.Helper()
	out, err := exec.Command("git", append([]string{"-C", f.bare}, args...)...).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

func (f *fixture) write(name, content string) {
	f.t.Helper()
	file := filepath.Join(f.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o666); err != nil {
		f.t.Fatal(err)
	}
}

// pushBase pushes HEAD of the clone to main, without the forge's HTTP server.
func (f *fixture) pushBase() {
	f.t.Helper()
	f.git("push", "-q", f.bare, "HEAD:refs/heads/main")
}

func (f *fixture) options() Options {
	api := ""
	if f.kind == "bitbucket" { // its API is at another host
		api = f.forge.API
	}
	return Options{Dir: f.dir, Branch: testBranch, Forge: f.kind, APIURL: api, Getenv: func(name string) string {
		return map[string]string{"REGMIGRATE_TOKEN": f.forge.Token}[name]
	}, Sleep: func(context.Context, time.Duration) error { return errors.New("the test does not wait") }}
}

func (f *fixture) prepare(o Options) *Session {
	f.t.Helper()
	s, err := Prepare(f.t.Context(), o)
	if err != nil {
		f.t.Fatal(err)
	}
	return s
}

// apply runs Prepare and Apply, as one run of the program does.
func (f *fixture) apply(o Options, c Change) (*Result, error) {
	f.t.Helper()
	return f.prepare(o).Apply(f.t.Context(), c)
}

func (f *fixture) mustApply(o Options, c Change) *Result {
	f.t.Helper()
	r, err := f.apply(o, c)
	if err != nil {
		f.t.Fatal(err)
	}
	return r
}

// change moves the images of the named files.
func (f *fixture) change(names ...string) Change {
	f.t.Helper()
	c := Change{Title: "Move images", Body: "Why.", ClosingComment: "Nothing is left."}
	var files []File
	for _, name := range names {
		src, err := os.ReadFile(filepath.Join(f.dir, name))
		if err != nil {
			f.t.Fatal(err)
		}
		files = append(files, File{Path: name, Content: []byte(strings.ReplaceAll(string(src), "k8s.gcr.io", "registry.k8s.io"))})
	}
	if files != nil {
		c.Commits = []Commit{{Message: "Move images", Files: files}}
	}
	return c
}

// branchCommit returns the commit of the change's branch at the forge.
func (f *fixture) branchCommit() string {
	f.t.Helper()
	return f.bareGit("rev-parse", "--verify", "-q", "refs/heads/"+testBranch)
}

// repoState describes everything of the clone that a run must not change.
func (f *fixture) repoState() string {
	f.t.Helper()
	config, err := os.ReadFile(filepath.Join(f.dir, ".git", "config"))
	if err != nil {
		f.t.Fatal(err)
	}
	return strings.Join([]string{f.git("status", "--porcelain"), f.git("ls-files", "--stage"), f.git("for-each-ref", "refs/heads", "refs/tags"), f.git("symbolic-ref", "HEAD"), string(config)}, "\n")
}

func want(t *testing.T, r *Result, action Action, pushed bool) {
	t.Helper()
	if r.Action != action || r.Pushed != pushed || len(r.Warnings) > 0 {
		t.Errorf("got %+v, want action %s, pushed %v", *r, action, pushed)
	}
}

func wantPulls(t *testing.T, f *fixture, want string) {
	t.Helper()
	if got := f.forge.Pulls(); got != want {
		t.Errorf("pull requests:\n%swant:\n%s", got, want)
	}
}
