// Package scaffold makes the files that `regmigrate init` writes: a configuration, a
// job of a CI system, and a hook of pre-commit. It reads and writes no files.
package scaffold

import (
	"fmt"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/regmigrate/regmigrate/pkg/report/wording"
)

const homepage = "https://github.com/regmigrate/regmigrate"

// A PresetUse is a preset, and the number of distinct images of the repository that it
// moves.
type PresetUse struct {
	Name     string // as in the configuration, such as k8s
	Doc      string // a sentence: what the preset moves
	Images   int
	Decision string // what a person must decide before the preset is used, "" if nothing
}

// A RegistryUse is a registry, and the number of distinct images of the repository that
// it has.
type RegistryUse struct {
	Name   string
	Images int
}

// A Rule is a rule of the configuration.
type Rule struct{ From, To string }

// A Config is the content of a configuration file.
type Config struct {
	Presets    []PresetUse   // the active presets
	Proposed   []PresetUse   // presets that are only comments
	Rules      []Rule        // may be empty
	Registries []RegistryUse // most images first
}

// maxRegistries is the maximum number of registries in the comment of a configuration.
const maxRegistries = 8

// Write returns the text of the configuration file, with comments.
func (c *Config) Write() []byte {
	var b strings.Builder
	b.WriteString("# Configuration of regmigrate. Reference: " + homepage + "/blob/main/docs/configuration.md\n")
	if len(c.Presets)+len(c.Proposed) > 0 {
		b.WriteString("\n# Presets have the rules for registries that were moved. `regmigrate rules` prints the rules.\n")
		if len(c.Presets) > 0 {
			b.WriteString("presets:\n")
		}
		for _, p := range c.Presets {
			b.WriteString("- " + p.Name + "   # " + p.count() + ". " + p.Doc + "\n")
		}
		for _, p := range c.Proposed {
			b.WriteString("# " + p.count() + " of the preset " + p.Name + ". " + p.Doc + "\n# " + p.Decision + "\n# - " + p.Name + "\n")
		}
	}
	b.WriteString("\n# Rules of your own replace the prefix from with the prefix to.\n")
	if len(c.Registries) > 0 {
		b.WriteString("# Images of this repository by registry: " + c.registries() + ".\n")
	}
	if len(c.Rules) > 0 {
		b.WriteString("rules:\n")
		for _, r := range c.Rules {
			b.WriteString("- {from: " + scalar(r.From) + ", to: " + scalar(r.To) + "}\n")
		}
	} else {
		b.WriteString(`# rules:
# - from: quay.io/example
#   to: mirror.example/quay/example
#   keep: [quay.io/example/agent]   # this prefix does not move
`)
	}
	b.WriteString(`
# The texts to rewrite: manifests, comments, docs, scripts, code.
# scope: [manifests, comments]

# Files and folders that are not scanned.
# exclude: ["third_party/**"]
`)
	return []byte(b.String())
}

func (p PresetUse) count() string {
	if p.Images == 0 {
		return "no image to move now"
	}
	return wording.Count(p.Images, "image")
}

func (c *Config) registries() string {
	var out []string
	for i, r := range c.Registries {
		if i == maxRegistries {
			out = append(out, fmt.Sprintf("%d more registries", len(c.Registries)-i))
			break
		}
		out = append(out, strings.ToValidUTF8(r.Name, "?")+" "+strconv.Itoa(r.Images))
	}
	return strings.Join(out, ", ")
}

// scalar returns text as a scalar of YAML in a flow mapping.
func scalar(text string) string {
	n := yaml.NewStringRNode(text)
	if strings.ContainsAny(text, ",[]{}") {
		n.YNode().Style = yaml.DoubleQuotedStyle
	}
	out, err := n.String()
	if err != nil {
		return strconv.Quote(text)
	}
	return strings.TrimSuffix(out, "\n")
}
