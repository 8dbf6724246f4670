package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/app/imageset"
	"github.com/regmigrate/regmigrate/internal/app/scaffold"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/internal/repofile"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/inventory"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// InitFlags are the flags of the command init.
type InitFlags struct {
	Presets, Rules []string
	CI             string // auto, none, or the name of a scaffold.CI
	Hook           string // auto, none or pre-commit
	DryRun         bool
	Force          bool // replace files that exist, except those with the jobs of all programs
	Quiet          bool
	NoIgnore       bool
}

// maxHookFile is the maximum size of a configuration of pre-commit, in bytes.
const maxHookFile = 1 << 20

// An initRun is one run of the command init.
type initRun struct {
	flags *InitFlags
	root  string
	files outputFiles
	kept  []string // files that exist and stay, with the reason
	notes []string // what a person has to do

	proposed int // presets that are comments in the configuration
}

// Init runs the command init: it writes a configuration, a job of a CI system and a hook
// for the repository that contains dir.
func Init(ctx context.Context, s session.Streams, x *InitFlags, dir string) error {
	config, root, err := lookAt(ctx, s, x, dir)
	if err != nil {
		return err
	}
	run := initRun{flags: x, root: root, files: outputFiles{dir: root}}
	if err := run.addConfig(config); err != nil {
		return err
	}
	if err := run.addCI(ctx); err != nil {
		return err
	}
	if err := run.addHook(); err != nil {
		return err
	}
	if x.DryRun {
		err := run.print(s.Out)
		run.printNotes(s)
		return err
	}
	for _, f := range run.files.files {
		if parent := path.Dir(f.name); parent != "." {
			if err := repofile.CreateOutputFolder(filepath.Join(root, filepath.FromSlash(parent)), root); err != nil {
				return session.Failed(err)
			}
		}
	}
	if err := run.files.write(s, false); err != nil {
		return err
	}
	run.printNotes(s)
	return nil
}

// lookAt lists the images of the repository that contains dir, and returns the
// configuration for them, and the root of the repository.
func lookAt(ctx context.Context, s session.Streams, x *InitFlags, dir string) (*scaffold.Config, string, error) {
	// The rules of all presets together show which presets the repository needs.
	presets := map[string]rules.PresetInfo{}
	f := session.Flags{Color: "never", Quiet: x.Quiet, NoIgnore: x.NoIgnore}
	for _, p := range rules.Presets() {
		if p.Argument == "" {
			presets[p.Name] = p
			f.Presets = append(f.Presets, p.Name)
		}
	}
	// An empty configuration: that of the repository may have other rules.
	set, err := session.New(&f, []string{dir}, &rules.Config{})
	if err != nil {
		return nil, "", err
	}
	bar := session.NewProgress(s.Err, x.Quiet)
	c := imageset.Collector{Flags: &f, Session: set, Progress: bar}
	list := c.NewInventory()
	err = list.AddFiles(ctx)
	bar.Clear()
	if err != nil {
		return nil, "", session.InterruptedError(ctx, err)
	}
	config, err := configFor(x, list.Images(), presets)
	return config, set.Rewrite.Walk.Root, err
}

