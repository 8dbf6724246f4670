package link

import (
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// changesKey is the annotation in which a chart lists what is new in it.
// Source: https://artifacthub.io/docs/topics/annotations/helm/
const changesKey = "artifacthub.io/changes"

// bumps returns what raises the version of every chart in which something
// moves: the version itself, its badge in the README, an entry in the list of
// changes. A chart has changed when one below its charts/ has.
func bumps(t *Tree, moved []MovedPiece) []Consequence {
	if t.Bump == BumpNone {
		return nil
	}
	changed := map[string][]MovedPiece{} // by the chart's folder
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
	var out []Consequence
	for _, dir := range dirs {
		c := &chart{dir: dir, tree: t, values: map[string]*syntax.Node{}}
		var of []string
		for _, m := range changed[dir] {
			of = append(of, m.Path)
		}
		for _, x := range c.bump(changed[dir]) {
			x.Sources = of
			out = append(out, x)
		}
	}
	return out
}

// chartsAround returns the folder of the chart that the file at name belongs
// to, and those of the charts that it is a sub-chart of.
func chartsAround(t *Tree, name string) []string {
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
func (c *chart) bump(moved []MovedPiece) []Consequence {
	at, ok := c.scalar(c.file("Chart.yaml"), []string{"version"})
	if !ok || c.pinned() {
		return nil
	}
	raised, ok := c.tree.Bump.Next(at.Text)
	span, plain := at.Map.Span(0, len(at.Text))
	if !ok || !plain {
		return nil
	}
	out := []Consequence{{
		FileEdit:      FileEdit{Path: at.Path, Edit: edit.Edit{Span: span, New: raised}},
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
func (c *chart) pinned() bool {
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
			if d = d.Resolve(); d.Str("name") == name && !c.tree.Bump.accepts(d.Str("version")) {
				return true
			}
		}
	}
	return false
}

// badge returns the edits of the badge that shows the version, as helm-docs
// writes it: ![Version: 1.2.3](https://img.shields.io/badge/Version-1.2.3-informational).
// A hyphen within a part of a badge is written twice.
func badge(readme *File, old, raised string) []Consequence {
	text := string(readme.Src)
	shield := strings.NewReplacer("-", "--", "_", "__").Replace
	title, link := "![Version: "+old+"](", "/badge/Version-"+shield(old)+"-"
	i := strings.Index(text, title)
	if i < 0 {
		return nil
	}
	end := i + len(title) + strings.IndexByte(text[i+len(title):]+")", ')')
	j := strings.Index(text[i:end], link)
	if j < 0 {
		return nil
	}
	put := func(at int, old, new string) Consequence {
		return Consequence{
			FileEdit: FileEdit{Path: readme.Path, Edit: edit.Edit{Span: edit.Span{Start: at, End: at + len(old)}, New: new}},
			Why:      "the badge follows the chart's version",
		}
	}
	return []Consequence{
		put(i+len("![Version: "), old, raised),
		put(i+j+len("/badge/Version-"), shield(old), shield(raised)),
	}
}
