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

// A yamlReader reads a YAML document by its positions: what is not expected is an
// error that says where, what is wrong and what is allowed.
type yamlReader struct {
	path      string
	positions map[string]string // "rules[0].from" → "path:line:col"
}

// position is where n stands, path:line:col; line and column are 1-based, the
// column counts code points.
func (s yamlReader) position(n *yaml.Node) string {
	return fmt.Sprintf("%s:%d:%d", s.path, n.Line, n.Column)
}

func (s yamlReader) errorf(n *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("%s: %w", s.position(n), fmt.Errorf(format, args...))
}

// yamlLine takes the parser's own words apart.
var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// document returns the root of the only document of src, nil when it is empty.
func (s yamlReader) document(src []byte) (root *yaml.Node, err error) {
	defer func() {
		// The parser panics on some malformed input.
		if p := recover(); p != nil {
			root, err = nil, fmt.Errorf("%s: not valid YAML: %v", s.path, p)
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
		return nil, s.errorf(&second, "a second document; one is allowed")
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
	return fmt.Errorf("%s: not valid YAML: %s", where, strings.TrimPrefix(text, yamlLine.FindString(text)))
}

// mapping calls each for the entries of n. name is what n stands for in
// messages and in pos ("" for the root), keys are those allowed.
func (s yamlReader) mapping(n *yaml.Node, name string, keys []string, each func(key, name string, v *yaml.Node) error) error {
	n = resolveAlias(n)
	if n.Kind != yaml.MappingNode {
		return s.errorf(n, "%s is %s; expected a mapping with the keys %s", nameOrFile(name), describeNode(n), strings.Join(keys, ", "))
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if !slices.Contains(keys, k.Value) {
			return s.errorf(k, "unknown key %q; allowed are %s%s", k.Value, strings.Join(keys, ", "), DidYouMean(k.Value, keys))
		}
		if line, twice := seen[k.Value]; twice {
			return s.errorf(k, "key %q stands here twice (first in line %d); allowed is one", k.Value, line)
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

// list calls each for the items of n.
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

// text returns the string n.
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

// textList returns the list of strings n.
func (s yamlReader) textList(n *yaml.Node, name, example string) ([]string, error) {
	var out []string
	err := s.list(n, name, "["+example+"]", func(_ int, name string, v *yaml.Node) error {
		t, err := s.text(v, name, example)
		out = append(out, t)
		return err
	})
	return out, err
}

// resolveAlias returns what an alias stands for.
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
		return "without a value"
	case n.ShortTag() == yaml.NodeTagString:
		return fmt.Sprintf("the string %q", n.Value)
	}
	return fmt.Sprintf("%s (%s)", n.Value, strings.TrimPrefix(n.ShortTag(), "!!"))
}
