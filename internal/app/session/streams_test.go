package session

import (
	"testing"
)

// The command that the summary says comes next is one that the shell finds.
func TestTyped(t *testing.T) {
	t.Setenv("PATH", t.TempDir()) // nothing is there
	for arg0, want := range map[string]string{
		"regmigrate":          "regmigrate",
		"./bin/regmigrate":    "./bin/regmigrate",
		"/usr/bin/regmigrate": "regmigrate",
	} {
		if got := (Streams{}).ProgramPath(arg0); got != want {
			t.Errorf("started as %s: got %q, want %q", arg0, got, want)
		}
	}
	if got := (Streams{Plugin: true}).ProgramPath("./kubectl-regmigrate"); got != "kubectl regmigrate" {
		t.Errorf("as a plugin: got %q", got)
	}
}
