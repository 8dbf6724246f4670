package rewrite

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/link/families"
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
