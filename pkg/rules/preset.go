package rules

import (
	"embed"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/regmigrate/regmigrate/internal/strictyaml"
)

//go:embed presets/*.yaml
var presetFiles embed.FS

// A PresetInfo describes a preset.
type PresetInfo struct {
	Name     string
	Doc      string // a sentence
	Source   string // the URL of the primary source
	Argument string // what the user adds after the name and a colon, such as "project" for gcr:my-project; "" if nothing

	// Decision is what a person must know before the preset is used, a sentence; "" if
	// the preset is right for every repository that has images of it.
	Decision string

	charts []ChartFamily
}

// The keys of a preset file. The key from of a preset's rule is a list.
var (
	presetKeys     = []string{"doc", "source", "argument", "decision", "rules", "charts"}
	presetRuleKeys = []string{"from", "to", "keep", "doc", "source", "date"}
)

// Presets describes the embedded presets, sorted by name.
func Presets() []PresetInfo {
	var out []PresetInfo
	for _, name := range presetNames() {
		// TestPresets fails if a preset cannot be loaded.
		if info, _, err := loadPreset(name); err == nil {
			out = append(out, info)
		}
	}
	return out
}

// PresetUsages returns what the user writes to select each embedded preset, sorted:
// "k8s", "gcr:PROJECT[,PROJECT]". It does not parse the presets, which takes as long
// as searching a small repository.
func PresetUsages() []string { return slices.Clone(presetUsages()) }

// presetUsages reads the presets once: each command lists them in its help.
var presetUsages = sync.OnceValue(func() []string {
	var out []string
	for _, name := range presetNames() {
		if arg := presetArgument(name); arg != "" {
			arg = strings.ToUpper(arg)
			name += ":" + arg + "[," + arg + "]"
		}
		out = append(out, name)
	}
	return out
})

// presetArgument returns the value of the key argument of a preset file; "" if it
// has none.
func presetArgument(name string) string {
	src, err := presetFiles.ReadFile(path.Join("presets", name+".yaml"))
	if err != nil {
		return "" // impossible: the file is embedded
	}
	for line := range strings.Lines(string(src)) {
		if arg, ok := strings.CutPrefix(line, "argument:"); ok {
			return strings.TrimSpace(arg)
		}
	}
	return ""
}

// Preset returns the rules of an embedded preset. name is the name of the
// preset, followed by a colon and projects if the preset needs them:
// gcr:my-project,other-project. The error for an unknown name lists the
// available presets.
func Preset(name string) ([]Rule, error) {
	name, projects, hasProjects := strings.Cut(name, ":")
	known := presetNames()
	if !slices.Contains(known, name) {
		return nil, fmt.Errorf("unknown preset %q; available presets: %s%s", name, strings.Join(known, ", "), strictyaml.DidYouMean(name, known))
	}
	info, rules, err := loadPreset(name)
	switch {
	case err != nil:
		return nil, err
	case info.Argument != "":
		return expandProjects(rules, info, projects)
	case hasProjects:
		return nil, fmt.Errorf("preset %q has no projects; expected %q, got %q", name, name, name+":"+projects)
	}
	return rules, nil
}

// placeholder is the text in a preset's rules that is replaced by a project of
// the user.
const placeholder = "{project}"

// projectRE matches the ID of a Google Cloud project, with or without a domain.
// Source: https://cloud.google.com/resource-manager/docs/creating-managing-projects#before_you_begin
var projectRE = regexp.MustCompile(`^(?:[a-z0-9-]+(?:\.[a-z0-9-]+)+[/:])?[a-z][a-z0-9-]{4,28}[a-z0-9]$`)

// isProject reports whether project is the ID of a project, or the variable that
// files have in its place.
func isProject(project string) bool {
	return projectRE.MatchString(project) || variableRE.MatchString(project)
}

