// Package strictyaml reads YAML documents strictly. Its errors say where the problem is,
// what it is and what is expected.
package strictyaml

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

// A Reader reads one YAML document. Its errors begin with path:line:col. Line and column
// are 1-based; the column counts code points.
type Reader struct {
	Path      string            // of the file, for messages
	Positions map[string]string // of keys and items: "rules[0].from" → "path:line:col"
}

// New returns a reader of the file at path, which is for messages.
func New(path string) Reader { return Reader{path, map[string]string{}} }

// Position returns the position of n as path:line:col. Line and column are
// 1-based; the column counts code points.
func (s Reader) Position(n *yaml.Node) string {
	return fmt.Sprintf("%s:%d:%d", s.Path, n.Line, n.Column)
}

// Errorf returns an error that begins with the position of n.
func (s Reader) Errorf(n *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("%s: %w", s.Position(n), fmt.Errorf(format, args...))
}

// yamlLine matches the start of an error of the YAML parser.
var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// Document returns the root node of the only document in src. The node is nil
// if the document is empty.
func (s Reader) Document(src []byte) (root *yaml.Node, err error) {
	defer func() {
		// The parser panics on some malformed input.
		if p := recover(); p != nil {
			root, err = nil, fmt.Errorf("%s: invalid YAML: %v", s.Path, p)
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
		return nil, s.Errorf(&second, "second YAML document; expected only one")
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

func (s Reader) invalid(err error) error {
	text := err.Error()
	m := yamlLine.FindStringSubmatch(text)
	where := s.Path
	if m != nil && m[1] != "" {
		where += ":" + m[1]
	}
	return fmt.Errorf("%s: invalid YAML: %s", where, strings.TrimPrefix(text, yamlLine.FindString(text)))
}

// Mapping calls each for every entry of the mapping n. name is the path of n in
// messages and in positions, "" for the root. keys are the allowed keys.
func (s Reader) Mapping(n *yaml.Node, name string, keys []string, each func(key, name string, v *yaml.Node) error) error {
	n = ResolveAlias(n)
	if n.Kind != yaml.MappingNode {
		return s.Errorf(n, "%s is %s; expected a mapping with the keys %s", nameOrFile(name), DescribeNode(n), strings.Join(keys, ", "))
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if !slices.Contains(keys, k.Value) {
			return s.Errorf(k, "unknown key %q; expected one of %s%s", k.Value, strings.Join(keys, ", "), DidYouMean(k.Value, keys))
		}
		if line, duplicate := seen[k.Value]; duplicate {
			return s.Errorf(k, "duplicate key %q (first on line %d); expected it once", k.Value, line)
		}
		seen[k.Value] = k.Line
		full := k.Value
		if name != "" {
			full = name + "." + k.Value
		}
		s.Positions[full] = s.Position(k)
		if err := each(k.Value, full, v); err != nil {
			return err
		}
	}
	return nil
}

// List calls each for every item of the list n.
func (s Reader) List(n *yaml.Node, name, example string, each func(i int, name string, v *yaml.Node) error) error {
	n = ResolveAlias(n)
	if n.Kind != yaml.SequenceNode {
		return s.Errorf(n, "%s is %s; expected a list, for example %s", name, DescribeNode(n), example)
	}
	for i, v := range n.Content {
		full := fmt.Sprintf("%s[%d]", name, i)
		s.Positions[full] = s.Position(v)
		if err := each(i, full, v); err != nil {
			return err
		}
	}
	return nil
}

// Text returns the value of the string n.
func (s Reader) Text(n *yaml.Node, name, example string) (string, error) {
	v := ResolveAlias(n)
	if v.Kind != yaml.ScalarNode || v.ShortTag() != yaml.NodeTagString {
		return "", s.Errorf(n, "%s is %s; expected a string, for example %s", name, DescribeNode(v), example)
	}
	if v.Value == "" {
		return "", s.Errorf(n, "%s is empty; expected a string, for example %s", name, example)
	}
	return v.Value, nil
}

// Flag returns an error unless n is true. A flag that is off is omitted.
func (s Reader) Flag(n *yaml.Node, name string) error {
	if n.Value != "true" {
		return s.Errorf(n, "%s is %s; expected true, or no such key", name, DescribeNode(ResolveAlias(n)))
	}
	return nil
}

// TextList returns the values of the list of strings n.
func (s Reader) TextList(n *yaml.Node, name, example string) ([]string, error) {
	var out []string
	err := s.List(n, name, "["+example+"]", func(_ int, name string, v *yaml.Node) error {
		t, err := s.Text(v, name, example)
		out = append(out, t)
		return err
	})
	return out, err
}

// ResolveAlias returns the node that n refers to if n is an alias, and n
// otherwise.
func ResolveAlias(n *yaml.Node) *yaml.Node {
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

// DescribeNode describes n for a message: a mapping, the string "x".
func DescribeNode(n *yaml.Node) string {
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
