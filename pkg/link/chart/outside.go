package chart

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/link"
)

// addOutside sets the sub-charts that are not in the folder of their chart, and adds
// the charts of the repository that use one of charts in this way and that are not
// in charts. What they print decides about the values of the chart that they use.
func addOutside(t *link.Tree, charts []*chart) []*chart {
	if t.OutsideSubcharts == nil || !slices.ContainsFunc(t.Files, func(f *link.File) bool { return IsValuesFile(f.Path) || isTemplate(f.Path) }) {
		return charts
	}
	byDir, isUsed := map[string]*chart{}, map[string]bool{}
	for _, c := range charts {
		byDir[c.dir], isUsed[c.dir] = c, true
	}
	all := t.OutsideSubcharts()
	for _, dir := range slices.Sorted(maps.Keys(all)) {
		c := byDir[dir]
		if c == nil {
			c = newChart(t, dir)
			c.isUser = true
		}
		c.outside = all[dir]
		if c.isUser && slices.ContainsFunc(slices.Collect(maps.Values(c.outside)), func(sub string) bool { return isUsed[sub] }) {
			charts = append(charts, c)
		}
	}
	return charts
}

// isOutside reports whether the file at name belongs to a sub-chart that is not in
// the folder of the chart.
func (c *chart) isOutside(name string) bool {
	for _, dir := range c.outside {
		if isBelow(name, dir) {
			return true
		}
	}
	return false
}

// isOutsideDefault reports whether the file at name has the default values of a
// sub-chart that is not in the folder of the chart, or of a sub-chart in that one.
func (c *chart) isOutsideDefault(name string) bool {
	if path.Base(name) != "values.yaml" {
		return false
	}
	for _, dir := range c.outside {
		if isBelow(name, dir) && (path.Dir(name) == dir || strings.HasPrefix(name, path.Join(dir, "charts")+"/")) {
			return true
		}
	}
	return false
}

// subchartDirs returns the folders of the unpacked sub-charts of the chart, by their
// names.
func (c *chart) subchartDirs() map[string]string {
	out := map[string]string{}
	for _, name := range c.tree.NamesUnder(path.Join(c.dir, "charts")) {
		if dir := path.Dir(name); path.Base(name) == "Chart.yaml" && path.Dir(dir) == path.Join(c.dir, "charts") {
			out[path.Base(dir)] = dir
		}
	}
	for at, dir := range c.outside {
		if path.Dir(at) == "charts" {
			out[path.Base(at)] = dir
		}
	}
	return out
}

// within returns the path in the chart of the folder dir of the tree, "" for the
// folder of the chart.
func (c *chart) within(dir string) string {
	if dir == c.dir {
		return ""
	}
	for _, at := range slices.Sorted(maps.Keys(c.outside)) {
		if outside := c.outside[at]; dir == outside || isBelow(dir, outside) {
			return path.Join(at, strings.TrimPrefix(dir, outside))
		}
	}
	return strings.TrimPrefix(dir, c.dir+"/")
}

// isBelow reports whether the file at name is in the folder dir or below it.
func isBelow(name, dir string) bool { return dir == "." || strings.HasPrefix(name, dir+"/") }
