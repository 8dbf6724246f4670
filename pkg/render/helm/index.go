package helm

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chartutil"
)

// An index knows where the charts of a tree are.
type index struct {
	tree   fs.FS
	dirs   []string          // of those that stand by themselves, sorted
	byName map[string][]meta // all of these
}

// A meta is what Chart.yaml says of a chart.
type meta struct{ dir, version string }

// newIndex walks tree. What cannot be read there is left out: the walk of the
// run reports it.
func newIndex(tree fs.FS) (*index, error) {
	x := &index{tree: tree, byName: map[string][]meta{}}
	var all []string
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && name == ".":
			return fmt.Errorf("looking for charts: %w", err)
		case err != nil:
			return nil
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules"):
			return fs.SkipDir
		case d.Name() == "Chart.yaml" && !d.IsDir():
			all = append(all, path.Dir(name))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(all)
	isChart := map[string]bool{}
	for _, dir := range all {
		isChart[dir] = true
	}
	for _, dir := range all {
		if isNested(dir, isChart) {
			continue
		}
		x.dirs = append(x.dirs, dir)
		src, err := readBounded(tree, path.Join(dir, "Chart.yaml"))
		if err != nil {
			continue
		}
		if v, err := chartutil.ReadValues(src); err == nil {
			name, _ := v["name"].(string)
			version, _ := v["version"].(string)
			x.byName[name] = append(x.byName[name], meta{dir, version})
		}
	}
	return x, nil
}

// isNested reports whether dir lies in the charts/ of another chart.
func isNested(dir string, isChart map[string]bool) bool {
	for up := dir; up != "."; {
		up = path.Dir(up)
		if isChart[up] && strings.HasPrefix(dir, path.Join(up, "charts")+"/") {
			return true
		}
	}
	return false
}

// localDependencies returns, by name, the folders of the dependencies of the
// chart in dir that charts/ does not hold and the tree does: those of file://,
// where Chart.yaml says, and others where just one chart has the name and a
// version that fits.
func (g *chartReader) localDependencies(dir, at string) map[string]string {
	out := map[string]string{}
	for _, file := range []string{"Chart.yaml", "requirements.yaml"} {
		v, err := chartutil.ReadValues(g.into[at+file])
		if err != nil {
			continue // loading the chart will say so
		}
		list, _ := v["dependencies"].([]any)
		for _, item := range list {
			d, _ := item.(map[string]any)
			name, _ := d["name"].(string)
			if name == "" || strings.ContainsAny(name, `/\`) || g.has(at+"charts/"+name) {
				continue
			}
			repository, _ := d["repository"].(string)
			version, _ := d["version"].(string)
			if from := g.find(dir, name, repository, version); from != "" {
				out[name] = from
			}
		}
	}
	return out
}

// find returns the folder of a dependency of the chart in dir, "" for none.
func (g *chartReader) find(dir, name, repository, version string) string {
	if rel, ok := strings.CutPrefix(repository, "file://"); ok {
		from := path.Join(dir, rel)
		if _, err := fs.Stat(g.tree, path.Join(from, "Chart.yaml")); err != nil || path.IsAbs(rel) || from == dir {
			return ""
		}
		return from
	}
	from := ""
	for _, m := range g.byName[name] {
		if m.dir == dir || !chartutil.IsCompatibleRange(version, m.version) {
			continue
		}
		if from != "" {
			return ""
		}
		from = m.dir
	}
	if from != "" {
		g.dependencyDirs[name] = from
	}
	return from
}

// has reports whether the sub-chart is there, unpacked or packed.
func (g *chartReader) has(name string) bool {
	for have := range g.into {
		rest, ok := strings.CutPrefix(have, name)
		if ok && (strings.HasPrefix(rest, "/") || strings.HasPrefix(rest, "-") && strings.HasSuffix(rest, ".tgz") && !strings.Contains(rest, "/")) {
			return true
		}
	}
	return false
}
