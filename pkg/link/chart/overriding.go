package chart

import (
	"maps"
	"path"
	"strconv"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// keepOverriding keeps a short name that a values file or a test sets in the place of a
// name in values.yaml, if the chart prints a registry before the name that is not Docker
// Hub: values.yaml has it beside that name, or the test expects it. Where renderings show
// the name, they decide: the parameter known has these groups.
func (c *chart) keepOverriding(known []link.Group, printed *printedRefs, move link.MoveFunc) []link.Group {
	var shown map[link.PieceID]bool
	var groups []link.Group
	keep := func(o *format.Occurrence) {
		at, ok := c.overridingPath(o)
		if !ok {
			return
		}
		x, ok := c.shortName(o, move)
		if !ok {
			return
		}
		why := ""
		if registry := c.defaultRegistry(at); registry != "" {
			why = c.path("values.yaml") + " sets the registry " + registry + " for this name"
		} else if text := c.expected(o); text != "" {
			why = "the test expects " + text
		} else {
			return
		}
		if shown == nil {
			shown = map[link.PieceID]bool{}
			maps.Copy(shown, printed.moving)
			for i := range known {
				addPieces(shown, known[i].Occurrences)
			}
		}
		if !shown[link.IDOf(&o.Pieces[0])] {
			groups = append(groups, link.Group{Occurrences: []format.Occurrence{*x}, Keep: format.DifferentName, Why: why})
		}
	}
	c.eachKeyNamed(keep)
	c.eachTestValue(keep)
	return groups
}

// overridingPath returns the path of the value o, which a values file or a test sets. It is
// false for the default values and for the values of sub-charts.
func (c *chart) overridingPath(o *format.Occurrence) ([]string, bool) {
	if len(o.Pieces) != 1 {
		return nil, false
	}
	name, field := o.Pieces[0].Path, o.Field(0)
	switch {
	case isTestSuite(name) && !c.isTestFile(name):
		_, field, _ = strings.Cut(field, "set")
	case name == c.path("values.yaml"), path.Dir(name) != c.dir && path.Dir(name) != c.path("ci") && !c.isTestFile(name):
		return nil, false
	}
	return valuePathOf(field)
}

// valuePathOf returns the steps of a field of values: .a["b.c"].d has the steps a, b, c
// and d. A key of a test of helm-unittest is a path, too.
func valuePathOf(field string) ([]string, bool) {
	var at []string
	for field != "" {
		switch rest, isQuoted := strings.CutPrefix(field, `["`); {
		case isQuoted:
			key, after, ok := strings.Cut(rest, `"]`)
			if !ok {
				return nil, false
			}
			at, field = append(at, strings.Split(key, ".")...), after
		case field[0] == '.':
			end := strings.IndexAny(field[1:], ".[")
			if end < 0 {
				end = len(field) - 1
			}
			at, field = append(at, field[1:1+end]), field[1+end:]
		default:
			return nil, false
		}
	}
	return at, len(at) > 1
}

// defaultRegistry returns the registry that values.yaml has for the name at a path of
// values; "" if it has none, or Docker Hub.
func (c *chart) defaultRegistry(at []string) string {
	n := c.defaults()
	for _, key := range at[:len(at)-1] {
		if i, err := strconv.Atoi(strings.Trim(key, "[]")); err == nil && n != nil && n.Kind == syntax.Sequence && i >= 0 && i < len(n.Children) {
			n = n.Children[i].Resolve()
			continue
		}
		n = n.Field(key).Resolve()
	}
	if n == nil || n.Kind != syntax.Mapping {
		return ""
	}
	for i := 0; i+1 < len(n.Children); i += 2 {
		value := n.Children[i+1].Resolve().Value
		host, _, _ := strings.Cut(value, "/")
		if format.IsRegistryOf(n.Children[i].Value, at[len(at)-1]) && image.IsHost(host) && image.CanonicalHost(host) != image.DockerHub {
			return value
		}
	}
	return ""
}

// expected returns the text that the test suite with the value o expects, if that is the
// name with a registry other than Docker Hub before it.
func (c *chart) expected(o *format.Occurrence) string {
	f := c.tree.File(o.Pieces[0].Path)
	if f == nil || !isTestSuite(f.Path) {
		return ""
	}
	src, name := string(f.Src), "/"+o.Text()
	for at := 0; ; {
		i := strings.Index(src[at:], name)
		if i < 0 {
			return ""
		}
		end := at + i + len(name)
		start := strings.LastIndexAny(src[:at+i], " \t\n\"'") + 1
		host := src[start : at+i]
		if image.IsHost(host) && strings.Contains(host, ".") && image.CanonicalHost(host) != image.DockerHub && (end == len(src) || strings.IndexByte(":@ \t\r\n\"'", src[end]) >= 0) {
			return src[start:end]
		}
		at = end
	}
}

// defaults returns the root of values.yaml. The run may not have scanned the file, if it has
// no reference that a rule selects.
func (c *chart) defaults() *syntax.Node {
	name := c.path("values.yaml")
	if root := c.parse(name); root != nil || c.tree.ReadFile == nil {
		return root
	}
	if root, known := c.unscanned[name]; known {
		return root
	}
	var root *syntax.Node
	if file, err := syntax.ParseYAML(c.tree.ReadFile(name), nil); err == nil && len(file.Docs) > 0 {
		root = file.Docs[0].Root
	}
	if c.unscanned == nil {
		c.unscanned = map[string]*syntax.Node{}
	}
	c.unscanned[name] = root
	return root
}
