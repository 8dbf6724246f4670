package pullrequest

import (
	"os"
	"path/filepath"
	"testing"
)

func TestCheckout(t *testing.T) {
	f := newFixture(t)
	f.write(".gitattributes", "*.yaml text eol=lf\n*.sh filter=broken\n")
	f.write("c.txt", "only in the base\n")
	if err := os.Symlink("a.yaml", filepath.Join(f.dir, "link")); err != nil {
		t.Fatal(err)
	}
	base := f.git("rev-parse", "HEAD")
	f.git("add", "-A", ".gitattributes", "c.txt", "link")
	f.git("commit", "-q", "-m", "second")
	f.pushBase()
	f.git("reset", "-q", "--hard", base)

	s := f.prepare(f.options())
	if s.Base != "main" || s.BaseCommit != f.bareGit("rev-parse", "main") {
		t.Errorf("base %s at %s", s.Base, s.BaseCommit)
	}
	dir := t.TempDir()
	if err := s.Checkout(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"a.yaml": "image: k8s.gcr.io/a:1\r\n", "run.sh": "docker pull k8s.gcr.io/run:1\n", "sub/b.yaml": "image: k8s.gcr.io/b:1\n", "c.txt": "only in the base\n",
	} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != content {
			t.Errorf("%s: %q, %v; want %q", name, got, err, content)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "run.sh")); err != nil || info.Mode()&0o100 == 0 {
		t.Errorf("run.sh: %v, %v", info.Mode(), err)
	}
	if to, err := os.Readlink(filepath.Join(dir, "link")); err != nil || to != "a.yaml" {
		t.Errorf("link: %q, %v", to, err)
	}
	for name, want := range map[string]bool{".": true, "sub": true, "sub/b.yaml": true, "c.txt": true, "su": false, "sub/c": false} {
		if got := s.HasPath(name); got != want {
			t.Errorf("HasPath(%q) = %v", name, got)
		}
	}
}
