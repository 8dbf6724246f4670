package session

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/codeowners"
	"github.com/regmigrate/regmigrate/internal/repofile"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link/chart"
	"github.com/regmigrate/regmigrate/pkg/report"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/rules"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// A Session contains the settings of a run, from flags and configuration.
type Session struct {
	Rewrite         rewrite.Options
	Presets         []string // names of the active presets
	HasDefaultRules bool     // neither flags nor the configuration have rules

	OtherRules string // a description of the rules that no preset contains
	Output     report.Writer
	Reports    []ReportFile

	ProofFailed bool // a proof failed: do not write files

	ruleList     []rules.Rule // of presets, configuration and flags, without those of the mirror
	mirror       *rules.Mirror
	keptByMirror []rules.KeptRegistry

	head   *report.Source     // nil: not read yet
	owners *codeowners.Owners // nil: not read yet

	Baseline *baseline // nil unless the run reads or updates a baseline
}

// A ReportFile is a value of the flag --report.
type ReportFile struct {
	writer report.Writer
	Path   string
}

// New returns the settings for the flags f and the paths args. All errors are
// usage errors. If function, the configuration of a KRM function, is not nil, it
// replaces the configuration file.
func New(f *Flags, args []string, function *rules.Config) (*Session, error) {
	s := &Session{}
	if err := s.outputs(f); err != nil {
		return nil, err
	}
	root, within, git, err := findRoot(args)
	if err != nil {
		return nil, err
	}
	config := function
	if config == nil {
		if config, err = findConfig(f.Config, root, git, args); err != nil {
			return nil, err
		}
	}
	if config == nil {
		config = &rules.Config{}
	} else if abs, err := filepath.Abs(config.Path); err == nil {
		if real, err := filepath.EvalSymlinks(abs); err == nil {
			abs = real
		}
		s.Rewrite.OwnConfig = []string{abs}
	}
	if err := s.rules(f, config); err != nil {
		return nil, err
	}
	if err := s.scopes(f, config); err != nil {
		return nil, err
	}
	if s.Rewrite.Bump, err = chart.ParseBump(cmp.Or(f.Bump, "none")); err != nil {
		return nil, fmt.Errorf("--bump-chart %w", err)
	}
	s.Rewrite.Walk.Root = root
	for _, r := range s.Reports {
		if err := repofile.CheckOutput(r.Path, root); err != nil {
			return nil, fmt.Errorf("--report %q: %w", r.Path, err)
		}
	}
	if err := s.readBaseline(f, config); err != nil {
		return nil, err
	}
	if len(args) == 0 {
		args = []string{"."} // package walk would use the root
	}
	s.Rewrite.Within, s.Rewrite.AssumeImages, s.Rewrite.AllowInsecureImages = within, f.AssumeImages, f.AllowInsecureImages
	s.Rewrite.OverrideSubcharts = f.OverrideSubcharts
	s.Rewrite.Walk = walk.Options{Root: root, Paths: args, NoIgnore: f.NoIgnore, Jobs: f.Jobs}
	if f.Jobs < 0 {
		return nil, fmt.Errorf("--jobs %d: expected a positive number, or 0 for the number of CPUs", f.Jobs)
	}
	if err := s.fields(config); err != nil {
		return nil, err
	}
	if f.ParsePolicy != nil {
		s.Rewrite.PolicyRules = s.policyDigest(f)
	}
	if err := s.globs(f, config); err != nil {
		return nil, err
	}
	return s, s.findMirrorRules(f)
}

// policyDigest returns a function that returns the digest of the rules from which a policy
// would be made today.
func (s *Session) policyDigest(f *Flags) func(file string, p format.OwnPolicy) (string, error) {
	return func(file string, p format.OwnPolicy) (string, error) {
		args, err := PolicyArgs(p)
		if err != nil {
			return "", err
		}
		set, _, err := s.PolicyRules(f, args, file, p)
		if err != nil {
			return "", err
		}
		return set.Table().Digest(), nil
	}
}

// outputs finds the writers of --output and --report, and checks --color.
func (s *Session) outputs(f *Flags) error {
	name := f.Output
	if name == "" {
		name = "text"
		if f.DryRun {
			name = "diff"
		}
	}
	var err error
	if s.Output, err = report.Find(name); err != nil {
		return fmt.Errorf("--output: %w", err)
	}
	for _, r := range f.Reports {
		name, file, ok := strings.Cut(r, "=")
		if !ok || name == "" || file == "" {
			return fmt.Errorf("--report %q: expected FORMAT=FILE\n  for example: --report json=regmigrate.json", r)
		}
		w, err := report.Find(name)
		if err != nil {
			return fmt.Errorf("--report: %w", err)
		}
		s.Reports = append(s.Reports, ReportFile{w, file})
	}
	if !slices.Contains([]string{"auto", "always", "never"}, f.Color) {
		return fmt.Errorf("--color %q: expected auto, always or never", f.Color)
	}
	return nil
}

