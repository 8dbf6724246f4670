package chart

import (
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/absentchart"
)

// linkAbsent returns the groups of the values that the chart passes to dependencies
// which the repository does not have. It omits values of which known groups have
// pieces: a rendering shows how these are used. The function names returns the names
// of the charts of the tree.
func (c *chart) linkAbsent(known []link.Group, names func() map[string]bool, move link.MoveFunc) []link.Group {
	anySelected := false
	c.eachKeyNamed(func(o *format.Occurrence) {
		anySelected = anySelected || move.Moves(o) || o.LikelyImage && c.isLikely(o)
	})
	if !anySelected {
		return nil
	}
	var groups []link.Group
	seen := map[string]bool{} // keys of dependencies
	for _, file := range DependencyFiles {
		for _, d := range c.dependencies(c.path(file)) {
			key := d.Str("alias")
			if key == "" {
				key = d.Str("name")
			}
			if key == "" || seen[key] || names()[d.Str("name")] || c.hasDependency(d) {
				continue
			}
			seen[key] = true
			groups = append(groups, c.linkAbsentDependency(d, key, move)...)
		}
	}
	if len(groups) == 0 {
		return nil
	}
	pieces := map[link.PieceID]bool{}
	for i := range known {
		addPieces(pieces, known[i].Occurrences)
	}
	return slices.DeleteFunc(groups, func(g link.Group) bool {
		own := map[link.PieceID]bool{}
		addPieces(own, g.Occurrences)
		for p := range own {
			if pieces[p] {
				return true
			}
		}
		return false
	})
}

// linkAbsentDependency returns the groups of the values of the dependency d, which
// the values files of the chart have below key.
func (c *chart) linkAbsentDependency(d *syntax.Node, key string, move link.MoveFunc) []link.Group {
	repository := func() string { return d.Str("repository") }
	defaults := c.dependencyValues(c.path("values.yaml"), key)
	var groups []link.Group
	if defaults != nil {
		groups = absentchart.Link(repository, []*absentchart.Values{defaults}, move)
	}
	for _, f := range c.valuesFiles() {
		if f.Path == c.path("values.yaml") || !isBelow(f.Path, c.dir) || strings.Contains(strings.TrimPrefix(f.Path, c.dir+"/"), "charts/") {
			continue
		}
		v := c.dependencyValues(f.Path, key)
		if v == nil {
			continue
		}
		all := []*absentchart.Values{v}
		if defaults != nil {
			all = []*absentchart.Values{defaults, v}
		}
		groups = append(groups, absentchart.Link(repository, all, move)...)
	}
	return groups
}

// dependencyValues returns the values that the file at name has for the dependency
// with a key, nil if it has none. The global values are those of the chart.
func (c *chart) dependencyValues(name, key string) *absentchart.Values {
	root := c.parse(name)
	own, global := root.Field(key), root.Field("global")
	if own == nil && global == nil {
		return nil
	}
	v := absentchart.NewValues(c.tree.File(name))
	if global != nil {
		v.AddGlobal(global)
	}
	v.AddMapping("", own)
	return v
}

// hasDependency reports whether the tree has the chart that d names, or may have it.
func (c *chart) hasDependency(d *syntax.Node) bool {
	name := d.Str("name")
	if _, ok := c.subchart("", name); ok || strings.HasPrefix(d.Str("repository"), "file://") {
		return true
	}
	packed := c.path("charts/" + name + "-")
	return slices.ContainsFunc(c.tree.Packed, func(file string) bool {
		version, ok := strings.CutPrefix(file, packed)
		return ok && strings.Trim(version[:1], "v0123456789") == ""
	})
}
