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

// An chartEntry is an entry of helmCharts whose chart is in the tree: what a
// child is to render in its place.
type chartEntry struct {
	Path         string            // the path of the file that stands for it
	Chart        types.HelmChart   // with the namespace that it gets; its files are paths in the tree
	Files        map[string]string // the chart's files, by their path in the chart: their path in the tree
	ValuesInline []byte            // its valuesInline, as JSON
}

// addChartEntries finds the charts of l. Those that are not in the tree, and what
// cannot be rendered as helm would, are cut.
func (x *Tree) addChartEntries(l *layer) {
	home := types.HelmDefaultHome
	if g := l.k.HelmGlobals; g != nil && g.ChartHome != "" {
		home = g.ChartHome
	}
	for _, c := range l.k.HelmCharts {
		in, why := x.chartEntry(l, home, c)
		if why == "" {
			in.Path = path.Join(l.dir, fmt.Sprintf("regmigrate-chart-%d.yaml", len(l.charts)))
			l.charts = append(l.charts, in)
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

// chartEntry returns what c is, or why that is not to be had. Source of where the
// files are: sigs.k8s.io/kustomize/api/internal/builtins,
// HelmChartInflationGenerator.
func (x *Tree) chartEntry(l *layer, home string, c types.HelmChart) (in chartEntry, why string) {
	if c.Repo != "" && c.Version != "" {
		home = path.Join(home, c.Name+"-"+c.Version)
	}
	dir := path.Join(l.dir, home, c.Name)
	switch {
	case c.Name == "" || path.IsAbs(home) || !fs.ValidPath(dir):
		return in, "its folder is outside of the repository"
	case !x.isFile(path.Join(dir, "Chart.yaml")):
		if c.Repo != "" {
			return in, "it is remote"
		}
		return in, "it is not in " + path.Join(l.dir, home)
	case strings.HasPrefix(c.Name, "-") || strings.HasPrefix(c.ReleaseName, "-"):
		return in, "its name begins with a hyphen, which kustomize refuses"
	case c.NameTemplate != "":
		return in, "its nameTemplate takes the program helm"
	}
	files, err := helm.ChartFiles(x.tree, dir)
	if err != nil {
		return in, err.Error()
	}
	in = chartEntry{Chart: c, Files: files}
	in.Chart.ValuesInline = nil
	if len(c.ValuesInline) > 0 {
		var err error
		if in.ValuesInline, err = json.Marshal(c.ValuesInline); err != nil {
			return in, "its valuesInline cannot be read: " + err.Error()
		}
	}
	take := func(name string) string {
		at := path.Join(l.dir, name)
		if path.IsAbs(name) || !fs.ValidPath(at) {
			why = name + " is outside of the repository"
		} else if !x.isFile(at) {
			why = name + " is not there"
		}
		return at
	}
	if c.ValuesFile == "" {
		in.Chart.ValuesFile = path.Join(dir, "values.yaml")
		if !x.isFile(in.Chart.ValuesFile) {
			why = "it has no values.yaml, which kustomize wants"
		}
	} else {
		in.Chart.ValuesFile = take(c.ValuesFile)
	}
	in.Chart.AdditionalValuesFiles = nil
	for _, name := range c.AdditionalValuesFiles {
		in.Chart.AdditionalValuesFiles = append(in.Chart.AdditionalValuesFiles, take(name))
	}
	if why == "" {
		l.files = append(l.files, slices.Collect(maps.Values(in.Files))...)
		l.files = append(append(l.files, in.Chart.ValuesFile), in.Chart.AdditionalValuesFiles...)
	}
	return in, why
}

// setNamespaces gives the charts of t the namespaces of the layers above them. Source:
// sigs.k8s.io/kustomize/api/internal/target, helmRootNamespace.
func (t *overlayTree) setNamespaces(x *Tree) {
	if !slices.ContainsFunc(t.layers, func(l *layer) bool { return len(l.charts) > 0 }) {
		return
	}
	spaces := map[string]map[string]bool{} // by folder
	var visit func(l *layer, space string, deep int)
	visit = func(l *layer, space string, deep int) {
		if l.k != nil && l.k.Namespace != "" {
			space = l.k.Namespace
		}
		if spaces[l.dir] == nil {
			spaces[l.dir] = map[string]bool{}
		}
		if deep > maxLayerDepth || spaces[l.dir][space] {
			return
		}
		spaces[l.dir][space] = true
		for _, dir := range l.bases {
			if b := x.layer(dir); b != nil {
				visit(b, space, deep+1)
			}
		}
	}
	visit(t.layers[0], "", 0)
	for _, l := range t.layers {
		if len(l.charts) > 0 && len(spaces[l.dir]) > 1 {
			t.omitted = append(t.omitted, omission{"the charts of " + l.file, "they are taken with several namespaces", true})
			continue
		}
		for _, in := range l.charts {
			for space := range spaces[l.dir] {
				if in.Chart.Namespace == "" {
					in.Chart.Namespace = space
				}
			}
			t.charts = append(t.charts, in)
		}
	}
}

// addChartOutputs are the kustomizations that take files in the place of charts.
func (t *overlayTree) addChartOutputs(out replacements) {
	for _, l := range t.layers {
		if len(l.charts) == 0 {
			continue
		}
		k := *l.k
		if have := out[l.file]; have != nil {
			k = *have
		}
		k.Resources = slices.Clone(k.Resources)
		for _, in := range t.charts {
			if path.Dir(in.Path) == l.dir {
				k.Resources = append(k.Resources, path.Base(in.Path))
			}
		}
		out[l.file] = &k
	}
}