// rules loads the rules of presets, configuration and flags. Without any, it loads
// the preset k8s.
func (s *Session) rules(f *Flags, config *rules.Config) error {
	var list []rules.Rule
	for _, name := range append(slices.Clone(f.Presets), config.Presets...) {
		if slices.Contains(s.Presets, name) {
			continue
		}
		r, err := rules.Preset(name)
		if err != nil {
			return fmt.Errorf("--preset: %w", err)
		}
		s.Presets = append(s.Presets, name)
		list = append(list, r...)
	}
	list = append(list, config.Rules...)
	for _, text := range f.Rules {
		r, err := rules.ParseRuleFlag(text)
		if err != nil {
			return err
		}
		list = append(list, r)
	}
	mapped, maps, err := readMaps(f)
	if err != nil {
		return err
	}
	list = append(list, mapped...)
	if s.mirror, err = mirrorOf(f, config); err != nil {
		return err
	}
	s.OtherRules = describeOtherRules(config, f, maps, s.mirror)
	if len(list) == 0 && s.mirror == nil {
		s.Presets, s.HasDefaultRules = []string{"k8s"}, true
		if list, err = rules.Preset("k8s"); err != nil {
			return err
		}
	}
	if f.Renames {
		renames, err := rules.Renames(list)
		if err != nil {
			return err
		}
		list = append(list, renames...)
	}
	s.ruleList = list
	if s.mirror != nil {
		return s.addMirrorRules(nil, nil)
	}
	s.Rewrite.Rules, err = rules.New(list)
	return err
}

// describeOtherRules describes the rules that no preset contains: the number of
// those in the configuration, those of --rule, --map and --renames, and the mirror.
func describeOtherRules(config *rules.Config, f *Flags, maps []string, mirror *rules.Mirror) string {
	given := f.Rules
	var parts []string
	if n := len(config.Rules); n > 0 {
		parts = append(parts, Plural(n, "rule")+" of "+cmp.Or(filepath.Base(config.Path), ConfigName))
	}
	switch n := len(given); {
	case n == 1:
		parts = append(parts, "rule "+given[0])
	case n > 1:
		parts = append(parts, Plural(n, "rule")+" of --rule")
	}
	parts = append(parts, maps...)
	if f.Renames {
		parts = append(parts, "renames")
	}
	if mirror != nil {
		parts = append(parts, "mirror "+mirror.To)
	}
	return strings.Join(parts, "; ")
}

// scopes reads the scopes of the flag or, without the flag, of the configuration.
func (s *Session) scopes(f *Flags, config *rules.Config) error {
	names, from := f.Scope, "--scope"
	if len(names) == 0 {
		names, from = config.Scope, config.Position("scope")
	}
	var err error
	if s.Rewrite.Scopes, err = format.ParseScopes(names); err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	return nil
}

// globs compiles the globs. Globs of the configuration are relative to its folder,
// globs of flags to the root.
func (s *Session) globs(f *Flags, config *rules.Config) error {
	w := &s.Rewrite.Walk
	base := s.configBase(config)
	for _, x := range []struct {
		patterns []string
		base     string
		flag     string
		to       *[]walk.Glob
	}{
		{f.Include, ".", "--include", &w.Include}, {f.Exclude, ".", "--exclude", &w.Exclude},
		{config.Include, base, config.Position("include"), &w.Include}, {config.Exclude, base, config.Position("exclude"), &w.Exclude},
	} {
		for _, p := range x.patterns {
			g, err := walk.ParseGlob(p, x.base)
			if err != nil {
				return fmt.Errorf("%s: %w", x.flag, err)
			}
			*x.to = append(*x.to, g)
		}
	}
	return nil
}

// configBase returns the folder of the configuration, relative to the root.
func (s *Session) configBase(config *rules.Config) string {
	if config.Path != "" {
		if rel, err := Relative(s.Rewrite.Walk.Root, filepath.Dir(config.Path)); err == nil && filepath.IsLocal(rel) {
			return filepath.ToSlash(rel)
		}
	}
	return "."
}

// fields validates the fields that the configuration declares.
func (s *Session) fields(config *rules.Config) error {
	for i, n := range config.Fields {
		f, err := format.ReadField(n, config.Path, fmt.Sprintf("fields[%d]", i), s.configBase(config))
		if err != nil {
			return err
		}
		s.Rewrite.Fields = append(s.Rewrite.Fields, f)
	}
	return nil
}
