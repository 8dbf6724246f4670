package helm

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/regmigrate/regmigrate/internal/chartutil"
)

// chartFile is the file that every chart has.
const chartFile = "Chart.yaml"

// A chartIndex lists the charts of a tree that are not sub-charts.
type chartIndex struct {
	tree   fs.FS
	dirs   []string                         // sorted
	byName func() map[string][]chartVersion // reads the Chart.yaml of all charts when it is first called

	archives *Archives // dependencies outside of the tree, nil for none
}

// A chartVersion is the folder of a chart and its version in Chart.yaml.
type chartVersion struct{ dir, version string }

// newChartIndex walks the folder within of tree; "" is all of tree. It ignores
// folders and files that cannot be read: the walk of the run reports them.
func newChartIndex(tree fs.FS, within string) (*chartIndex, error) {
	all, err := findCharts(tree, within)
	if err != nil {
		return nil, err
	}
	return indexCharts(tree, all), nil
}

// findCharts returns the folders of the charts in the folder within of tree.
func findCharts(tree fs.FS, within string) (all []string, err error) {
	within = cmp.Or(within, ".")
	err = fs.WalkDir(tree, within, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && name == within:
			return fmt.Errorf("looking for charts: %w", err)
		case err != nil:
			return nil
		case d.IsDir() && hasNoCharts(d.Name()):
			return fs.SkipDir
		case d.Name() == chartFile && !d.IsDir():
			all = append(all, path.Dir(name))
		}
		return nil
	})
	return all, err
}

// hasNoCharts reports whether folders with the name are not searched for charts.
func hasNoCharts(name string) bool { return name == ".git" || name == "node_modules" }

// indexCharts returns the index of the charts in the folders all.
func indexCharts(tree fs.FS, all []string) *chartIndex {
	x := &chartIndex{tree: tree}
	slices.Sort(all)
	isChart := map[string]bool{}
	for _, dir := range all {
		isChart[dir] = true
	}
	for _, dir := range all {
		if isSubChart(dir, isChart) {
			continue
		}
		x.dirs = append(x.dirs, dir)
	}
	x.byName = sync.OnceValue(x.readNames)
	return x
}

// readNames returns the charts by the name in Chart.yaml.
func (x *chartIndex) readNames() map[string][]chartVersion {
	byName := map[string][]chartVersion{}
	for _, dir := range x.dirs {
		src, err := readBounded(x.tree, path.Join(dir, chartFile))
		if err != nil {
			continue
		}
		if v, err := chartutil.ReadValues(src); err == nil {
			name, _ := v["name"].(string)
			version, _ := v["version"].(string)
			byName[name] = append(byName[name], chartVersion{dir, version})
		}
	}
	return byName
}

// isSubChart reports whether dir is in the charts/ folder of another chart.
func isSubChart(dir string, isChart map[string]bool) bool {
	for parent := dir; parent != "."; {
		parent = path.Dir(parent)
		if isChart[parent] && strings.HasPrefix(dir, path.Join(parent, "charts")+"/") {
			return true
		}
	}
	return false
}
