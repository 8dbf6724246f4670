package release

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/chartutil"
	"github.com/regmigrate/regmigrate/internal/syntax"
)

// read reads the object as Kubernetes does. The object is odd if programs may read it in
// different ways: it has anchors, merge keys, keys that appear twice, or values that the
// libraries for YAML 1.1 and 1.2 do not agree on.
func (o *object) read() {
	if o.isRead {
		return
	}
	o.isRead = true
	switch {
	case o.path == "" || !o.isTop:
		o.odd = "it is a part of another document"
		return
	case bytes.Contains(o.text, []byte("${")) || bytes.Contains(o.text, []byte("$$")) || hasDollar(o.root):
		o.odd = "it contains $, and Flux and Argo CD may replace variables"
		return
	}
	o.values, o.odd = readPlain(o.root, o.text)
}

func hasDollar(n *syntax.Node) bool {
	return strings.Contains(n.Value, "$") || slices.ContainsFunc(n.Children, hasDollar)
}

// readText reads a text as one document of YAML without anything odd.
func readText(src []byte) (map[string]any, string) {
	file, err := syntax.ParseYAML(src, nil)
	if err != nil {
		return nil, err.Error()
	}
	if len(file.Docs) == 0 || len(file.Docs) == 1 && file.Docs[0].Root == nil {
		return map[string]any{}, ""
	}
	if len(file.Docs) != 1 {
		return nil, "it has several documents"
	}
	return readPlain(file.Docs[0].Root, src)
}

// readPlain decodes the document text, whose tree is root.
func readPlain(root *syntax.Node, text []byte) (map[string]any, string) {
	if root.Kind == syntax.Scalar && root.Tag == "!!null" && root.Anchor == "" {
		return map[string]any{}, ""
	}
	if root.Kind != syntax.Mapping {
		return nil, "it is not a mapping"
	}
	if why := oddity(root); why != "" {
		return nil, why
	}
	values, err := chartutil.ReadValues(text)
	if err != nil {
		return nil, err.Error()
	}
	if at := disagreement(root, map[string]any(values)); at != "" {
		return nil, fmt.Sprintf("libraries for YAML do not agree on the value of %s: write it in quotes", at)
	}
	return values, ""
}

// oddity returns what of a tree is not plain.
func oddity(n *syntax.Node) string {
	switch {
	case n.Kind == syntax.Alias:
		return "it has an alias"
	case n.Anchor != "":
		return "it has an anchor"
	}
	switch n.Tag {
	case "!!str", "!!int", "!!bool", "!!null", "!!float", "!!map", "!!seq":
	default:
		return "it has a value with the tag " + n.Tag
	}
	keys := map[string]bool{}
	for i, c := range n.Children {
		if n.Kind == syntax.Mapping && i%2 == 0 {
			switch {
			case c.Kind != syntax.Scalar || c.Tag != "!!str":
				return "it has a key that is not a text"
			case keys[c.Value]:
				return fmt.Sprintf("it has the key %q twice", c.Value)
			}
			keys[c.Value] = true
		}
		if why := oddity(c); why != "" {
			return why
		}
	}
	return ""
}

// disagreement returns the first field whose value is of another type than the tree says.
func disagreement(n *syntax.Node, value any) string {
	switch n.Kind {
	case syntax.Mapping:
		m, ok := value.(map[string]any)
		if !ok || len(m) != len(n.Children)/2 {
			return "a mapping"
		}
		for i := 0; i+1 < len(n.Children); i += 2 {
			key := n.Children[i].Value
			item, ok := m[key]
			if !ok {
				return key
			}
			if at := disagreement(n.Children[i+1], item); at != "" {
				return key + "." + at
			}
		}
		return ""
	case syntax.Sequence:
		list, ok := value.([]any)
		if !ok || len(list) != len(n.Children) {
			return "a list"
		}
		for i := range list {
			if at := disagreement(n.Children[i], list[i]); at != "" {
				return at
			}
		}
		return ""
	}
	ok := false
	switch v := value.(type) {
	case string:
		ok = n.Tag == "!!str" && n.Value == v
	case bool:
		ok = n.Tag == "!!bool"
	case nil:
		ok = n.Tag == "!!null"
	case float64, int64, int:
		ok = n.Tag == "!!int" || n.Tag == "!!float"
	}
	if ok {
		return ""
	}
	return fmt.Sprintf("%q", n.Value)
}

// Fields of decoded objects.

func mapOf(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

func textOf(v any) string {
	s, _ := v.(string)
	return s
}
