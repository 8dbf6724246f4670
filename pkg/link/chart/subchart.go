package chart

import (
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// usedAt returns the paths of values under which the chart uses the defaults in
// the file at name: the empty path for its own values.yaml, [alias] for that of a
// sub-chart. It returns nil for any other file.
func (c *chart) usedAt(name string) [][]string {
	if name == c.path("values.yaml") {
		return [][]string{nil}
	}
	if path.Base(name) != "values.yaml" {
		return nil
	}
	var out [][]string
	subs := c.subchartDirs()
	for _, sub := range slices.Sorted(maps.Keys(subs)) {
		if subs[sub] != path.Dir(name) {
			continue
		}
		out = append(out, []string{sub})
		for _, d := range c.dependencies(c.path("Chart.yaml")) {
			if alias := d.Str("alias"); alias != "" && d.Str("name") == sub {
				out = append(out, []string{alias})
			}
		}
	}
	return out
}

// alias returns the key of the sub-chart called name in the chart's values.
func (c *chart) alias(name string) string {
	for _, file := range []string{"Chart.yaml", "requirements.yaml"} {
		for _, d := range c.dependencies(c.path(file)) {
			if d.Str("name") == name && d.Str("alias") != "" {
				return d.Str("alias")
			}
		}
	}
	return name
}

// A ParentValue is the value of a parent chart that overrides, or would override, a field of
// the default values of a packed sub-chart.
type ParentValue struct {
	Text  string // says which value it is; "" if no value can override the field
	File  string // the values.yaml of the parent chart
	Value string // the path of the value
	IsSet bool   // the file sets it
}

// ParentValueOf returns the value that overrides a field of a packed sub-chart. The file at
// name is one of an archive, charts/x.tgz!x/values.yaml.
func ParentValueOf(t *link.Tree, name, field string) ParentValue {
	archive, inner, ok := strings.Cut(name, ".tgz!")
	if !ok || path.Base(inner) != "values.yaml" || !strings.HasPrefix(field, ".") || path.Base(path.Dir(archive)) != "charts" {
		return ParentValue{}
	}
	parent := newChart(t, path.Dir(path.Dir(archive)))
	keys := valuesKeys(inner)
	if parent.parse(parent.path("Chart.yaml")) == nil || len(keys) == 0 {
		return ParentValue{}
	}
	keys[0] = parent.alias(keys[0])
	at := strings.Join(keys, ".") + field
	if strings.HasPrefix(field, ".global.") {
		at = field[1:] // all charts of a release share it
	}
	value, _, inList := strings.Cut(at, "[") // values replace lists as a whole
	out := ParentValue{File: parent.path("values.yaml"), Value: value}
	line := parent.lineSetting(out.File, value, inList)
	switch {
	case line > 0:
		out.IsSet = true
		out.Text = out.File + ":" + strconv.Itoa(line) + " overrides it with " + value
	case inList:
		out.Text = "the whole list " + value + " in " + out.File + " would override it"
	default:
		out.Text = value + " in " + out.File + " would override it"
	}
	return out
}

// lineSetting returns the line, counted from 1, on which file sets the value at
// a path; 0 if it does not. A mapping sets the value if it has the parts of a
// reference, or if isList is set.
func (c *chart) lineSetting(file, at string, isList bool) int {
	n := c.parse(file)
	if n == nil {
		return 0
	}
	for key := range strings.SplitSeq(at, ".") {
		n = n.Field(key)
	}
	isSplit := n.Str("registry")+n.Str("repository") != ""
	if n == nil || n.Kind != syntax.Scalar && !isSplit && !isList {
		return 0
	}
	line, _ := edit.NewLines(c.tree.File(file).Src).Position(n.Span.Start)
	return line
}

// valuesKeys returns the keys under which a parent has the values in the file
// inner of an archive: redis/values.yaml, redis/charts/common/values.yaml. The
// folder of a packed chart has the name of the chart.
func valuesKeys(inner string) []string {
	dir := strings.ReplaceAll(path.Dir(inner), "!", "/charts/")
	var keys []string
	for i, part := range strings.Split(dir, "/") {
		isArchive := strings.HasSuffix(part, ".tgz")
		if !isArchive && (i == 0 || part != "charts") {
			keys = append(keys, part)
		}
	}
	return keys
}
