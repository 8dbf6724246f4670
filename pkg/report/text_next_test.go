package report

import (
	"slices"
	"strings"
	"testing"
)

func TestWriteArgs(t *testing.T) {
	tests := []struct{ args, want string }{
		{"", ""},
		{"--dry-run .", "."},
		{"-n -v a b", "-v a b"},
		{"-nv a", "-v a"},
		{"-vqn", "-vq"},
		{"--check=true --dry-run=true a", "a"},
		{"--check=false a", "--check=false a"},
		{"-j 2 --preset k8s", "-j 2 --preset k8s"},
		{"-n -- -n", "-- -n"},
		{"-j4n", "-j4n"},
		{"--check --baseline b a", "a"},
		{"--baseline=b --check a", "a"},
		{"-o json --report html=x.html -n a", "a"},
		{"--output=json --report=html=x.html -ojson -o=json a", "a"},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			if got := writeArgs(strings.Fields(tt.args)); !slices.Equal(got, strings.Fields(tt.want)) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestShellQuoted(t *testing.T) {
	in := []string{"charts/web", "--rule", "k8s.gcr.io=registry.k8s.io", "my folder", "it's", "**/*.yaml", ""}
	want := `charts/web --rule k8s.gcr.io=registry.k8s.io 'my folder' 'it'\''s' '**/*.yaml' ''`
	if got := strings.Join(ShellQuoted(in), " "); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
