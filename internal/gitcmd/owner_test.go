package gitcmd

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestOtherOwner checks the error about a repository that belongs to another user.
func TestOtherOwner(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.Command("git", "init", "-q", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1") // read by git
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	_, err := ReadHead(t.Context(), dir)
	if err == nil || !strings.HasPrefix(err.Error(), "git does not trust ") || !strings.Contains(err.Error(), "\n  git config --global --add safe.directory ") {
		t.Errorf("error %v", err)
	}
}
