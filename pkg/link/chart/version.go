package chart

import (
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// versionBumps returns the edits that raise the version of each chart in which
// a piece moves: the version, its badge in the README, and an entry in the list
// of changes. A chart also changes when one of its sub-charts changes.
func versionBumps(t *link.Tree, bump VersionBump, moved []link.MovedPiece) []link.Consequence {
	if bump == BumpNone {
		return nil
	}
	changed := map[string][]link.MovedPiece{} // by the chart's folder
	for _, m := range moved {
		for _, dir := range chartsAround(t, m.Path) {
			changed[dir] = append(changed[dir], m)
		}
	}
	dirs := make([]string, 0, len(changed))
	for dir := range changed {
		dirs = append(dirs, dir)
	}
	slices.Sort(dirs)
	var out []link.Consequence
	for _, dir := range dirs {
		var sources []string
		for _, m := range changed[dir] {
			sources = append(sources, m.Path)
		}
		for _, x := range newChart(t, dir).bumpVersion(bump, changed[dir]) {
			x.Sources = sources
			out = append(out, x)
		}
	}
	return out
}

// chartsAround returns the folder of the chart that the file at name belongs
// to, and the folders of the charts that this chart is a sub-chart of.
func chartsAround(t *link.Tree, name string) []string {
	var out []string
	for dir := path.Dir(name); ; dir = path.Dir(dir) {
		if len(out) == 0 || path.Base(path.Dir(out[len(out)-1])) == "charts" && path.Dir(path.Dir(out[len(out)-1])) == dir {
			if t.File(path.Join(dir, "Chart.yaml")) != nil {
				out = append(out, dir)
			}
		}
		if dir == "." || dir == "/" {
			return out
		}
	}
}

// bumpVersion returns the edits that raise the version of the chart, in which
// the pieces moved.
func (c *chart) bumpVersion(bump VersionBump, moved []link.MovedPiece) []link.Consequence {
	old, ok := c.scalar(c.path("Chart.yaml"), []string{"version"})
	if !ok || c.isPinned(bump) {
		return nil
	}
	next, isVersion := bump.Next(old.Text)
	span, isPlain := old.Map.Span(0, len(old.Text))
	if !isVersion || !isPlain {
		return nil
	}
	out := []link.Consequence{{
		FileEdit:      link.FileEdit{Path: old.Path, Edit: edit.Edit{Span: span, New: next}},
		Why:           "the version of the chart is raised",
		IsVersionBump: true,
	}}
	if readme := c.tree.File(c.path("README.md")); readme != nil {
		out = append(out, badgeEdits(readme, old.Text, next)...)
	}
	return append(out, c.addChange(moved)...)
}

// isPinned reports whether the chart is a sub-chart, and its parent requires a
// version that excludes the raised version. Helm would omit such a sub-chart,
// or include it without its condition and alias.
func (c *chart) isPinned(bump VersionBump) bool {
	charts := path.Dir(c.dir)
	if path.Base(charts) != "charts" {
		return false
	}
	parent := &chart{dir: path.Dir(charts), tree: c.tree, parsed: c.parsed}
	name := c.parse(c.path("Chart.yaml")).Str("name")
	for _, file := range []string{"Chart.yaml", "requirements.yaml", "Chart.lock", "requirements.lock"} {
		for _, d := range parent.dependencies(parent.path(file)) {
			if d.Str("name") == name && !bump.accepts(d.Str("version")) {
				return true
			}
		}
	}
	return false
}

// badgeEdits returns the edits of the version badge in the form of helm-docs:
// ![Version: 1.2.3](https://img.shields.io/badge/Version-1.2.3-informational).
// In the URL of a badge, hyphens and underscores of its text are doubled.
// Source: https://shields.io/badges/static-badge
func badgeEdits(readme *link.File, old, next string) []link.Consequence {
	text := string(readme.Src)
	escape := strings.NewReplacer("-", "--", "_", "__").Replace
	title, inURL := "![Version: "+old+"](", "/badge/Version-"+escape(old)+"-"
	i := strings.Index(text, title)
	if i < 0 {
		return nil
	}
	end := i + len(title) + strings.IndexByte(text[i+len(title):]+")", ')')
	j := strings.Index(text[i:end], inURL)
	if j < 0 {
		return nil
	}
	replace := func(at int, old, new string) link.Consequence {
		return link.Consequence{
			FileEdit: link.FileEdit{Path: readme.Path, Edit: edit.Edit{Span: edit.Span{Start: at, End: at + len(old)}, New: new}},
			Why:      "the badge shows the version of the chart",
		}
	}
	return []link.Consequence{
		replace(i+len("![Version: "), old, next),
		replace(i+j+len("/badge/Version-"), escape(old), escape(next)),
	}
}
