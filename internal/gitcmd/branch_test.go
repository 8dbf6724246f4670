package gitcmd

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestBranches(t *testing.T) {
	dir := t.TempDir()
	git := func(args ...string) {
		t.Helper()
		if _, err := output(t.Context(), dir, append([]string{"-c", "user.name=a", "-c", "user.email=a@example.com"}, args...)...); err != nil {
			t.Fatal(err)
		}
	}
	git("init", "-q", "-b", "work")
	if err := os.WriteFile(filepath.Join(dir, "a"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	git("add", "a")
	git("commit", "-q", "-m", "a")
	git("tag", "v1")
	git("branch", "both")
	git("tag", "both")
	git("update-ref", "refs/remotes/origin/main", "HEAD")
	git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
	if got := Branches(t.Context(), dir); !slices.Equal(got, []string{"work", "main"}) {
		t.Errorf("got %q", got)
	}
	for name, want := range map[string]bool{"work": true, "main": true, "v1": false, "both": false, "other": false, "": false, "HEAD": false} {
		if got := IsBranch(t.Context(), dir, name); got != want {
			t.Errorf("%q: got %v", name, got)
		}
	}
	git("checkout", "-q", "--detach")
	if got := Branches(t.Context(), dir); !slices.Equal(got, []string{"main"}) {
		t.Errorf("detached: got %q", got)
	}
}
