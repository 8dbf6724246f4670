package app

import (
	"slices"
	"strings"
	"testing"
)

// The command suggested after a hook applies to the folder instead of each file.
func TestCommandForFolder(t *testing.T) {
	for _, tt := range []struct{ line, args, want string }{
		{"--check --together a.yaml b.yaml", "a.yaml b.yaml", "--check ."},
		{"--check --together --preset k8s -- a.yaml", "a.yaml", "--check --preset k8s ."},
		{"--together", "", "."},
		{"a.yaml --together", "a.yaml", "a.yaml --together"}, // typed by a person
	} {
		if got := CommandForFolder(strings.Fields(tt.line), strings.Fields(tt.args)); !slices.Equal(got, strings.Fields(tt.want)) {
			t.Errorf("%s: got %q, want %q", tt.line, got, tt.want)
		}
	}
}
