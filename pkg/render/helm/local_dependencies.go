package helm

import (
	"bytes"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/chartutil"
)

// maxOutsideSubcharts bounds the sub-charts of one chart that are outside of its
// folder: charts may use each other in many ways.
const maxOutsideSubcharts = 1000

// A localDependency is the folder of a dependency that charts/ does not contain.
type localDependency struct {
	dir    string
	byName bool // found by its name and version, not by file://
}

// localDependencies returns the dependencies of the chart in dir that charts/ does
// not contain and the tree does, by name: file:// dependencies, and those for which
// exactly one chart of the tree has the name and a compatible version.
func (x *chartIndex) localDependencies(dir string) map[string]localDependency {
	out := map[string]localDependency{}
	for _, d := range x.dependencies(dir) {
		if x.hasChart(path.Join(dir, "charts"), d.name) {
			continue
		}
		if found := x.findDependency(dir, d.name, d.repository, d.version); found.dir != "" {
			out[d.name] = found
		}
	}
	return out
}

// A dependency is an entry of the dependencies of a chart.
type dependency struct{ name, repository, version string }

// dependencies returns the dependencies of the chart in dir.
func (x *chartIndex) dependencies(dir string) []dependency {
	var out []dependency
	for _, file := range []string{chartFile, "requirements.yaml"} {
		out = append(out, x.dependenciesIn(path.Join(dir, file))...)
	}
	return out
}

// dependenciesIn returns the dependencies in the YAML file at name.
func (x *chartIndex) dependenciesIn(name string) []dependency {
	src, err := readBounded(x.tree, name)
	if err != nil || !bytes.Contains(src, []byte("dependencies")) {
		return nil // loading the chart reports the error
	}
	v, err := chartutil.ReadValues(src)
	if err != nil {
		return nil
	}
	var out []dependency
	list, _ := v["dependencies"].([]any)
	for _, item := range list {
		m, _ := item.(map[string]any)
		var d dependency
		d.name, _ = m["name"].(string)
		if d.name == "" || strings.ContainsAny(d.name, `/\`) {
			continue
		}
		d.repository, _ = m["repository"].(string)
		d.version, _ = m["version"].(string)
		out = append(out, d)
	}
	return out
}

// findDependency returns the dependency of the chart in dir, without a folder if
// the tree does not contain it.
func (x *chartIndex) findDependency(dir, name, repository, version string) localDependency {
	if rel, ok := strings.CutPrefix(repository, "file://"); ok {
		from := path.Join(dir, rel)
		if _, err := fs.Stat(x.tree, path.Join(from, chartFile)); err != nil || path.IsAbs(rel) || from == dir {
			return localDependency{}
		}
		return localDependency{dir: from}
	}
	from := ""
	for _, c := range x.byName()[name] {
		if c.dir == dir || !chartutil.IsCompatibleRange(version, c.version) {
			continue
		}
		if from != "" {
			return localDependency{} // ambiguous
		}
		from = c.dir
	}
	return localDependency{from, true}
}

// hasChart reports whether the folder charts contains the sub-chart name, unpacked
// or packed.
func (x *chartIndex) hasChart(charts, name string) bool {
	if _, err := fs.Stat(x.tree, path.Join(charts, name, chartFile)); err == nil {
		return true
	}
	packed, err := fs.Glob(x.tree, path.Join(escapeGlob(charts), escapeGlob(name)+"-*.tgz"))
	return err == nil && len(packed) > 0
}

// OutsideSubcharts returns the folders of the sub-charts that are not in the
// folder of their chart, by the folder of the chart and by their path in it,
// charts/common or charts/web/charts/common. They are where
// [Chart.Files] takes them from. Charts without such sub-charts are omitted.
func (t *Tree) OutsideSubcharts() map[string]map[string]string {
	x := outsideIndex{t.index, map[string]map[string]localDependency{}}
	out := map[string]map[string]string{}
	for _, dir := range t.index.dirs {
		subs := map[string]string{}
		x.add(subs, dir, "", 0)
		if len(subs) > 0 {
			out[dir] = subs
		}
	}
	return out
}

// An outsideIndex is a chartIndex with the known results of localDependencies.
type outsideIndex struct {
	*chartIndex
	byDir map[string]map[string]localDependency
}

// add adds to out the sub-charts of the chart in dir, whose path in the whole chart
// is prefix: empty, or with a slash at its end.
func (x *outsideIndex) add(out map[string]string, dir, prefix string, depth int) {
	dependencies, known := x.byDir[dir]
	if !known {
		dependencies = x.localDependencies(dir)
		x.byDir[dir] = dependencies
	}
	for _, name := range slices.Sorted(maps.Keys(dependencies)) {
		if depth == maxLocalDepth || len(out) == maxOutsideSubcharts {
			return
		}
		at := prefix + "charts/" + name
		out[at] = dependencies[name].dir
		x.add(out, dependencies[name].dir, at+"/", depth+1)
	}
}
