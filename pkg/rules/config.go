package rules

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// A Config is the content of a configuration file, `.regmigrate.yaml`. Its JSON
// Schema is schema/config.schema.json.
type Config struct {
	Path    string   // the path that was passed to LoadConfig
	Presets []string // valid arguments of Preset
	Rules   []Rule   // a rule without a name is named FILE:LINE
	Scope   []string // as written; the caller validates the names
	Include []string // globs, relative to the folder of the file
	Exclude []string // globs, relative to the folder of the file; Exclude wins over Include
	Fields  []Field

	Baseline string // the file with the findings that --check accepts, relative to the folder of this file; "" for none

	positions map[string]string
}

// A Field declares what fields of a repository's files hold: Image, or keys of
// one mapping that together hold a reference.
type Field struct {
	Files []string // globs, relative to the folder of the file; empty for all files
	Path  string   // of the value or of the mapping, in the syntax of format.NewField; "" for any mapping
	Image string   // "true", "false", "unqualified", or ""

	Feature bool // the value is a feature of development containers
	Keys    bool // the keys of the mapping at Path are images or features

	Registry, Repository, Tag, Digest string // keys
}

// The keys of a configuration file. They are the same as in the schema.
var (
	configKeys = []string{"presets", "rules", "scope", "include", "exclude", "fields", "baseline"}
	ruleKeys   = []string{"name", "from", "to", "keep", "doc", "source", "date"}
	fieldKeys  = []string{"files", "path", "image", "feature", "keys", "registry", "repository", "tag", "digest"}
)

// Position returns the position of a key or an item as "path:line:col", or "" if
// the file does not contain it. Line and column are 1-based; the column counts
// code points. key is a path such as "scope", "scope[0]" or "rules[1].from".
func (c *Config) Position(key string) string { return c.positions[key] }

// LoadConfig parses the configuration src. file is its path, for messages and
// for the names of its rules. LoadConfig returns an error for the first problem:
// "path:line:col: what is wrong; what is expected". An empty file is an empty
// configuration. LoadConfig does not check that rules are consistent with each
// other (New does), nor that scopes exist, nor that the paths and globs of fields
// are valid (the caller does).
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

// rule reads and validates one rule.
func (s yamlReader) rule(n *yaml.Node, name string) (Rule, error) {
	var r Rule
	err := s.mapping(n, name, ruleKeys, func(key, name string, v *yaml.Node) (err error) {
		switch key {
		case "name":
			r.Name, err = s.text(v, name, "internal mirror")
		case "doc":
			r.Doc, err = s.text(v, name, "the old host is shut down in May")
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
			return Rule{}, s.errorf(resolveAlias(n), "%s has no %q; expected, for example, {from: k8s.gcr.io, to: registry.k8s.io}", name, key)
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
		case "files":
			f.Files, err = s.textList(v, name, `"apps/**/*.yaml"`)
		case "path":
			f.Path, err = s.text(v, name, "spec.containers[].image")
		case "image":
			f.Image, err = s.imageKind(v, name)
		case "feature":
			f.Feature, err = true, s.flag(v, name)
		case "keys":
			f.Keys, err = true, s.flag(v, name)
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
	return f, s.checkField(n, name, f)
}

// checkField returns an error if the keys of the field f at n do not belong together.
func (s yamlReader) checkField(n *yaml.Node, name string, f Field) error {
	switch isSplit, isValue := f.Registry+f.Repository+f.Tag+f.Digest != "", f.Image != "" || f.Feature; {
	case isValue && f.Path == "":
		return s.errorf(resolveAlias(n), "%s has no \"path\"; expected the path of the value, for example {path: spec.image, image: true}", name)
	case f.Image != "" && isSplit:
		return s.errorf(resolveAlias(n), "%s has \"image\" and keys of a reference; expected one of the two", name)
	case f.Feature && (isSplit || f.Image != ""):
		return s.errorf(resolveAlias(n), "%s has \"feature\" and \"image\" or keys of a reference; expected one of them", name)
	case f.Keys && f.Image != "true" && !f.Feature:
		return s.errorf(resolveAlias(n), "%s has \"keys\" without \"image: true\" or \"feature: true\"; expected one of the two, which says what the keys are", name)
	case !isValue && !isSplit && f.Path+strings.Join(f.Files, "") != "":
		return s.errorf(resolveAlias(n), "%s has no \"image\"; expected, for example, {path: spec.image, image: true}", name)
	case !isValue && f.Repository == "":
		return s.errorf(resolveAlias(n), "%s has no \"repository\"; expected the key that holds the path of an image, for example {registry: imageHub, repository: imagePath}", name)
	}
	return nil
}

// imageKind reads whether a field is an image.
func (s yamlReader) imageKind(n *yaml.Node, name string) (string, error) {
	v := resolveAlias(n)
	if v.Kind != yaml.ScalarNode || !slices.Contains([]string{"true", "false", "unqualified"}, v.Value) {
		return "", s.errorf(n, "%s is %s; expected true, false or unqualified", name, describeNode(v))
	}
	return v.Value, nil
}
