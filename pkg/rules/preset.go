package rules

import (
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

//go:embed presets/*.yaml
var presetFiles embed.FS

// A PresetInfo describes a preset.
type PresetInfo struct {
	Name   string
	Doc    string // a sentence
	Source string // the URL of the primary source
}

// The keys of a preset's file. A rule of a preset has a list of froms.
var (
	presetKeys     = []string{"doc", "source", "rules"}
	presetRuleKeys = []string{"from", "to", "keep", "doc", "source", "date"}
)

// Presets describes the embedded presets, sorted by name.
func Presets() []PresetInfo {
	var out []PresetInfo
	for _, name := range presetNames() {
		// A test reads every preset, so that none is left out here.
		if info, _, err := loadPreset(name); err == nil {
			out = append(out, info)
		}
	}
	return out
}

// Preset returns the rules of the embedded preset called name. The error for
// an unknown name lists the known ones.
func Preset(name string) ([]Rule, error) {
	known := presetNames()
	if !slices.Contains(known, name) {
		return nil, fmt.Errorf("unknown preset %q; known are %s%s", name, strings.Join(known, ", "), didYouMean(name, known))
	}
	_, rules, err := loadPreset(name)
	return rules, err
}

func presetNames() []string {
	files, err := presetFiles.ReadDir("presets")
	if err != nil {
		return nil // not without the go:embed line above
	}
	var out []string
	for _, f := range files {
		out = append(out, strings.TrimSuffix(f.Name(), ".yaml"))
	}
	return out
}

func loadPreset(name string) (PresetInfo, []Rule, error) {
	file := path.Join("presets", name+".yaml")
	src, err := presetFiles.ReadFile(file)
	if err != nil {
		return PresetInfo{}, nil, fmt.Errorf("preset %q: %w", name, err)
	}
	return readPreset(file, name, src)
}

// readPreset reads a preset's file as strictly as a configuration, and checks
// its rules as a whole.
func readPreset(file, name string, src []byte) (PresetInfo, []Rule, error) {
	s := strict{file, map[string]string{}}
	info := PresetInfo{Name: name}
	root, err := s.document(src)
	if err != nil {
		return PresetInfo{}, nil, err
	}
	if root == nil {
		return PresetInfo{}, nil, fmt.Errorf("%s: empty", file)
	}
	var rules []Rule
	err = s.mapping(root, "", presetKeys, func(key, where string, v *yaml.Node) (err error) {
		switch key {
		case "doc":
			info.Doc, err = s.text(v, where, "what moved")
		case "source":
			info.Source, err = s.text(v, where, "https://example.com/announcement")
		case "rules":
			err = s.list(v, where, "[{from: [a.io], to: b.io}]", func(_ int, where string, v *yaml.Node) error {
				more, err := s.presetRule(v, where, "preset "+name)
				rules = append(rules, more...)
				return err
			})
		}
		return err
	})
	if err != nil {
		return PresetInfo{}, nil, err
	}
	if info.Doc == "" || info.Source == "" || len(rules) == 0 {
		return PresetInfo{}, nil, fmt.Errorf("%s: expected doc, source and rules", file)
	}
	if _, err := New(rules); err != nil {
		return PresetInfo{}, nil, fmt.Errorf("%s: %w", file, err)
	}
	return info, rules, nil
}

// presetRule reads an entry with a list of froms, which makes as many rules.
// Their Doc is "what happened (date, source)".
func (s strict) presetRule(n *yaml.Node, where, name string) ([]Rule, error) {
	var (
		froms             []string
		r                 = Rule{Name: name}
		doc, source, date string
	)
	err := s.mapping(n, where, presetRuleKeys, func(key, where string, v *yaml.Node) (err error) {
		switch key {
		case "from":
			froms, err = s.texts(v, where, "k8s.gcr.io")
		case "to":
			r.To, err = s.text(v, where, "registry.k8s.io")
		case "keep":
			r.Keep, err = s.texts(v, where, "docker.io/bitnami/minideb")
		case "doc":
			doc, err = s.text(v, where, "what happened")
		case "source":
			source, err = s.text(v, where, "https://example.com/announcement")
		case "date":
			date, err = s.text(v, where, `"2023-03-20"`)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(froms) == 0 || doc == "" || source == "" || date == "" {
		return nil, s.errorf(n, "%s: expected from, to, doc, source and date", where)
	}
	r.Doc = fmt.Sprintf("%s (%s, %s)", doc, date, source)
	var out []Rule
	for _, from := range froms {
		r.From = from
		out = append(out, r)
	}
	return out, nil
}
