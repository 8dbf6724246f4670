package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/registry"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// MirrorConfigFlags are those of registry mirror-config.
type MirrorConfigFlags struct {
	To, Format, Dir string
	WithHost        bool
}

func MirrorConfig(s session.Streams, f *session.Flags, m *MirrorConfigFlags) error {
	to, err := parseMirror(m.To)
	if err != nil {
		return err
	}
	set, err := session.New(f, nil, nil)
	if err != nil {
		return err
	}
	files, left, err := registry.MirrorConfig(m.Format, mirrorSources(set.Rewrite.Rules, to, m.WithHost))
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
	if len(left) > 0 {
		if len(files) > 0 && m.Dir == "" {
			fmt.Fprintln(notes)
		}
		fmt.Fprintln(notes, "# containerd does not rename what is below a registry; the files have to move for:")
		for _, x := range left {
			fmt.Fprintln(notes, "#   "+x)
		}
	}
	return nil
}

// parseMirror reads the flag --to.
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

// writeConfig writes the files below dir. It overwrites nothing.
func writeConfig(s session.Streams, dir string, files []registry.ConfigFile) error {
	for _, x := range files {
		name := filepath.Join(dir, filepath.FromSlash(x.Path))
		old, err := os.ReadFile(name)
		switch {
		case err == nil && string(old) == x.Text:
			fmt.Fprintf(s.Out, "as it is  %s\n", name)
			continue
		case err == nil:
			return session.Failed(fmt.Errorf("%s is there, and says something else: it was left as it is\n  without --dir the text is printed", name))
		case !errors.Is(err, os.ErrNotExist):
			return session.Failed(err)
		}
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return session.Failed(err)
		}
		if err := os.WriteFile(name, []byte(x.Text), 0o644); err != nil {
			return session.Failed(err)
		}
		fmt.Fprintf(s.Out, "wrote     %s\n", name)
	}
	return nil
}

// mirrorSources are the prefixes that nodes ask for before and after the rules
// moved them, sorted, each with where the mirror at to has it.
func mirrorSources(set *rules.Set, to string, withHost bool) []registry.Source {
	at := map[string]string{}
	for _, r := range set.Rules() {
		host, path, _ := strings.Cut(r.To, "/")
		where := r.To // it is on the mirror
		if host != hostOf(to) {
			where = mirrorRef(to, host, path, withHost)
			at[r.To] = where
		}
		at[r.From] = where
	}
	var out []registry.Source
	for from, where := range at {
		out = append(out, registry.Source{From: from, Mirror: where})
	}
	slices.SortFunc(out, func(a, b registry.Source) int { return strings.Compare(a.From, b.From) })
	return out
}
