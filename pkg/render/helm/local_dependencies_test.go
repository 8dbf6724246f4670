package helm

import (
	"fmt"
	"maps"
	"testing"
	"testing/fstest"
)

func TestOutsideSubcharts(t *testing.T) {
	tree := fstest.MapFS{}
	add := func(dir, text string) {
		tree[dir+"/Chart.yaml"] = &fstest.MapFile{Data: []byte("apiVersion: v2\n" + text)}
	}
	add("common", "name: common\nversion: 1.2.0\n")
	add("old/common", "name: common\nversion: 0.9.0\n")
	add("mid", "name: mid\nversion: 1.0.0\ndependencies:\n- {name: common, version: ^1.0.0, repository: 'oci://r.example'}\n")
	add("top", "name: top\nversion: 1.0.0\ndependencies:\n- {name: mid, alias: m, repository: 'file://../mid'}\n- {name: absent, version: 1.0.0}\n")
	add("packed", "name: packed\nversion: 1.0.0\ndependencies:\n- {name: common, version: ^1.0.0}\n")
	tree["packed/charts/common-1.2.0.tgz"] = &fstest.MapFile{}
	add("unpacked", "name: unpacked\nversion: 1.0.0\ndependencies:\n- {name: common, version: ^1.0.0}\n")
	add("unpacked/charts/common", "name: common\nversion: 1.2.0\n")
	add("both", "name: both\nversion: 1.0.0\ndependencies:\n- {name: common, version: '>= 0.0.0'}\n")
	open, err := OpenTree(tree, "")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]map[string]string{
		"mid": {"charts/common": "common"},
		"top": {"charts/mid": "mid", "charts/mid/charts/common": "common"},
	}
	got := open.OutsideSubcharts()
	if !maps.EqualFunc(got, want, func(a, b map[string]string) bool { return maps.Equal(a, b) }) {
		t.Errorf("got %v, want %v", got, want)
	}
	for dir, subs := range got {
		c := open.Chart(dir)
		for at := range subs {
			if _, ok := c.Files[at+"/Chart.yaml"]; !ok || c.Err != nil {
				t.Errorf("%s: the chart does not contain %s: %v", dir, at, c.Err)
			}
		}
	}
}

// Charts that all use each other have many paths.
func TestOutsideSubchartsBound(t *testing.T) {
	tree := fstest.MapFS{}
	for i := range 12 {
		text := fmt.Sprintf("apiVersion: v2\nname: c%d\nversion: 1.0.0\ndependencies:\n", i)
		for j := range 12 {
			text += fmt.Sprintf("- {name: c%d, repository: 'file://../c%d'}\n", j, j)
		}
		tree[fmt.Sprintf("c%d/Chart.yaml", i)] = &fstest.MapFile{Data: []byte(text)}
	}
	open, err := OpenTree(tree, "")
	if err != nil {
		t.Fatal(err)
	}
	for dir, subs := range open.OutsideSubcharts() {
		if len(subs) > maxOutsideSubcharts {
			t.Errorf("%s: got %d sub-charts, want at most %d", dir, len(subs), maxOutsideSubcharts)
		}
	}
}

// A dependency that is not in the tree is no error: kustomize renders the chart without it.
func TestChartFilesWithoutDependency(t *testing.T) {
	tree := fstest.MapFS{
		"web/Chart.yaml":   {Data: []byte("apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies:\n- {name: redis, version: 1.0.0, repository: 'https://charts.example'}\n")},
		"redis/Chart.yaml": {Data: []byte("apiVersion: v2\nname: redis\nversion: 1.0.0\n")},
	}
	got, err := ChartFiles(tree, "web")
	if err != nil || len(got) != 1 || got["Chart.yaml"] != "web/Chart.yaml" {
		t.Errorf("got %v, error %v", got, err)
	}
}
