package rules

import (
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/regmigrate/regmigrate/internal/strictyaml"
)

// mirrorKeys are the keys of a rule that is a mirror. They are the same as in the schema.
var mirrorKeys = []string{"name", "from", "to", "names", "keep", "doc", "source", "date"}

// isMirror reports whether the rule n is a mirror.
func isMirror(n *yaml.Node) bool {
	n = strictyaml.ResolveAlias(n)
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == "from" && strictyaml.ResolveAlias(n.Content[i+1]).Value == AnyRegistry {
			return true
		}
	}
	return false
}

// addMirror reads the mirror n, a rule, into c.
func (s yamlReader) addMirror(c *Config, n *yaml.Node, name string) error {
	if c.Mirror != nil {
		return s.Errorf(n, "two rules move all registries; expected one rule with from: %q", AnyRegistry)
	}
	m := &Mirror{Names: map[string]string{}}
	var target string
	var to *yaml.Node
	err := s.Mapping(n, name, mirrorKeys, func(key, name string, v *yaml.Node) (err error) {
		switch key {
		case "name":
			m.Name, err = s.Text(v, name, "internal mirror")
		case "doc":
			m.Doc, err = s.Text(v, name, "all images come from our mirror")
		case "source":
			m.Source, err = s.Text(v, name, "https://wiki.example.com/mirror")
		case "date":
			m.Date, err = s.Text(v, name, `"2026-05-01"`)
		case "to":
			to = v
			target, err = s.Text(v, name, "harbor.example.com/proxy/{registry}/{path}")
		case "names":
			m.Names, err = s.mirrorNames(v, name)
		case "keep":
			err = s.List(v, name, "[quay.io/acme]", func(_ int, name string, v *yaml.Node) error {
				k, err := s.prefix(v, name)
				if err == nil && strings.HasPrefix(k, urlScheme) {
					err = s.Errorf(v, "%s %q has a scheme; a mirror moves no repositories of charts on web servers", name, k)
				}
				m.Keep = append(m.Keep, k)
				return err
			})
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case to == nil:
		return s.Errorf(strictyaml.ResolveAlias(n), `%s has no "to"; expected, for example, {from: "*", to: "harbor.example.com/proxy/{registry}/{path}"}`, name)
	}
	if m.Name == "" {
		m.Name = s.ruleName(n)
	}
	if err := m.setTarget(target); err != nil {
		return s.Errorf(to, "%s.to %q: %w", name, target, err)
	}
	c.Mirror = m
	return nil
}
