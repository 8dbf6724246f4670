package rewrite

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/link/chart"
	"github.com/regmigrate/regmigrate/pkg/link/families"
	"github.com/regmigrate/regmigrate/pkg/rules"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// A search for texts of the linkers, for other texts, and for both finds the same files
// as grep, also the second time.
func TestYAMLSearch(t *testing.T) {
	root := t.TempDir()
	files := map[string]string{"a.yaml": "kind: Secret\n", "b.yml": "kind: ConfigMap\nother: text\n", "c.yaml": "a: b\n", "d.txt": "Secret"}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if known := families.SearchTexts(); len(known) > 64 || !slices.Contains(known, "Secret") {
		t.Fatalf("texts of the linkers: %q", known)
	}
	s := newYAMLSearch(context.Background(), newReader(Options{Walk: walk.Options{Root: root}}, nil))
	for range 2 {
		for _, tt := range []struct{ texts, want []string }{
			{[]string{"Secret"}, []string{"a.yaml"}},
			{[]string{"Secret", "ConfigMap"}, []string{"a.yaml", "b.yml"}},
			{[]string{"other"}, []string{"b.yml"}},
			{[]string{"Secret", "other"}, []string{"a.yaml", "b.yml"}},
			{[]string{"absent"}, nil},
			{[]string{"HelmRepository"}, nil},
			{nil, []string{"a.yaml", "b.yml", "c.yaml"}},
		} {
			got := s.containing(tt.texts...)
			if !slices.Equal(got, tt.want) {
				t.Errorf("%q: expected %q, got %q", tt.texts, tt.want, got)
			}
			clear(got) // a caller may change the result
		}
	}
}

// A scan notes the files with objects once it has found something. Wherever that is, the
// search finds the same files as one that reads all of them.
func TestYAMLSearchAfterScan(t *testing.T) {
	set, err := rules.New([]rules.Rule{{From: "old.example", To: "new.example"}})
	if err != nil {
		t.Fatal(err)
	}
	fewest := 6
	for relevant := -1; relevant < 6; relevant++ {
		root := t.TempDir()
		for i := range 6 {
			text := []string{"apiVersion: helm.toolkit.fluxcd.io/v2\n", "apiVersion: argoproj.io/v1alpha1\n", "a: b\n"}[i%3]
			if i == relevant {
				text += "image: old.example/app:1\n"
			}
			if err := os.WriteFile(filepath.Join(root, string(rune('a'+i))+".yaml"), []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		r := newReader(Options{Walk: walk.Options{Root: root, Jobs: 1}, Rules: set}, families.New(chart.BumpNone))
		if _, err := r.readTree(t.Context()); err != nil {
			t.Fatal(err)
		}
		s, plain := newYAMLSearch(t.Context(), r), newYAMLSearch(t.Context(), newReader(r.opts, nil))
		for _, text := range []string{"helm.toolkit.fluxcd.io", "argoproj.io/", "Secret"} {
			if got, want := s.containing(text), plain.containing(text); !slices.Equal(got, want) || text != "Secret" && len(want) != 2 {
				t.Errorf("match in file %d: %q is in %q, expected %q", relevant, text, got, want)
			}
		}
		fewest = min(fewest, len(s.mayHaveObjects()))
	}
	if fewest != 4 {
		t.Errorf("at least %d files are read again, expected 4, those with objects", fewest)
	}
}