// configFor returns the configuration for the images. presets are those whose rules
// decided about the images.
func configFor(x *InitFlags, images []inventory.Image, presets map[string]rules.PresetInfo) (*scaffold.Config, error) {
	out := &scaffold.Config{}
	count, registries := map[string]int{}, map[string]int{}
	for _, m := range images {
		if m.Kind == format.Image {
			registries[m.Registry]++
		}
		if m.New == "" {
			continue
		}
		for _, name := range strings.Split(m.Rule, " + ") {
			count[strings.TrimPrefix(name, "preset ")]++
		}
	}
	for name, n := range registries {
		out.Registries = append(out.Registries, scaffold.RegistryUse{Name: name, Images: n})
	}
	slices.SortFunc(out.Registries, func(a, b scaffold.RegistryUse) int {
		return cmp.Or(b.Images-a.Images, strings.Compare(a.Name, b.Name))
	})
	for _, r := range x.Rules {
		rule, err := rules.ParseRuleFlag(r)
		if err != nil {
			return nil, err
		}
		out.Rules = append(out.Rules, scaffold.Rule{From: rule.From, To: rule.To})
	}
	for _, name := range x.Presets {
		if _, err := rules.Preset(name); err != nil {
			return nil, fmt.Errorf("--preset: %w", err)
		}
		base, _, _ := strings.Cut(name, ":")
		out.Presets = append(out.Presets, scaffold.PresetUse{Name: name, Doc: presets[base].Doc, Images: count[name]})
	}
	isChosen := len(x.Presets)+len(x.Rules) > 0
	for _, name := range slices.Sorted(maps.Keys(presets)) {
		p := presets[name]
		use := scaffold.PresetUse{Name: name, Doc: p.Doc, Images: count[name], Decision: p.Decision}
		switch {
		case use.Images == 0 || slices.Contains(x.Presets, name):
		case p.Decision == "" && !isChosen:
			out.Presets = append(out.Presets, use)
		case p.Decision != "":
			out.Proposed = append(out.Proposed, use)
		default:
			use.Decision = "It is not active, because the command selected other rules."
			out.Proposed = append(out.Proposed, use)
		}
	}
	if len(out.Presets)+len(out.Rules) == 0 {
		// A configuration without rules would be wrong for a gate: it passes always.
		out.Presets = append(out.Presets, scaffold.PresetUse{Name: "k8s", Doc: presets["k8s"].Doc, Images: count["k8s"]})
	}
	return out, nil
}

// addConfig adds the configuration, unless the repository has one.
func (r *initRun) addConfig(c *scaffold.Config) error {
	for _, name := range rules.ConfigNames {
		switch _, err := os.Lstat(filepath.Join(r.root, name)); {
		case repofile.IsAbsent(err):
		case err != nil:
			return fmt.Errorf("%q: %w", name, repofile.WithoutPath(err))
		case name != rules.ConfigNames[0] || !r.flags.Force:
			r.kept = append(r.kept, name)
			return nil
		}
	}
	r.proposed = len(c.Proposed)
	return r.addFile(rules.ConfigNames[0], c.Write())
}

// addFile adds a file. A file that exists stays, unless --force is set or it is equal.
func (r *initRun) addFile(name string, text []byte) error {
	file := outputFile{shown: name, name: name, now: text}
	if err := repofile.CheckOutput(filepath.Join(r.root, filepath.FromSlash(name)), r.root); err != nil {
		return err
	}
	src, err := repofile.ReadFile(filepath.Join(r.root, filepath.FromSlash(name)), maxHookFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fmt.Errorf("%q: %w", name, err)
	case !r.flags.Force && !sameText(src, text):
		r.kept = append(r.kept, name)
		return nil
	default:
		file.before = append([]byte{}, src...)
	}
	r.files.files = append(r.files.files, file)
	return nil
}

// addHook adds the hook to the configuration of pre-commit. Without --hook, it makes no
// new configuration.
func (r *initRun) addHook() error {
	switch r.flags.Hook {
	case "none":
		return nil
	case "auto", "pre-commit":
	default:
		return fmt.Errorf("--hook %q: expected auto, pre-commit or none", r.flags.Hook)
	}
	src, err := repofile.ReadFile(filepath.Join(r.root, scaffold.HookFile), maxHookFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if r.flags.Hook == "auto" {
			return nil
		}
		return r.addFile(scaffold.HookFile, scaffold.NewHookFile())
	case err != nil:
		return fmt.Errorf("%q: %w", scaffold.HookFile, err)
	}
	text, err := scaffold.AddHook(src)
	if errors.Is(err, scaffold.ErrHookByHand) {
		r.notes = append(r.notes, scaffold.HookFile+" was not changed: repos must be its last key, and a list in block style; add the hook:\n  "+strings.ReplaceAll(strings.TrimSpace(scaffold.HookEntry), "\n", "\n  "))
		return nil
	}
	if err != nil {
		return err
	}
	r.files.files = append(r.files.files, outputFile{shown: scaffold.HookFile, name: scaffold.HookFile, before: src, now: text})
	return nil
}
