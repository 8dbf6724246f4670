package rules

import (
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/regmigrate/regmigrate/internal/strictyaml"
)

//go:embed mirrors/*.yaml
var layoutFiles embed.FS

// A LayoutInfo describes how a program that mirrors registries names their images.
type LayoutInfo struct {
	Name   string
	Doc    string // a sentence
	Source string // the URL of the documentation of the program
}

// A layout is a LayoutInfo with what the names of images follow from.
type layout struct {
	LayoutInfo
	to      string            // with {target}, {registry} and {path}
	names   map[string]string // by canonical host
	unnamed unnamedRule

	needsPath bool // the target has a path
}

// An unnamedRule says what happens to a registry without a name.
type unnamedRule string

const (
	useHost    unnamedRule = "host"   // its host is the name; the colon before a port becomes a hyphen
	useDashes  unnamedRule = "dashes" // as useHost, with hyphens in place of dots
	needName   unnamedRule = "needs-name"
	keepOthers unnamedRule = "keep"
)

// defaultLayout is that of a mirror without a layout.
var defaultLayout = layout{to: "{target}/{registry}/{path}", unnamed: useHost}

// Layouts describes the layouts of mirrors, sorted by name.
func Layouts() []LayoutInfo {
	var out []LayoutInfo
	for _, name := range LayoutNames() {
		// TestLayouts fails if a layout cannot be loaded.
		if l, err := loadLayout(name); err == nil {
			out = append(out, l.LayoutInfo)
		}
	}
	return out
}

// LayoutNames returns the names of the layouts of mirrors, sorted.
func LayoutNames() []string {
	files, err := layoutFiles.ReadDir("mirrors")
	if err != nil {
		return nil // impossible: the folder is embedded
	}
	var out []string
	for _, f := range files {
		out = append(out, strings.TrimSuffix(f.Name(), ".yaml"))
	}
	return out
}

// loadLayout reads an embedded layout.
func loadLayout(name string) (layout, error) {
	if known := LayoutNames(); !slices.Contains(known, name) {
		return layout{}, fmt.Errorf("unknown layout %q; available layouts: %s%s", name, strings.Join(known, ", "), strictyaml.DidYouMean(name, known))
	}
	file := path.Join("mirrors", name+".yaml")
	src, err := layoutFiles.ReadFile(file)
	if err != nil {
		return layout{}, err
	}
	s := yamlReader{strictyaml.New(file)}
	root, err := s.Document(src)
	if err != nil {
		return layout{}, err
	}
	l := layout{LayoutInfo: LayoutInfo{Name: name}, to: defaultLayout.to, unnamed: useHost}
	err = s.Mapping(root, "", []string{"doc", "source", "to", "names", "unnamed", "path"}, func(key, name string, v *yaml.Node) (err error) {
		switch key {
		case "doc":
			l.Doc, err = s.Text(v, name, "Harbor: a proxy project for each registry.")
		case "source":
			l.Source, err = s.Text(v, name, "https://goharbor.io/docs")
		case "to":
			l.to, err = s.Text(v, name, defaultLayout.to)
		case "names":
			var m Mirror
			if m.Names, err = s.mirrorNames(v, name); err == nil {
				l.names = m.Names
			}
		case "path":
			l.needsPath = true
			_, err = s.Text(v, name, "required")
		case "unnamed":
			var text string
			if text, err = s.Text(v, name, string(useHost)); err == nil {
				l.unnamed = unnamedRule(text)
			}
			if err == nil && !slices.Contains([]unnamedRule{useHost, useDashes, needName, keepOthers}, l.unnamed) {
				err = s.Errorf(v, "%s: expected host, dashes, needs-name or keep, got %q", name, text)
			}
		}
		return err
	})
	return l, err
}

// mirrorNames reads a mapping of registries to names.
func (s yamlReader) mirrorNames(n *yaml.Node, name string) (map[string]string, error) {
	m := Mirror{Names: map[string]string{}}
	n = strictyaml.ResolveAlias(n)
	if n.Kind != yaml.MappingNode {
		return nil, s.Errorf(n, "%s: expected names of registries, such as {docker.io: hub}", name)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		text, err := s.Text(n.Content[i+1], name+"."+n.Content[i].Value, "hub")
		if err != nil {
			return nil, err
		}
		if err := m.setName(n.Content[i].Value, text); err != nil {
			return nil, s.Errorf(n.Content[i], "%s: %w", name, err)
		}
	}
	return m.Names, nil
}
