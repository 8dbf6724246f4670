package codeowners

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOf(t *testing.T) {
	const github = `# the owners
*            @acme/all
/deploy/     @acme/ops  ops@example.com
*.md         @docs # a comment
/deploy/none/
[broken
/x\ y.yaml   @space
!bad         @bad
`
	const gitlab = "* @all\n[Charts][2] @group/sub/charts\ncharts/\n/charts/own/ @@maintainer\n^[Docs]\n*.md @docs\n"
	for _, c := range []struct{ src, path, want string }{
		{github, "a.yaml", "@acme/all"},
		{github, "deploy/a/b.yaml", "@acme/ops ops@example.com"},
		{github, "deploy/README.md", "@docs"},
		{github, "deploy/none/a.yaml", ""},
		{github, "x y.yaml", "@space"},
		{github, "sub/x y.yaml", "@acme/all"},
		{gitlab, "a.yaml", "@all"},
		{gitlab, "charts/a.yaml", "@all @group/sub/charts"},
		{gitlab, "charts/own/a.md", "@@maintainer @all @docs"},
		{"", "a.yaml", ""},
	} {
		if got := strings.Join(Parse([]byte(c.src)).Of(c.path), " "); got != c.want {
			t.Errorf("%s: got %q, want %q", c.path, got, c.want)
		}
	}
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	read := func() string {
		t.Helper()
		o, err := Read(dir)
		if err != nil {
			return err.Error()
		}
		return strings.Join(o.Of("a.yaml"), " ")
	}
	if got := read(); got != "" {
		t.Errorf("without a file: got %q", got)
	}
	for _, name := range []string{"docs/CODEOWNERS", "CODEOWNERS", ".github/CODEOWNERS"} { // each wins over the one before
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte("* @"+name), 0o666); err != nil {
			t.Fatal(err)
		}
		if got := read(); got != "@"+name {
			t.Errorf("got %q, want @%s", got, name)
		}
	}
	outside := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(outside, []byte("* @secret"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, ".github/CODEOWNERS")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, ".github/CODEOWNERS")); err != nil {
		t.Skip(err)
	}
	if got := read(); strings.Contains(got, "@secret") {
		t.Errorf("a link out of the repository was read: %s", got)
	}
}
