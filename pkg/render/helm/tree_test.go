package helm

import (
	"slices"
	"testing"
	"testing/fstest"
)

// TestOpenFound checks that a walk that skipped folders leads to the charts that OpenTree finds.
func TestOpenFound(t *testing.T) {
	files := fstest.MapFS{}
	for _, dir := range []string{"apps/web", "apps/web/charts/db", "apps/web/charts/db/charts/common", "ignored/chart", "vendor/lib", "node_modules/lib", "apps/node_modules/x", "first", "second/deep"} {
		files[dir+"/Chart.yaml"] = &fstest.MapFile{Data: []byte("apiVersion: v2\nname: x\nversion: 1.0.0\n")}
	}
	want, err := OpenTree(files, "")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(want.index.dirs, []string{"apps/web", "first", "ignored/chart", "second/deep", "vendor/lib"}) {
		t.Fatalf("OpenTree finds %q", want.index.dirs)
	}
	for name, found := range map[string]Found{
		"visited all":  {Charts: []string{"second/deep/Chart.yaml", "first/Chart.yaml", "apps/web/Chart.yaml", "apps/web/charts/db/Chart.yaml", "apps/web/charts/db/charts/common/Chart.yaml", "ignored/chart/Chart.yaml", "vendor/lib/Chart.yaml", "node_modules/lib/Chart.yaml"}},
		"skipped some": {Charts: []string{"first/Chart.yaml", "apps/web/Chart.yaml"}, NotVisited: []string{"apps/web/charts", "apps/node_modules", "ignored", "node_modules", "absent", "second", "vendor"}},
		"skipped all":  {NotVisited: []string{"."}},
	} {
		if got := OpenFound(files, found); !slices.Equal(got.index.dirs, want.index.dirs) {
			t.Errorf("%s: got %q, want %q", name, got.index.dirs, want.index.dirs)
		}
	}
}
