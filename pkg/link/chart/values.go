package chart

import (
	"path"
	"strconv"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// value returns the scalar of the value at a path: from the values file, if
// there is one and it has the value, else from the chart's values.yaml, else
// from the values.yaml of the sub-chart that the value belongs to. The result
// from is the values file that has the value, "" for the defaults.
func (c *chart) value(at []string, file string) (p format.Piece, from string, ok bool) {
	if test := c.tests[file]; test != nil {
		if p, ok := test.scalar(at); ok {
			return p, file, true
		}
	} else if file != "" {
		if p, ok := c.scalar(c.path(file), at); ok {
			return p, file, true
		}
	}
	if p, ok := c.scalar(c.path("values.yaml"), at); ok {
		return p, "", true
	}
	within := "" // the path of a sub-chart in the chart
	for len(at) > 1 {
		sub, ok := c.subchart(within, at[0])
		if !ok {
			break
		}
		within, at = sub, at[1:]
		if p, ok := c.scalar(c.path(path.Join(within, "values.yaml")), at); ok {
			return p, "", true
		}
	}
	return format.Piece{}, "", false
}

// subchart returns the path in the chart of the unpacked sub-chart that the
// sub-chart at the path within, "" for the chart itself, calls name, or false.
func (c *chart) subchart(within, name string) (string, bool) {
	folder := name
	for _, file := range DependencyFiles {
		for _, d := range c.dependencies(c.path(path.Join(within, file))) {
			if d.Str("alias") == name {
				folder = d.Str("name")
			}
		}
	}
	sub := path.Join(within, "charts", folder)
	return sub, c.parse(c.path(path.Join(sub, "Chart.yaml"))) != nil
}

// dependencies returns the dependencies in the YAML file at name.
func (c *chart) dependencies(name string) []*syntax.Node {
	return link.Items(c.parse(name).Field("dependencies"))
}

// parse returns the root of the YAML file at name, nil if it cannot be parsed.
func (c *chart) parse(name string) *syntax.Node {
	if root, ok := c.parsed[name]; ok {
		return root
	}
	var root *syntax.Node
	if f := c.tree.File(name); f != nil {
		if y, err := f.ParseYAML(nil); err == nil && len(y.Docs) > 0 {
			root = y.Docs[0].Root
		}
	}
	c.parsed[name] = root
	return root
}

// scalar returns the scalar at a path of values in the file at name.
func (c *chart) scalar(name string, at []string) (format.Piece, bool) {
	n := c.parse(name)
	field := ""
	for _, key := range at {
		if n == nil {
			return format.Piece{}, false
		}
		if i, err := strconv.Atoi(strings.Trim(key, "[]")); err == nil && strings.HasPrefix(key, "[") {
			if n.Kind != syntax.Sequence || i >= len(n.Children) {
				return format.Piece{}, false
			}
			n = n.Children[i].Resolve()
			field += key
			continue
		}
		n = n.Field(key)
		field += "." + key
	}
	if n == nil || n.Kind != syntax.Scalar || n.Span.Len() == 0 {
		return format.Piece{}, false
	}
	return format.ScalarPiece(name, n, field, format.Whole, ""), true
}
