package rules

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// LoadFunctionConfig reads the functionConfig of a KRM function's input, a root
// of kind ResourceList. It is false when src is no such input. A functionConfig
// is either any object whose spec is a configuration, or a ConfigMap with data
// such as
//
//	presets: k8s
//	rules: quay.io/coreos=mirror.example/coreos
//
// where several are separated by blanks or commas. An input without one has
// an empty configuration.
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
		return nil, false, nil // not one that anybody could read
	}
	for _, key := range slices.Sorted(maps.Keys(root.FunctionConfig.Rest)) {
		if !slices.Contains([]string{"apiVersion", "metadata", "status"}, key) && root.FunctionConfig.Kind != "ConfigMap" {
			return nil, true, fmt.Errorf("functionConfig: unknown key %q; presets, rules and scope belong below spec", key)
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
			return nil, true, fmt.Errorf("functionConfig: data.%s: unknown key; expected presets, rules or scope", key)
		}
	}
	return c, true, nil
}
