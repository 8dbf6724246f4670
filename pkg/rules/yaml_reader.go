package rules

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// A yamlReader reads a YAML document strictly. Its errors say where the problem
// is, what it is and what is expected.
type yamlReader struct {
	path      string
	positions map[string]string // "rules[0].from" → "path:line:col"
}

// position returns the position of n as path:line:col. Line and column are
// 1-based; the column counts code points.
func (s yamlReader) position(n *yaml.Node) string {
	return fmt.Sprintf("%s:%d:%d", s.path, n.Line, n.Column)
}

func (s yamlReader) errorf(n *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("%s: %w", s.position(n), fmt.Errorf(format, args...))
}

// yamlLine matches the start of an error of the YAML parser.
var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// document returns the root node of the only document in src. The node is nil
// if the document is empty.
func (s yamlReader) document(src []byte) (root *yaml.Node, err error) {
	defer func() {
		// The parser panics on some malformed input.
		if p := recover(); p != nil {
			root, err = nil, fmt.Errorf("%s: invalid YAML: %v", s.path, p)
		}
	}()
	d := yaml.NewDecoder(bytes.NewReader(src))
	var first, second yaml.Node
	if err := d.Decode(&first); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, s.invalid(err)
	}
	if err := d.Decode(&second); err == nil {
		return nil, s.errorf(&second, "second YAML document; expected only one")
	} else if !errors.Is(err, io.EOF) {
		return nil, s.invalid(err)
	}
	if len(first.Content) == 0 {
		return nil, nil
	}
	root = first.Content[0]
	if root.Kind == yaml.ScalarNode && root.ShortTag() == yaml.NodeTagNull {
		return nil, nil
	}
	return root, nil
}

func (s yamlReader) invalid(err error) error {
	text := err.Error()
	m := yamlLine.FindStringSubmatch(text)
	where := s.path
	if m != nil && m[1] != "" {
		where += ":" + m[1]
	}
	return fmt.Errorf("%s: invalid YAML: %s", where, strings.TrimPrefix(text, yamlLine.FindString(text)))
}

// mapping calls each for every entry of the mapping n. name is the path of n in
// messages and in positions, "" for the root. keys are the allowed keys.
func (s yamlReader) mapping(n *yaml.Node, name string, keys []string, each func(key, name string, v *yaml.Node) error) error {
	n = resolveAlias(n)
	if n.Kind != yaml.MappingNode {
		return s.errorf(n, "%s is %s; expected a mapping with the keys %s", nameOrFile(name), describeNode(n), strings.Join(keys, ", "))
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if !slices.Contains(keys, k.Value) {
			return s.errorf(k, "unknown key %q; expected one of %s%s", k.Value, strings.Join(keys, ", "), DidYouMean(k.Value, keys))
		}
		if line, duplicate := seen[k.Value]; duplicate {
			return s.errorf(k, "duplicate key %q (first on line %d); expected it once", k.Value, line)
		}
		seen[k.Value] = k.Line
		full := k.Value
		if name != "" {
			full = name + "." + k.Value
		}
		s.positions[full] = s.position(k)
		if err := each(k.Value, full, v); err != nil {
			return err
		}
	}
	return nil
}

// list calls each for every item of the list n.
func (s yamlReader) list(n *yaml.Node, name, example string, each func(i int, name string, v *yaml.Node) error) error {
	n = resolveAlias(n)
	if n.Kind != yaml.SequenceNode {
		return s.errorf(n, "%s is %s; expected a list, for example %s", name, describeNode(n), example)
	}
	for i, v := range n.Content {
		full := fmt.Sprintf("%s[%d]", name, i)
		s.positions[full] = s.position(v)
		if err := each(i, full, v); err != nil {
			return err
		}
	}
	return nil
}

// text returns the value of the string n.
func (s yamlReader) text(n *yaml.Node, name, example string) (string, error) {
	v := resolveAlias(n)
	if v.Kind != yaml.ScalarNode || v.ShortTag() != yaml.NodeTagString {
		return "", s.errorf(n, "%s is %s; expected a string, for example %s", name, describeNode(v), example)
	}
	if v.Value == "" {
		return "", s.errorf(n, "%s is empty; expected a string, for example %s", name, example)
	}
	return v.Value, nil
}

// flag returns an error unless n is true. A flag that is off is omitted.
func (s yamlReader) flag(n *yaml.Node, name string) error {
	if n.Value != "true" {
		return s.errorf(n, "%s is %s; expected true, or no such key", name, describeNode(resolveAlias(n)))
	}
	return nil
}

// textList returns the values of the list of strings n.
func (s yamlReader) textList(n *yaml.Node, name, example string) ([]string, error) {
	var out []string
	err := s.list(n, name, "["+example+"]", func(_ int, name string, v *yaml.Node) error {
		t, err := s.text(v, name, example)
		out = append(out, t)
		return err
	})
	return out, err
}

// resolveAlias returns the node that n refers to if n is an alias, and n
// otherwise.
func resolveAlias(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		return n.Alias
	}
	return n
}

func nameOrFile(name string) string {
	if name == "" {
		return "the file"
	}
	return name
}

func describeNode(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Kind == yaml.AliasNode:
		return "an alias"
	case n.ShortTag() == yaml.NodeTagNull:
		return "null"
	case n.ShortTag() == yaml.NodeTagString:
		return fmt.Sprintf("the string %q", n.Value)
	}
	return fmt.Sprintf("%s (%s)", n.Value, strings.TrimPrefix(n.ShortTag(), "!!"))
}
