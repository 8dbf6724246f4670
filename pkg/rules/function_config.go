package rules

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// LoadFunctionConfig reads the functionConfig of a KRM function's input, which
// is a ResourceList. It returns false if src is not a ResourceList. The
// functionConfig is either an object whose spec is a configuration, or a
// ConfigMap with data such as
//
//	presets: k8s
//	rules: quay.io/coreos=mirror.example/coreos
//
// in which blanks or commas separate several values. Without a functionConfig,
// the configuration is empty.
//
// Source: https://github.com/kubernetes-sigs/kustomize/blob/master/cmd/config/docs/api-conventions/functions-spec.md
func LoadFunctionConfig(src []byte) (*Config, bool, error) {
	if !bytes.Contains(src, []byte("ResourceList")) {
		return nil, false, nil
	}
	var root struct {
		Kind           string
		FunctionConfig struct {
			Kind string
			Spec yaml.Node
			Data map[string]string
			Rest map[string]yaml.Node `yaml:",inline"`
		} `yaml:"functionConfig"`
	}
	if err := yaml.Unmarshal(src, &root); err != nil || root.Kind != "ResourceList" {
		return nil, false, nil
	}
	for _, key := range slices.Sorted(maps.Keys(root.FunctionConfig.Rest)) {
		if !slices.Contains([]string{"apiVersion", "metadata", "status"}, key) && root.FunctionConfig.Kind != "ConfigMap" {
			return nil, true, fmt.Errorf("functionConfig: unknown key %q; put presets, rules and scope under spec", key)
		}
	}
	if root.FunctionConfig.Kind != "ConfigMap" {
		if root.FunctionConfig.Spec.Kind == 0 {
			return &Config{}, true, nil
		}
		spec, err := yaml.Marshal(&root.FunctionConfig.Spec)
		if err != nil {
			return nil, true, fmt.Errorf("reading functionConfig: %w", err)
		}
		c, err := LoadConfig("functionConfig", spec)
		return c, true, err
	}
	c := &Config{Path: "functionConfig"}
	for key, value := range root.FunctionConfig.Data {
		words := strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(" ,\t\r\n", r) })
		switch key {
		case "preset", "presets":
			c.Presets = append(c.Presets, words...)
		case "rule", "rules":
			for _, w := range words {
				r, err := ParseRuleFlag(w)
				if err != nil {
					return nil, true, fmt.Errorf("functionConfig: data.%s: %w", key, err)
				}
				r.Name = "functionConfig"
				c.Rules = append(c.Rules, r)
			}
		case "scope":
			c.Scope = append(c.Scope, words...)
		default:
			return nil, true, fmt.Errorf("functionConfig: unknown key data.%s; expected presets, rules or scope", key)
		}
	}
	return c, true, nil
}
