package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/internal/repofile"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/registry"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// MirrorConfigFlags are the flags that only `regmigrate registry mirror-config` has.
type MirrorConfigFlags struct {
	To, Format, Dir string
	WithHost        bool
}

// MirrorConfig runs the command registry mirror-config.
func MirrorConfig(s session.Streams, f *session.Flags, m *MirrorConfigFlags) error {
	to, err := parseMirror(m.To)
	if err != nil {
		return err
	}
	set, err := session.New(f, nil, nil)
	if err != nil {
		return err
	}
	files, unsupported, err := registry.MirrorConfig(m.Format, mirrorSources(set.Rewrite.Rules, to, m.WithHost))
	if err != nil {
		return fmt.Errorf("--format: %w", err)
	}
	notes := s.Out
	if m.Dir != "" {
		notes = s.Err
		if err := writeConfig(s, m.Dir, files); err != nil {
			return err
		}
	} else {
		for i, x := range files {
			if i > 0 {
				fmt.Fprintln(s.Out)
			}
			fmt.Fprint(s.Out, x.Text)
		}
	}
	if len(unsupported) > 0 {
		if len(files) > 0 && m.Dir == "" {
			fmt.Fprintln(notes)
		}
		fmt.Fprintln(notes, "# containerd cannot map a part of a registry; rewrite the references of these rules in the files:")
		for _, x := range unsupported {
			fmt.Fprintln(notes, "#   "+x)
		}
	}
	return nil
}

// parseMirror returns the value of the flag --to without a final slash.
func parseMirror(flag string) (string, error) {
	const example = "\n  for example: --to harbor.corp.example/k8s"
	if flag == "" {
		return "", errors.New("--to: expected REGISTRY or REGISTRY/PATH of the mirror" + example)
	}
	to := strings.TrimSuffix(flag, "/")
	if ref, err := image.Parse(to + "/x"); err != nil || ref.Domain == "" || ref.Tag != "" {
		return "", fmt.Errorf("--to %q: expected REGISTRY or REGISTRY/PATH, without https:// and in lower case"+example, flag)
	}
	return to, nil
}

// writeConfig writes the files to the folder dir. A file that exists with other
// content is an error.
func writeConfig(s session.Streams, dir string, files []registry.ConfigFile) error {
	for _, x := range files {
		name := filepath.Join(dir, filepath.FromSlash(x.Path))
		if err := repofile.CheckOutput(name, ""); err != nil {
			return session.Failed(fmt.Errorf("writing %q: %w", name, err))
		}
		old, err := os.ReadFile(name)
		switch {
		case err == nil && string(old) == x.Text:
			fmt.Fprintf(s.Out, "unchanged  %s\n", name)
			continue
		case err == nil:
			return session.Failed(fmt.Errorf("%s exists with other content: it was not changed\n  without --dir, the settings are printed", name))
		case !errors.Is(err, os.ErrNotExist):
			return session.Failed(err)
		}
		if err := writeNewFile(name, x.Text); err != nil {
			return session.Failed(fmt.Errorf("writing %q: %w", name, repofile.WithoutPath(err)))
		}
		fmt.Fprintf(s.Out, "wrote      %s\n", name)
	}
	return nil
}

// writeNewFile writes a file and the folders above it.
func writeNewFile(name, text string) error {
	if err := repofile.CreateOutputFolder(filepath.Dir(name), ""); err != nil {
		return err
	}
	f, err := repofile.CreateOutput(name, "")
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// mirrorSources returns the prefixes of the references before and after the move,
// sorted, each with its target on the mirror to.
func mirrorSources(set *rules.Set, to string, withHost bool) []registry.Source {
	targets := map[string]string{}
	for _, r := range set.Rules() {
		if r.IsForCharts() || r.IsImage {
			continue // container runtimes pull images only, and mirrors are for prefixes
		}
		host, path, _ := strings.Cut(r.To, "/")
		target := r.To // the rule moves to the mirror itself
		if host != hostOf(to) {
			target = mirrorRef(to, host, path, withHost)
			targets[r.To] = target
		}
		targets[r.From] = target
	}
	var out []registry.Source
	for from, target := range targets {
		out = append(out, registry.Source{From: from, Mirror: target})
	}
	slices.SortFunc(out, func(a, b registry.Source) int { return strings.Compare(a.From, b.From) })
	return out
}
