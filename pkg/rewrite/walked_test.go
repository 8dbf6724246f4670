package rewrite

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/regmigrate/regmigrate/pkg/walk"
)

// TestWalked checks that each Chart.yaml of a tree is either reported or below exactly one
// folder that the walk skipped, and that a walk of a part reports nothing.
func TestWalked(t *testing.T) {
	root := t.TempDir()
	files := fstest.MapFS{".gitignore": {Data: []byte("/apps/*/charts\n/ignored\nthird/Chart.yaml\n")}}
	for _, dir := range []string{"apps/web", "apps/web/charts/db", "ignored/chart", "vendor/lib", "node_modules/lib", "first", "second/deep", "third"} {
		files[dir+"/Chart.yaml"] = &fstest.MapFile{Data: []byte("name: x\n")}
	}
	files["binary/Chart.yaml"] = &fstest.MapFile{Data: []byte("name: \x00\n")}
	if err := os.CopyFS(root, files); err != nil {
		t.Fatal(err)
	}
	var charts, notVisited []string
	calls := 0
	o := Options{Walk: walk.Options{Root: root}, Rules: presetSet(t), Walked: func(c, n []string) { charts, notVisited, calls = c, n, calls+1 }}
	if _, err := PlanFiles(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if calls != 1 {
		t.Fatalf("Walked was called %d times", calls)
	}
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
		if d.Name() != chartFile {
			return err
		}
		found := 0
		if slices.Contains(charts, name) {
			found++
		}
		for _, dir := range notVisited {
			if strings.HasPrefix(name, dir+"/") {
				found++
			}
		}
		if found != 1 {
			t.Errorf("%s: found %d times in %q and %q", name, found, charts, notVisited)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	o.Walk.Paths = []string{filepath.Join(root, "apps")}
	if _, err := PlanFiles(t.Context(), o); err != nil || calls != 1 {
		t.Errorf("a run of a part of the tree: %d calls, %v", calls-1, err)
	}
}