// expandProjects returns the rules of a preset for each project in projects,
// which are separated by commas.
func expandProjects(templates []Rule, info PresetInfo, projects string) ([]Rule, error) {
	example := fmt.Sprintf("\n  for example: --preset %s:my-project,example.com/other-project", info.Name)
	if projects == "" {
		return nil, fmt.Errorf("preset %q moves the images of your own projects: expected %s:PROJECT[,PROJECT]%s", info.Name, info.Name, example)
	}
	var out []Rule
	for _, project := range strings.Split(projects, ",") {
		if !isProject(project) {
			return nil, fmt.Errorf("preset %q: %q is not a project ID: expected 6 to 30 lower-case letters, digits and hyphens, after DOMAIN/ if the project belongs to a domain%s", info.Name, project, example)
		}
		project = strings.Replace(project, ":", "/", 1) // gcloud writes DOMAIN:PROJECT
		for _, spelled := range spellings(project) {
			for _, r := range templates {
				r.From = strings.ReplaceAll(r.From, placeholder, spelled)
				r.To = strings.ReplaceAll(r.To, placeholder, spelled)
				out = append(out, r)
			}
		}
	}
	return out, nil
}

func presetNames() []string {
	files, err := presetFiles.ReadDir("presets")
	if err != nil {
		return nil // impossible: the folder is embedded
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

// readPreset reads a preset file as strictly as LoadConfig reads a
// configuration, and validates its rules as a whole.
func readPreset(file, name string, src []byte) (PresetInfo, []Rule, error) {
	s := yamlReader{strictyaml.New(file)}
	info := PresetInfo{Name: name}
	root, err := s.Document(src)
	if err != nil {
		return PresetInfo{}, nil, err
	}
	if root == nil {
		return PresetInfo{}, nil, fmt.Errorf("%s: empty", file)
	}
	var rules []Rule
	err = s.Mapping(root, "", presetKeys, func(key, keyPath string, v *yaml.Node) (err error) {
		switch key {
		case "doc":
			info.Doc, err = s.Text(v, keyPath, "what moved")
		case "source":
			info.Source, err = s.Text(v, keyPath, "https://example.com/announcement")
		case "decision":
			info.Decision, err = s.Text(v, keyPath, "The new registry has only the newest tags.")
		case "argument":
			info.Argument, err = s.Text(v, keyPath, "project")
		case "rules":
			err = s.List(v, keyPath, "[{from: [a.io], to: b.io}]", func(_ int, keyPath string, v *yaml.Node) error {
				more, err := s.presetRule(v, keyPath, "preset "+name)
				rules = append(rules, more...)
				return err
			})
		case "charts":
			err = s.List(v, keyPath, "[{repositories: [https://charts.example.com]}]", func(_ int, keyPath string, v *yaml.Node) error {
				family, err := s.chartFamily(v, keyPath)
				info.charts = append(info.charts, family)
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

// presetRule reads an entry of rules and returns one rule for each item of its
// from list.
func (s yamlReader) presetRule(n *yaml.Node, keyPath, ruleName string) ([]Rule, error) {
	var (
		froms []string
		r     = Rule{Name: ruleName}
	)
	err := s.Mapping(n, keyPath, presetRuleKeys, func(key, keyPath string, v *yaml.Node) (err error) {
		switch key {
		case "from":
			froms, err = s.TextList(v, keyPath, "k8s.gcr.io")
		case "to":
			r.To, err = s.Text(v, keyPath, "registry.k8s.io")
		case "keep":
			r.Keep, err = s.TextList(v, keyPath, "docker.io/bitnami/minideb")
		case "doc":
			r.Doc, err = s.Text(v, keyPath, "what happened")
		case "source":
			r.Source, err = s.Text(v, keyPath, "https://example.com/announcement")
		case "date":
			r.Date, err = s.Text(v, keyPath, `"2023-03-20"`)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(froms) == 0 || r.Doc == "" || r.Source == "" || r.Date == "" {
		return nil, s.Errorf(n, "%s: expected from, to, doc, source and date", keyPath)
	}
	var out []Rule
	for _, from := range froms {
		r.From = from
		out = append(out, r)
	}
	return out, nil
}
