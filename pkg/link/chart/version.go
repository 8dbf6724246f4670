package chart

import (
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// changesKey is the annotation in which a chart lists what is new in it.
// Source: https://artifacthub.io/docs/topics/annotations/helm/
const changesKey = "artifacthub.io/changes"

// bumps returns what raises the version of every chart in which something
// moves: the version itself, its badge in the README, an entry in the list of
// changes. A chart has changed when one below its charts/ has.
func bumps(t *link.Tree, bump VersionBump, moved []link.MovedPiece) []link.Consequence {
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
		c := &chart{dir: dir, tree: t, values: map[string]*syntax.Node{}}
		var of []string
		for _, m := range changed[dir] {
			of = append(of, m.Path)
		}
		for _, x := range c.bump(bump, changed[dir]) {
			x.Sources = of
			out = append(out, x)
		}
	}
	return out
}

// chartsAround returns the folder of the chart that the file at name belongs
// to, and those of the charts that it is a sub-chart of.
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

// bump raises the version of the chart, in which moved has moved.
func (c *chart) bump(bump VersionBump, moved []link.MovedPiece) []link.Consequence {
	at, ok := c.scalar(c.file("Chart.yaml"), []string{"version"})
	if !ok || c.pinned(bump) {
		return nil
	}
	raised, ok := bump.Next(at.Text)
	span, plain := at.Map.Span(0, len(at.Text))
	if !ok || !plain {
		return nil
	}
	out := []link.Consequence{{
		FileEdit:      link.FileEdit{Path: at.Path, Edit: edit.Edit{Span: span, New: raised}},
		Why:           "the chart's version is raised",
		IsVersionBump: true,
	}}
	if readme := c.tree.File(c.file("README.md")); readme != nil {
		out = append(out, badge(readme, at.Text, raised)...)
	}
	return append(out, c.changes(moved)...)
}

// pinned reports whether the chart is a sub-chart that its parent asks for in
// a version which the raised one is not: Helm would leave it out, or take it
// without its condition and alias.
func (c *chart) pinned(bump VersionBump) bool {
	up := path.Dir(c.dir)
	if path.Base(up) != "charts" {
		return false
	}
	parent := &chart{dir: path.Dir(up), tree: c.tree, values: c.values}
	name := c.read(c.file("Chart.yaml")).Str("name")
	for _, file := range []string{"Chart.yaml", "requirements.yaml", "Chart.lock", "requirements.lock"} {
		deps := parent.read(parent.file(file)).Field("dependencies")
		if deps == nil {
			continue
		}
		for _, d := range deps.Children {
			if d = d.Resolve(); d.Str("name") == name && !bump.accepts(d.Str("version")) {
				return true
			}
		}
	}
	return false
}

// badge returns the edits of the badge that shows the version, as helm-docs
// writes it: ![Version: 1.2.3](https://img.shields.io/badge/Version-1.2.3-informational).
// A hyphen within a part of a badge is written twice.
func badge(readme *link.File, old, raised string) []link.Consequence {
	text := string(readme.Src)
	shield := strings.NewReplacer("-", "--", "_", "__").Replace
	title, shieldLink := "![Version: "+old+"](", "/badge/Version-"+shield(old)+"-"
	i := strings.Index(text, title)
	if i < 0 {
		return nil
	}
	end := i + len(title) + strings.IndexByte(text[i+len(title):]+")", ')')
	j := strings.Index(text[i:end], shieldLink)
	if j < 0 {
		return nil
	}
	put := func(at int, old, new string) link.Consequence {
		return link.Consequence{
			FileEdit: link.FileEdit{Path: readme.Path, Edit: edit.Edit{Span: edit.Span{Start: at, End: at + len(old)}, New: new}},
			Why:      "the badge follows the chart's version",
		}
	}
	return []link.Consequence{
		put(i+len("![Version: "), old, raised),
		put(i+j+len("/badge/Version-"), shield(old), shield(raised)),
	}
}
