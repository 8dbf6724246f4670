package rules

import (
	"fmt"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/regmigrate/regmigrate/internal/strictyaml"
)

// The keys of the catalogue and of its entries.
var (
	catalogueKeys = []string{"prefixLists", "entries"}
	entryKeys     = []string{"images", "except", "tags", "preset", "renames", "forCharts", "note", "text", "source", "date"}
)

// readCatalogue reads a catalogue as strictly as LoadConfig reads a
// configuration.
func readCatalogue(file string, src []byte) ([]catalogueEntry, error) {
	s := yamlReader{strictyaml.New(file)}
	root, err := s.Document(src)
	if err != nil {
		return nil, err
	}
	if root == nil {
		return nil, fmt.Errorf("%s: empty", file)
	}
	lists := map[string][]string{}
	var out []catalogueEntry
	err = s.Mapping(root, "", catalogueKeys, func(key, name string, v *yaml.Node) error {
		if key == "prefixLists" {
			return s.prefixLists(v, name, lists)
		}
		return s.List(v, name, "[{images: [a.io/b], text: t, source: s, date: d}]", func(_ int, name string, v *yaml.Node) error {
			e, err := s.entry(v, name, lists)
			out = append(out, e)
			return err
		})
	})
	return out, err
}

// prefixLists reads named lists of prefixes into lists. The lists must come
// before the entries that use them.
func (s yamlReader) prefixLists(n *yaml.Node, name string, lists map[string][]string) error {
	n = strictyaml.ResolveAlias(n)
	if n.Kind != yaml.MappingNode {
		return s.Errorf(n, "%s is %s; expected a mapping of lists", name, strictyaml.DescribeNode(n))
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		list, err := s.TextList(n.Content[i+1], name+"."+n.Content[i].Value, "k8s.gcr.io")
		if err != nil {
			return err
		}
		for _, p := range list {
			if _, err := parsePrefix(p); err != nil {
				return s.Errorf(n.Content[i+1], "%w", err)
			}
		}
		lists[n.Content[i].Value] = list
	}
	return nil
}

func (s yamlReader) entry(n *yaml.Node, name string, lists map[string][]string) (catalogueEntry, error) {
	var e catalogueEntry
	err := s.Mapping(n, name, entryKeys, func(key, name string, v *yaml.Node) (err error) {
		switch key {
		case "images":
			e.images, err = s.globs(v, name, lists)
		case "except":
			e.except, err = s.globs(v, name, lists)
		case "tags":
			e.tags, err = s.conditions(v, name)
		case "preset":
			e.preset, err = s.Text(v, name, "k8s")
		case "renames":
			e.renames, err = s.renames(v, name)
		case "forCharts":
			e.advice.ForCharts, err = true, s.Flag(v, name)
		case "note":
			e.advice.Note, err = true, s.Flag(v, name)
		case "text":
			e.advice.Text, err = s.Text(v, name, "what to do")
		case "source":
			e.advice.Source, err = s.Text(v, name, "https://example.com")
		case "date":
			e.advice.Date, err = s.Text(v, name, `"2023-03-20"`)
		}
		return err
	})
	if err != nil {
		return catalogueEntry{}, err
	}
	if len(e.images) == 0 || e.advice.Text == "" || e.advice.Source == "" || e.advice.Date == "" {
		return catalogueEntry{}, s.Errorf(n, "%s: expected images, text, source and date", name)
	}
	return e, nil
}

// globs reads a list of globs, of which each may start with the name of a
// prefix list in braces.
func (s yamlReader) globs(n *yaml.Node, name string, lists map[string][]string) ([]string, error) {
	texts, err := s.TextList(n, name, "k8s.gcr.io/coredns")
	if err != nil {
		return nil, err
	}
	var out []string
	for _, text := range texts {
		globs, err := expandPrefixList(text, lists)
		if err != nil {
			return nil, s.Errorf(n, "%w", err)
		}
		for _, g := range globs {
			if host, _, _ := strings.Cut(g, "/"); strings.Contains(host, "*") {
				return nil, s.Errorf(n, "%q: expected a host without *", g)
			}
		}
		out = append(out, globs...)
	}
	return out, nil
}

func (s yamlReader) conditions(n *yaml.Node, name string) ([]condition, error) {
	text, err := s.Text(n, name, ">=1.8.0")
	if err != nil {
		return nil, err
	}
	out, err := parseConditions(text)
	if err != nil {
		return nil, s.Errorf(n, "%w", err)
	}
	return out, nil
}

// expandPrefixList returns one glob for each prefix of the list that glob names
// in braces at its start. A glob without a list is returned unchanged.
func expandPrefixList(glob string, lists map[string][]string) ([]string, error) {
	name, rest, ok := strings.Cut(strings.TrimPrefix(glob, "{"), "}")
	if !strings.HasPrefix(glob, "{") || !ok {
		return []string{glob}, nil
	}
	var out []string
	for _, p := range lists[name] {
		out = append(out, p+rest)
	}
	if out == nil {
		return nil, fmt.Errorf("%q: no prefix list is named %q", glob, name)
	}
	return out, nil
}
