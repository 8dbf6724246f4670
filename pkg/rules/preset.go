package rules

import (
	"embed"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

//go:embed presets/*.yaml
var presetFiles embed.FS

// A PresetInfo describes a preset.
type PresetInfo struct {
	Name     string
	Doc      string // a sentence
	Source   string // the URL of the primary source
	Argument string // what its name must be followed by, in the singular: "project" for gcr:my-project; "" for nothing
}

// The keys of a preset's file. A rule of a preset has a list of froms.
var (
	presetKeys     = []string{"doc", "source", "wants", "rules"}
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

// Preset returns the rules of the embedded preset called name. One that is on
// somebody's own projects has them behind a colon, gcr:my-project,other-project.
// The error for an unknown name lists the known ones.
func Preset(name string) ([]Rule, error) {
	name, list, listed := strings.Cut(name, ":")
	known := presetNames()
	if !slices.Contains(known, name) {
		return nil, fmt.Errorf("unknown preset %q; known are %s%s", name, strings.Join(known, ", "), DidYouMean(name, known))
	}
	info, rules, err := loadPreset(name)
	switch {
	case err != nil:
		return nil, err
	case info.Argument != "":
		return expandProjects(rules, info, list)
	case listed:
		return nil, fmt.Errorf("preset %q takes nothing behind its name; found %q", name, ":"+list)
	}
	return rules, nil
}

// placeholder stands in a preset's rules for a project of the user's.
const placeholder = "{project}"

// projectRE is the identifier of a project, perhaps in a domain.
// Source: https://cloud.google.com/resource-manager/docs/creating-managing-projects#before_you_begin
var projectRE = regexp.MustCompile(`^(?:[a-z0-9-]+(?:\.[a-z0-9-]+)+[/:])?[a-z][a-z0-9-]{4,28}[a-z0-9]$`)

// expandProjects returns the rules of a preset for each of the projects of list,
// which are separated by commas.
func expandProjects(of []Rule, info PresetInfo, list string) ([]Rule, error) {
	example := fmt.Sprintf("\n  for example: --preset %s:my-project,example.com/other-project", info.Name)
	if list == "" {
		return nil, fmt.Errorf("preset %q is on your own projects only: expected %s:PROJECT[,PROJECT]%s", info.Name, info.Name, example)
	}
	var out []Rule
	for _, project := range strings.Split(list, ",") {
		if !projectRE.MatchString(project) {
			return nil, fmt.Errorf("preset %q: %q is no project: expected 6 to 30 lower-case letters, digits and hyphens, with a domain and a slash before them where it belongs to one%s", info.Name, project, example)
		}
		project = strings.Replace(project, ":", "/", 1) // as gcloud writes it
		for _, r := range of {
			r.From = strings.ReplaceAll(r.From, placeholder, project)
			r.To = strings.ReplaceAll(r.To, placeholder, project)
			out = append(out, r)
		}
	}
	return out, nil
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
	slices.Sort(out)
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
	s := yamlReader{file, map[string]string{}}
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
		case "wants":
			info.Argument, err = s.text(v, where, "project")
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
	check := rules
	if info.Argument != "" {
		if check, err = expandProjects(rules, info, "some-project,example.com/other-project"); err != nil {
			return PresetInfo{}, nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	if _, err := New(check); err != nil {
		return PresetInfo{}, nil, fmt.Errorf("%s: %w", file, err)
	}
	return info, rules, nil
}

// presetRule reads an entry with a list of froms, which makes as many rules.
func (s yamlReader) presetRule(n *yaml.Node, where, name string) ([]Rule, error) {
	var (
		froms []string
		r     = Rule{Name: name}
	)
	err := s.mapping(n, where, presetRuleKeys, func(key, where string, v *yaml.Node) (err error) {
		switch key {
		case "from":
			froms, err = s.textList(v, where, "k8s.gcr.io")
		case "to":
			r.To, err = s.text(v, where, "registry.k8s.io")
		case "keep":
			r.Keep, err = s.textList(v, where, "docker.io/bitnami/minideb")
		case "doc":
			r.Doc, err = s.text(v, where, "what happened")
		case "source":
			r.Source, err = s.text(v, where, "https://example.com/announcement")
		case "date":
			r.Date, err = s.text(v, where, `"2023-03-20"`)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(froms) == 0 || r.Doc == "" || r.Source == "" || r.Date == "" {
		return nil, s.errorf(n, "%s: expected from, to, doc, source and date", where)
	}
	var out []Rule
	for _, from := range froms {
		r.From = from
		out = append(out, r)
	}
	return out, nil
}
