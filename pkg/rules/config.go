package rules

import (
	"fmt"
	"path"
	"path/filepath"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/regmigrate/regmigrate/internal/strictyaml"
)

// A Config is the content of a configuration file, `.regmigrate.yaml`. Its JSON
// Schema is schema/config.schema.json.
type Config struct {
	Path    string       // the path that was passed to LoadConfig
	Presets []string     // valid arguments of Preset
	Rules   []Rule       // a rule without a name is named FILE:LINE
	Mirror  *Mirror      // the rule whose key from is *, or nil
	Scope   []string     // as written; the caller validates the names
	Include []string     // globs, relative to the folder of the file
	Exclude []string     // globs, relative to the folder of the file; Exclude wins over Include
	Fields  []*yaml.Node // items of the list fields; the caller reads and validates them, with format.ReadField

	Baseline string // the file with the findings that --check accepts, relative to the folder of this file; "" for none

	positions map[string]string
}

// A yamlReader reads the files of this package.
type yamlReader struct{ strictyaml.Reader }

// The keys of a configuration file. They are the same as in the schema.
var (
	configKeys = []string{"presets", "rules", "scope", "include", "exclude", "fields", "baseline"}
	ruleKeys   = []string{"name", "from", "to", "tags", "tag", "keep", "doc", "source", "date"}
)

// Position returns the position of a key or an item as "path:line:col", or "" if
// the file does not contain it. Line and column are 1-based; the column counts
// code points. key is a path such as "scope", "scope[0]" or "rules[1].from".
func (c *Config) Position(key string) string { return c.positions[key] }

// LoadConfig parses the configuration src. file is its path, for messages and
// for the names of its rules. LoadConfig returns an error for the first problem:
// "path:line:col: what is wrong; what is expected". An empty file is an empty
// configuration. LoadConfig does not check that rules are consistent with each
// other (New does), nor that scopes exist, nor that fields are valid (the
// caller does).
func LoadConfig(file string, src []byte) (*Config, error) {
	s := yamlReader{strictyaml.New(file)}
	c := &Config{Path: file, positions: s.Positions}
	root, err := s.Document(src)
	if err != nil {
		return nil, err
	}
	if root == nil {
		return c, nil
	}
	err = s.Mapping(root, "", configKeys, func(key, name string, v *yaml.Node) (err error) {
		switch key {
		case "presets":
			c.Presets, err = s.presets(v, name)
		case "rules":
			err = s.List(v, name, "[{from: k8s.gcr.io, to: registry.k8s.io}]", func(_ int, name string, v *yaml.Node) error {
				if isMirror(v) {
					return s.addMirror(c, v, name)
				}
				r, err := s.rule(v, name)
				c.Rules = append(c.Rules, r)
				return err
			})
		case "scope":
			c.Scope, err = s.TextList(v, name, "manifests")
		case "include":
			c.Include, err = s.TextList(v, name, `"deploy/**"`)
		case "exclude":
			c.Exclude, err = s.TextList(v, name, `"third_party/**"`)
		case "baseline":
			c.Baseline, err = s.Text(v, name, ".regmigrate-baseline.jsonl")
		case "fields":
			err = s.List(v, name, "[{registry: hub, repository: image, tag: version}]", func(_ int, name string, v *yaml.Node) error {
				c.Fields = append(c.Fields, v)
				return nil
			})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (s yamlReader) presets(n *yaml.Node, name string) ([]string, error) {
	var out []string
	err := s.List(n, name, "[k8s]", func(_ int, name string, v *yaml.Node) error {
		t, err := s.Text(v, name, "k8s")
		if err != nil {
			return err
		}
		if _, err := Preset(t); err != nil {
			return s.Errorf(v, "%w", err)
		}
		out = append(out, t)
		return nil
	})
	return out, err
}

// rule reads and validates one rule.
func (s yamlReader) rule(n *yaml.Node, name string) (Rule, error) {
	var r Rule
	err := s.Mapping(n, name, ruleKeys, func(key, name string, v *yaml.Node) (err error) {
		switch key {
		case "name":
			r.Name, err = s.Text(v, name, "internal mirror")
		case "doc":
			r.Doc, err = s.Text(v, name, "the old host is shut down in May")
		case "source":
			r.Source, err = s.Text(v, name, "https://wiki.example.com/registry-move")
		case "date":
			r.Date, err = s.Text(v, name, `"2026-05-01"`)
		case "from":
			r.From, err = s.prefix(v, name)
		case "to":
			r.To, err = s.prefix(v, name)
		case "tags":
			r.Tags, err = s.Text(v, name, `">=1.8.0"`)
		case "tag":
			r.Tag, err = s.Text(v, name, `"v{tag}"`)
		case "keep":
			err = s.List(v, name, "[docker.io/bitnami/minideb]", func(_ int, name string, v *yaml.Node) error {
				k, err := s.prefix(v, name)
				r.Keep = append(r.Keep, k)
				return err
			})
		}
		return err
	})
	if err != nil {
		return Rule{}, err
	}
	for _, key := range []string{"from", "to"} {
		if s.Positions[name+"."+key] == "" {
			return Rule{}, s.Errorf(strictyaml.ResolveAlias(n), "%s has no %q; expected, for example, {from: k8s.gcr.io, to: registry.k8s.io}", name, key)
		}
	}
	if r.Name == "" {
		r.Name = s.ruleName(n)
	}
	r.IsImage = r.Tags != "" || r.Tag != ""
	m, err := parseRule(r)
	if err != nil {
		return Rule{}, s.Errorf(n, "%w", err)
	}
	return m.rule, nil
}

// ruleName returns the name of a rule that has none in the file.
func (s yamlReader) ruleName(n *yaml.Node) string {
	return fmt.Sprintf("%s:%d", path.Base(filepath.ToSlash(s.Path)), n.Line)
}

func (s yamlReader) prefix(n *yaml.Node, name string) (string, error) {
	t, err := s.Text(n, name, "k8s.gcr.io")
	if err != nil {
		return "", err
	}
	if _, err := parseRulePrefix(t); err != nil {
		return "", s.Errorf(n, "%s %w", name, err)
	}
	return t, nil
}
