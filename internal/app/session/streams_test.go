package session

import "testing"

// The summary suggests commands that the shell finds.
func TestProgramPath(t *testing.T) {
	t.Setenv("PATH", t.TempDir()) // an empty folder
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
