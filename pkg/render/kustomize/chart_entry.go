package kustomize

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/types"

	"github.com/regmigrate/regmigrate/pkg/render/helm"
)

// A chartEntry is an entry of helmCharts with a chart that is in the tree.
type chartEntry struct {
	Path         string            // the path of the file that holds the output of the chart in the build
	Chart        types.HelmChart   // the entry with its namespace; paths of files are paths in the tree
	Files        map[string]string // the files of the chart: the path in the tree by the path in the chart
	ValuesInline []byte            // as JSON
}

// addChartEntries adds the entries of helmCharts to l.charts, and removes them
// from l.k. An entry is omitted when its chart is not in the tree, or does not
// render here as it does in kustomize.
func (x *Tree) addChartEntries(l *layer) {
	home := types.HelmDefaultHome
	if g := l.k.HelmGlobals; g != nil && g.ChartHome != "" {
		home = g.ChartHome
	}
	for _, c := range l.k.HelmCharts {
		entry, why := x.chartEntry(l, home, c)
		if why == "" {
			entry.Path = path.Join(l.dir, fmt.Sprintf("regmigrate-chart-%d.yaml", len(l.charts)))
			l.charts = append(l.charts, entry)
			continue
		}
		name := c.Name
		if c.Repo != "" {
			name = strings.TrimSuffix(c.Repo, "/") + "/" + c.Name
		}
		l.omit("the chart "+name, why, true)
	}
	l.helmCharts = l.k.HelmCharts
	l.k.HelmCharts, l.k.HelmGlobals = nil, nil
}

// chartEntry reads the entry c of l, and adds its files to l.files. why says why
// the entry must be omitted. Source of the paths:
// sigs.k8s.io/kustomize/api/internal/builtins, HelmChartInflationGenerator.
func (x *Tree) chartEntry(l *layer, home string, c types.HelmChart) (entry chartEntry, why string) {
	if c.Repo != "" && c.Version != "" {
		home = path.Join(home, c.Name+"-"+c.Version)
	}
	dir := path.Join(l.dir, home, c.Name)
	switch {
	case c.Name == "" || path.IsAbs(home) || !fs.ValidPath(dir):
		return entry, "its folder is outside of the repository"
	case !x.isFile(path.Join(dir, "Chart.yaml")):
		if c.Repo != "" {
			return entry, "remote, not fetched"
		}
		return entry, "not in " + path.Join(l.dir, home)
	case strings.HasPrefix(c.Name, "-") || strings.HasPrefix(c.ReleaseName, "-"):
		return entry, "kustomize rejects names that begin with a hyphen"
	case c.NameTemplate != "":
		return entry, "its nameTemplate requires the helm program"
	}
	files, err := helm.ChartFiles(x.tree, dir)
	if err != nil {
		return entry, err.Error()
	}
	entry = chartEntry{Chart: c, Files: files}
	entry.Chart.ValuesInline = nil
	if len(c.ValuesInline) > 0 {
		if entry.ValuesInline, err = json.Marshal(c.ValuesInline); err != nil {
			return entry, "its valuesInline cannot be read: " + err.Error()
		}
	}
	if why := x.resolveValuesFiles(l, dir, &entry.Chart); why != "" {
		return entry, why
	}
	l.files = append(l.files, slices.Collect(maps.Values(entry.Files))...)
	l.files = append(append(l.files, entry.Chart.ValuesFile), entry.Chart.AdditionalValuesFiles...)
	return entry, ""
}

// resolveValuesFiles turns the values files of c into paths in the tree. dir is
// the folder of the chart. why says why a values file cannot be used.
func (x *Tree) resolveValuesFiles(l *layer, dir string, c *types.HelmChart) (why string) {
	resolve := func(name string) string {
		file := path.Join(l.dir, name)
		if path.IsAbs(name) || !fs.ValidPath(file) {
			why = name + " is outside of the repository"
		} else if !x.isFile(file) {
			why = name + " does not exist"
		}
		return file
	}
	if c.ValuesFile == "" {
		c.ValuesFile = path.Join(dir, "values.yaml")
		if !x.isFile(c.ValuesFile) {
			why = "has no values.yaml, which kustomize requires"
		}
	} else {
		c.ValuesFile = resolve(c.ValuesFile)
	}
	var additional []string
	for _, name := range c.AdditionalValuesFiles {
		additional = append(additional, resolve(name))
	}
	c.AdditionalValuesFiles = additional
	return why
}
