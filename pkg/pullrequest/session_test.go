package pullrequest

import (
	"errors"
	"strings"
	"testing"
)

func TestPrepareErrors(t *testing.T) {
	f := newFixture(t)
	for _, c := range []struct {
		name, want string
		change     func(*Options)
	}{
		{"folder outside a repository", "is not in a git repository", func(o *Options) { o.Dir = t.TempDir() }},
		{"unknown remote", `the repository has no remote "none"`, func(o *Options) { o.Remote = "none" }},
		{"option as a remote", `remote "--upload-pack=x": expected the name of a remote`, func(o *Options) { o.Remote = "--upload-pack=x" }},
		{"unknown base", `the remote "origin" has no branch "none"`, func(o *Options) { o.Base = "none" }},
		{"base as the branch", `the branch "main" is the base branch`, func(o *Options) { o.Branch = "main" }},
		{"invalid branch", `branch "a..b": not a valid branch name`, func(o *Options) { o.Branch = "a..b" }},
		{"invalid author", `author "ann": expected a name and an address`, func(o *Options) { o.Author = "ann" }},
		{"invalid trailer", `trailer "Refs": expected a key and a value`, func(o *Options) { o.Trailers = []string{"Refs"} }},
		{"invalid repository", `repository "acme": expected OWNER/NAME`, func(o *Options) { o.Repo = "acme" }},
		{"no token", "no token for 127.0.0.1", func(o *Options) { o.Getenv = func(string) string { return "" } }},
		{"invalid API address", `API address "ftp://x": expected an http or https URL`, func(o *Options) { o.APIURL = "ftp://x" }},
	} {
		o := f.options()
		c.change(&o)
		_, err := Prepare(t.Context(), o)
		if p := (*Problem)(nil); !errors.As(err, &p) || !p.Usage || !strings.Contains(p.Message, c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
	// All that is missing is one error, in a dry run too.
	for _, dry := range []bool{false, true} {
		o := f.options()
		o.DryRun, o.Base, o.Author, o.Getenv = dry, "none", "ann", func(string) string { return "" }
		_, err := Prepare(t.Context(), o)
		for _, want := range []string{"2 things", `author "ann"`, "no token for 127.0.0.1"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("several problems, dry run %v: error %v, want %q", dry, err, want)
			}
		}
		o.Author, o.Remote = "", "none"
		_, err = Prepare(t.Context(), o)
		for _, want := range []string{`no remote "none"`, "no token: none of REGMIGRATE_TOKEN, GH_TOKEN"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("no remote, dry run %v: error %v, want %q", dry, err, want)
			}
		}
		o.Remote = ""
		if _, err = Prepare(t.Context(), o); err == nil || !strings.HasPrefix(err.Error(), "no token for 127.0.0.1") {
			t.Errorf("a remote that asks for a token, dry run %v: %v", dry, err)
		}
		f.git("config", "remote.local.url", f.bare)
		o.Remote, o.Repo, o.APIURL = "local", "acme/shop", "https://forge.example/api/v1"
		_, err = Prepare(t.Context(), o)
		for _, want := range []string{`no branch "none"`, "no token for forge.example"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("no base, dry run %v: error %v, want %q", dry, err, want)
			}
		}
	}
	f.write("a.yaml", "changed\n")
	if _, err := Prepare(t.Context(), f.options()); err == nil || !strings.Contains(err.Error(), `uncommitted changes: "a.yaml"`) {
		t.Errorf("uncommitted change: %v", err)
	}
	f.git("checkout", "-q", "a.yaml")
	f.write("untracked.txt", "x\n")
	f.git("config", "remote.origin.mirror", "true")
	if _, err := Prepare(t.Context(), f.options()); err == nil || !strings.Contains(err.Error(), `the remote "origin" is a mirror`) {
		t.Errorf("mirror: %v", err)
	}
}
