package main

import (
	"slices"
	"strings"
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
		if got := (streams{}).typed(arg0); got != want {
			t.Errorf("started as %s: got %q, want %q", arg0, got, want)
		}
	}
	if got := (streams{plugin: true}).typed("./kubectl-regmigrate"); got != "kubectl regmigrate" {
		t.Errorf("as a plugin: got %q", got)
	}
}

// What comes next after a hook is the same for the whole folder, and not a
// line with every file that the hook was given.
func TestUnhooked(t *testing.T) {
	for _, tt := range []struct{ line, args, want string }{
		{"--check --together a.yaml b.yaml", "a.yaml b.yaml", "--check ."},
		{"--check --together --preset k8s -- a.yaml", "a.yaml", "--check --preset k8s ."},
		{"--together", "", "."},
		{"a.yaml --together", "a.yaml", "a.yaml --together"}, // typed by a person
	} {
		if got := unhooked(strings.Fields(tt.line), strings.Fields(tt.args)); !slices.Equal(got, strings.Fields(tt.want)) {
			t.Errorf("%s: got %q, want %q", tt.line, got, tt.want)
		}
	}
}
