package report

import (
	"slices"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
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

// If only other scopes are left, the next command selects them.
func TestNextScopes(t *testing.T) {
	left := func(r format.Reason, s format.Scope) rewrite.Finding {
		f := notChanged(1, "k8s.gcr.io", r, "")
		f.Scope = s
		return f
	}
	comment, doc, policy := left(format.Comment, format.Comments), left(format.DocsText, format.Docs), left(format.Policy, format.Manifests)
	for _, x := range []struct {
		name     string
		findings []rewrite.Finding
		o        Options
		want     string
	}{
		{"comments and docs", []rewrite.Finding{comment, doc}, Options{Args: []string{"-n", "."}, DryRun: true}, "next: regmigrate --dry-run --scope all .   (shows the changes in comments and docs)"},
		{"also a policy", []rewrite.Finding{comment, policy}, Options{Args: []string{"."}}, ""},
		{"also moves", []rewrite.Finding{comment, moved(2, "k8s.gcr.io/x", "registry.k8s.io/x")}, Options{Args: []string{"."}}, ""},
		{"check", []rewrite.Finding{comment}, Options{Args: []string{"--check", "."}, Check: true}, ""},
	} {
		x.o.Width = -1
		got := write(t, "text", &rewrite.Plan{Rules: k8sRules(t), ScannedFiles: 1, Files: []rewrite.File{unchangedFile("a.yaml", x.findings...)}}, x.o)
		if has := strings.Contains(got, "--scope all ."); has != (x.want != "") || !strings.Contains(got, x.want) {
			t.Errorf("%s: want %q in\n%s", x.name, x.want, got)
		}
	}
}

func TestColumnsOfWideCharacters(t *testing.T) {
	for text, want := range map[string]int{"abc": 3, "漢字": 4, "é": 1, "ｶ": 1, "a\u0301": 1, "…": 1} {
		if got := columns(text); got != want {
			t.Errorf("%q: got %d columns, want %d", text, got, want)
		}
	}
}
