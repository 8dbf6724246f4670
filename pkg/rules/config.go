package rules

import (
	"fmt"
	"path"
	"path/filepath"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// A Config is a configuration file, `.regmigrate.yaml`. Its JSON Schema is
// schema/config.schema.json.
type Config struct {
	Path    string   // the file, as it was given to LoadConfig
	Presets []string // names that Preset knows
	Rules   []Rule   // the Name of one without a name is where it stands
	Scope   []string // names as written: the caller knows which there are
	Include []string // globs, relative to the file's folder
	Exclude []string // likewise; exclude wins
	Fields  []Field

	Baseline string // the file of what --check accepts, relative to this file's folder; "" for none

	positions map[string]string
}

// A Field says how a repository's own values split a reference: the keys of
// one mapping that hold its parts. Registry, Tag and Digest may be empty.
type Field struct {
	Registry, Repository, Tag, Digest string
}

// The keys of a configuration file. The schema has the same.
var (
	configKeys = []string{"presets", "rules", "scope", "include", "exclude", "fields", "baseline"}
	ruleKeys   = []string{"name", "from", "to", "keep", "doc", "source", "date"}
	fieldKeys  = []string{"registry", "repository", "tag", "digest"}
)

// Position returns where a key or a value stands, "path:line:col" (1-based, the
// column in code points), "" when the file does not have it. A key is a path
// such as "scope", "scope[0]" or "rules[1].from".
func (c *Config) Position(key string) string { return c.positions[key] }

// LoadConfig reads the configuration file src; file is its path, for messages
// and for the names of its rules. The first thing that is not as it should be
// is an error: "path:line:col: what is wrong; what is allowed". An empty file
// is an empty configuration. That rules agree with each other is for New to
// say, which scopes there are for the caller.
func LoadConfig(file string, src []byte) (*Config, error) {
	s := yamlReader{file, map[string]string{}}
	c := &Config{Path: file, positions: s.positions}
	root, err := s.document(src)
	if err != nil {
		return nil, err
	}
	if root == nil {
		return c, nil
	}
	err = s.mapping(root, "", configKeys, func(key, name string, v *yaml.Node) (err error) {
		switch key {
		case "presets":
			c.Presets, err = s.presets(v, name)
		case "rules":
			err = s.list(v, name, "[{from: k8s.gcr.io, to: registry.k8s.io}]", func(_ int, name string, v *yaml.Node) error {
				r, err := s.rule(v, name)
				c.Rules = append(c.Rules, r)
				return err
			})
		case "scope":
			c.Scope, err = s.textList(v, name, "manifests")
		case "include":
			c.Include, err = s.textList(v, name, `"deploy/**"`)
		case "exclude":
			c.Exclude, err = s.textList(v, name, `"third_party/**"`)
		case "baseline":
			c.Baseline, err = s.text(v, name, ".regmigrate-baseline.jsonl")
		case "fields":
			err = s.list(v, name, "[{registry: hub, repository: image, tag: version}]", func(_ int, name string, v *yaml.Node) error {
				f, err := s.field(v, name)
				c.Fields = append(c.Fields, f)
				return err
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
	err := s.list(n, name, "[k8s]", func(_ int, name string, v *yaml.Node) error {
		t, err := s.text(v, name, "k8s")
		if err != nil {
			return err
		}
		if _, err := Preset(t); err != nil {
			return s.errorf(v, "%w", err)
		}
		out = append(out, t)
		return nil
	})
	return out, err
}

// rule reads one rule and checks it by itself.
func (s yamlReader) rule(n *yaml.Node, name string) (Rule, error) {
	var r Rule
	err := s.mapping(n, name, ruleKeys, func(key, name string, v *yaml.Node) (err error) {
		switch key {
		case "name":
			r.Name, err = s.text(v, name, "internal mirror")
		case "doc":
			r.Doc, err = s.text(v, name, "the old host is switched off in May")
		case "source":
			r.Source, err = s.text(v, name, "https://wiki.example.com/registry-move")
		case "date":
			r.Date, err = s.text(v, name, `"2026-05-01"`)
		case "from":
			r.From, err = s.prefix(v, name)
		case "to":
			r.To, err = s.prefix(v, name)
		case "keep":
			err = s.list(v, name, "[docker.io/bitnami/minideb]", func(_ int, name string, v *yaml.Node) error {
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
		if s.positions[name+"."+key] == "" {
			return Rule{}, s.errorf(resolveAlias(n), "%s has no %q; expected {from: k8s.gcr.io, to: registry.k8s.io}", name, key)
		}
	}
	if r.Name == "" {
		r.Name = fmt.Sprintf("%s:%d", path.Base(filepath.ToSlash(s.path)), n.Line)
	}
	m, err := parseRule(r)
	if err != nil {
		return Rule{}, s.errorf(n, "%w", err)
	}
	return m.rule, nil
}

func (s yamlReader) prefix(n *yaml.Node, name string) (string, error) {
	t, err := s.text(n, name, "k8s.gcr.io")
	if err != nil {
		return "", err
	}
	if _, err := parsePrefix(t); err != nil {
		return "", s.errorf(n, "%s %w", name, err)
	}
	return t, nil
}

func (s yamlReader) field(n *yaml.Node, name string) (Field, error) {
	var f Field
	err := s.mapping(n, name, fieldKeys, func(key, name string, v *yaml.Node) (err error) {
		switch key {
		case "registry":
			f.Registry, err = s.text(v, name, "imageHub")
		case "repository":
			f.Repository, err = s.text(v, name, "imagePath")
		case "tag":
			f.Tag, err = s.text(v, name, "imageVersion")
		case "digest":
			f.Digest, err = s.text(v, name, "imageDigest")
		}
		return err
	})
	if err != nil {
		return Field{}, err
	}
	if f.Repository == "" {
		return Field{}, s.errorf(resolveAlias(n), "%s has no \"repository\"; expected the key that holds an image's path, for example {registry: imageHub, repository: imagePath}", name)
	}
	return f, nil
}
