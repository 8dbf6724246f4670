package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What the system cannot tell is an error: a job that exists is not taken for absent.
func TestInitExists(t *testing.T) {
	root := t.TempDir()
	if err := os.Symlink("loop", filepath.Join(root, "loop")); err != nil {
		t.Skip("no symbolic links: ", err)
	}
	r := initRun{root: root, flags: &InitFlags{CI: "auto"}}
	for name, want := range map[string]bool{"Jenkinsfile": false, "loop": true} {
		if got, err := r.exists(name); got != want || err != nil {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
	if _, err := r.exists("loop/Jenkinsfile"); err == nil {
		t.Error("below a loop of links: no error")
	}
	r.root = filepath.Join(root, "loop")
	if err := r.addCI(t.Context()); err == nil || !strings.HasPrefix(err.Error(), `".gitlab-ci.yml": `) {
		t.Errorf("--ci auto: got %v", err)
	}
	r.flags.CI = "jenkins"
	if err := r.addCI(t.Context()); err == nil || !strings.HasPrefix(err.Error(), `"Jenkinsfile": `) {
		t.Errorf("--ci jenkins: got %v", err)
	}
}
