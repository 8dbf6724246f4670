package format

import (
	"bytes"
	_ "embed"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/regmigrate/regmigrate/pkg/walk"
)

//go:embed regenerated.yaml
var regeneratedFile []byte

// A Regenerated is a file that a program writes.
type Regenerated struct {
	Path    string // slash-separated, relative to the root
	Tool    string
	Command string // that writes the file anew, for a shell in the root
	Source  string // the URL of its documentation
}

type regeneratedEntry struct {
	Tool    string
	Files   texts
	From    texts
	Command string
	Source  string

	globs []walk.Glob
}

// regeneratedEntries returns the table in regenerated.yaml.
var regeneratedEntries = sync.OnceValues(func() ([]regeneratedEntry, error) {
	d := yaml.NewDecoder(bytes.NewReader(regeneratedFile))
	d.KnownFields(true)
	var out []regeneratedEntry
	if err := d.Decode(&out); err != nil {
		return nil, fmt.Errorf("regenerated.yaml: %w", err)
	}
	for i := range out {
		e := &out[i]
		if e.Tool == "" || len(e.Files) == 0 || e.Command == "" || !strings.HasPrefix(e.Source, "https://") {
			return nil, fmt.Errorf("regenerated.yaml: [%d]: expected tool, files, command and source", i)
		}
		for _, s := range e.Files {
			g, err := walk.ParseGlob(s, "")
			if err != nil {
				return nil, fmt.Errorf("regenerated.yaml: [%d]: %w", i, err)
			}
			e.globs = append(e.globs, g)
		}
	}
	return out, nil
})

// RegeneratedFile returns the program and the command that write the file at name,
// slash-separated, and whether it is known.
func RegeneratedFile(name string) (Regenerated, bool) {
	entries, _ := regeneratedEntries() // TestRegenerated fails
	for i := range entries {
		e := &entries[i]
		if slices.ContainsFunc(e.globs, func(g walk.Glob) bool { return g.Match(name, false) }) {
			return e.at(name), true
		}
	}
	return Regenerated{}, false
}

// RegeneratedFrom returns the files that programs write from the file at name. They
// may not exist.
func RegeneratedFrom(name string) []Regenerated {
	entries, _ := regeneratedEntries()
	var out []Regenerated
	for i := range entries {
		e := &entries[i]
		if !slices.Contains(e.From, path.Base(name)) {
			continue
		}
		for _, file := range e.Files {
			out = append(out, e.at(path.Join(path.Dir(name), file)))
		}
	}
	return out
}

func (e *regeneratedEntry) at(name string) Regenerated {
	dir := path.Dir(name)
	command := strings.NewReplacer("{dir}", shellWord(dir), "{up}", shellWord(path.Dir(dir))).Replace(e.Command)
	return Regenerated{Path: name, Tool: e.Tool, Command: command, Source: e.Source}
}

// shellWord returns s as a word of a shell.
func shellWord(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return !strings.ContainsRune("._/-@+", r) && !isAlnum(byte(min(r, 127))) }) {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}

// UnmarshalYAML implements yaml.Unmarshaler, for regenerated.yaml.
func (t *texts) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*t = texts{n.Value}
		return nil
	}
	return n.Decode((*[]string)(t))
}
