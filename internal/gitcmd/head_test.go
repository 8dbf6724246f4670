package gitcmd

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

func TestReadHead(t *testing.T) {
	dir := t.TempDir()
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
		cmd.Env = append(os.Environ(), "GIT_COMMITTER_DATE=1700000000 +0530", "GIT_AUTHOR_DATE=1600000000 +0000")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	git("init", "-q")
	if _, err := ReadHead(t.Context(), dir); err == nil {
		t.Error("a repository without a commit: expected an error")
	}
	if got := RemoteURL(t.Context(), dir); got != "" {
		t.Errorf("without a remote: got %q", got)
	}
	if err := os.WriteFile(filepath.Join(dir, "a"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	git("add", "a")
	git("-c", "user.name=a > b", "-c", "user.email=a@example.com", "commit", "-q", "-m", "committer x <y> 5 +0000")
	git("config", "remote.origin.url", "https://user:secret@example.com/a/b.git")
	// A setting of the repository would make git log run a program.
	git("config", "log.showSignature", "true")
	h, err := ReadHead(t.Context(), dir)
	if err != nil || len(h.Commit) < 40 || h.Time.Unix() != 1700000000 || h.Remote != "https://user:secret@example.com/a/b.git" {
		t.Errorf("got %+v, %v", h, err)
	}
}
