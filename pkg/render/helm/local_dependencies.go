package helm

import (
	"io/fs"
	"path"
	"strings"

	"helm.sh/helm/v3/pkg/chartutil"
)

// localDependencies returns the folders of the dependencies of the chart in dir
// that charts/ does not hold and the tree does, by name: file:// dependencies,
// and those for which exactly one chart of the tree has the name and a
// compatible version. prefix is the path of the chart in r.files.
func (r *chartReader) localDependencies(dir, prefix string) map[string]string {
	out := map[string]string{}
	for _, file := range []string{"Chart.yaml", "requirements.yaml"} {
		v, err := chartutil.ReadValues(r.files[prefix+file])
		if err != nil {
			continue // loading the chart reports the error
		}
		list, _ := v["dependencies"].([]any)
		for _, item := range list {
			d, _ := item.(map[string]any)
			name, _ := d["name"].(string)
			if name == "" || strings.ContainsAny(name, `/\`) || r.hasChart(prefix+"charts/"+name) {
				continue
			}
			repository, _ := d["repository"].(string)
			version, _ := d["version"].(string)
			if from := r.findDependency(dir, name, repository, version); from != "" {
				out[name] = from
			}
		}
	}
	return out
}

// findDependency returns the folder of a dependency of the chart in dir, "" when
// the tree does not hold it.
func (r *chartReader) findDependency(dir, name, repository, version string) string {
	if rel, ok := strings.CutPrefix(repository, "file://"); ok {
		from := path.Join(dir, rel)
		if _, err := fs.Stat(r.tree, path.Join(from, "Chart.yaml")); err != nil || path.IsAbs(rel) || from == dir {
			return ""
		}
		return from
	}
	from := ""
	for _, c := range r.byName[name] {
		if c.dir == dir || !chartutil.IsCompatibleRange(version, c.version) {
			continue
		}
		if from != "" {
			return "" // ambiguous
		}
		from = c.dir
	}
	if from != "" {
		r.dependencyDirs[name] = from
	}
	return from
}

// hasChart reports whether r.files holds the sub-chart name, unpacked or packed.
func (r *chartReader) hasChart(name string) bool {
	for file := range r.files {
		rest, ok := strings.CutPrefix(file, name)
		if ok && (strings.HasPrefix(rest, "/") || strings.HasPrefix(rest, "-") && strings.HasSuffix(rest, ".tgz") && !strings.Contains(rest, "/")) {
			return true
		}
	}
	return false
}
