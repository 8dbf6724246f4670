package rules

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/regmigrate/regmigrate/pkg/image"
)

//go:embed catalogue.yaml
var catalogueFile []byte

// An Advice is what the catalogue says of a reference: something for a person
// to know or to do. It never changes a reference.
type Advice struct {
	Text   string // a sentence or two
	Source string // a URL where one can read more
	Date   string // the day of it, or the one on which the source was read

	// Note says that it is a fact worth knowing, and that no action is required.
	Note bool

	// Charts says that it is for those who give values to charts, and that it
	// is about all references that it is given for.
	ForCharts bool
}

// An catalogueEntry of the catalogue.
type catalogueEntry struct {
	images []*regexp.Regexp
	except []*regexp.Regexp
	tags   []condition // any of them; none: every tag
	advice Advice
}

// catalogue is read when it is first asked. A test reads it whole, so that
// none is left out here.
var catalogue = sync.OnceValues(func() ([]catalogueEntry, error) { return readCatalogue("catalogue.yaml", catalogueFile) })

// Advise returns what the catalogue says of a reference: old as it is, and now
// as the rules make it, "" when none moves it. What it says of both it says
// once. Neither is changed, and no registry is asked.
func Advise(old, now string) []Advice {
	entries, err := catalogue()
	if err != nil {
		return nil
	}
	var out []Advice
	for i := range entries {
		e := &entries[i]
		if e.matches(old) || now != "" && e.matches(now) {
			out = append(out, e.advice)
		}
	}
	return out
}

// matches reports whether the entry is about the reference text.
func (e *catalogueEntry) matches(text string) bool {
	r, err := image.Parse(text)
	if err != nil {
		return false
	}
	name := canonicalHost(r.Domain) + "/" + r.Path
	if r.Domain == "" {
		name = dockerHub + "/" + r.Path
	}
	is := func(g *regexp.Regexp) bool { return g.MatchString(name) }
	if !slices.ContainsFunc(e.images, is) || slices.ContainsFunc(e.except, is) {
		return false
	}
	return len(e.tags) == 0 || slices.ContainsFunc(e.tags, func(c condition) bool { return c.matches(r.Tag, r.Digest) })
}

// The keys of the catalogue.
var (
	catalogueKeys = []string{"places", "entries"}
	entryKeys     = []string{"images", "except", "tags", "charts", "note", "text", "source", "date"}
)

// readCatalogue reads the catalogue as strictly as a configuration.
func readCatalogue(file string, src []byte) ([]catalogueEntry, error) {
	s := yamlReader{file, map[string]string{}}
	root, err := s.document(src)
	if err != nil {
		return nil, err
	}
	if root == nil {
		return nil, fmt.Errorf("%s: empty", file)
	}
	places := map[string][]string{}
	var out []catalogueEntry
	err = s.mapping(root, "", catalogueKeys, func(key, where string, v *yaml.Node) error {
		if key == "places" {
			return s.prefixLists(v, where, places)
		}
		return s.list(v, where, "[{images: [a.io/b], text: t, source: s, date: d}]", func(_ int, where string, v *yaml.Node) error {
			e, err := s.entry(v, where, places)
			out = append(out, e)
			return err
		})
	})
	return out, err
}

// prefixLists reads names for lists of prefixes, which have to stand before what
// uses them.
func (s yamlReader) prefixLists(n *yaml.Node, name string, into map[string][]string) error {
	n = resolveAlias(n)
	if n.Kind != yaml.MappingNode {
		return s.errorf(n, "%s is %s; expected a mapping of lists", name, describeNode(n))
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		list, err := s.textList(n.Content[i+1], name+"."+n.Content[i].Value, "k8s.gcr.io")
		if err != nil {
			return err
		}
		for _, p := range list {
			if _, err := parsePrefix(p); err != nil {
				return s.errorf(n.Content[i+1], "%w", err)
			}
		}
		into[n.Content[i].Value] = list
	}
	return nil
}

func (s yamlReader) entry(n *yaml.Node, name string, places map[string][]string) (catalogueEntry, error) {
	var e catalogueEntry
	err := s.mapping(n, name, entryKeys, func(key, name string, v *yaml.Node) (err error) {
		switch key {
		case "images", "except":
			var globs []string
			if globs, err = s.textList(v, name, "k8s.gcr.io/coredns"); err != nil {
				return err
			}
			for _, g := range globs {
				all, err := expandPrefixLists(g, places)
				if err != nil {
					return s.errorf(v, "%w", err)
				}
				for _, g := range all {
					if key == "except" {
						e.except = append(e.except, compileGlob(g))
					} else {
						e.images = append(e.images, compileGlob(g))
					}
				}
			}
		case "tags":
			var text string
			if text, err = s.text(v, name, ">=1.8.0"); err != nil {
				return err
			}
			if e.tags, err = parseConditions(text); err != nil {
				return s.errorf(v, "%w", err)
			}
		case "charts":
			if v.Value != "true" {
				return s.errorf(v, "%s: expected true, or nothing", name)
			}
			e.advice.ForCharts = true
		case "note":
			if v.Value != "true" {
				return s.errorf(v, "%s: expected true, or nothing", name)
			}
			e.advice.Note = true
		case "text":
			e.advice.Text, err = s.text(v, name, "what to do")
		case "source":
			e.advice.Source, err = s.text(v, name, "https://example.com")
		case "date":
			e.advice.Date, err = s.text(v, name, `"2023-03-20"`)
		}
		return err
	})
	if err != nil {
		return catalogueEntry{}, err
	}
	if len(e.images) == 0 || e.advice.Text == "" || e.advice.Source == "" || e.advice.Date == "" {
		return catalogueEntry{}, s.errorf(n, "%s: expected images, text, source and date", name)
	}
	return e, nil
}

// expandPrefixLists returns the globs that g stands for when it begins with a place.
func expandPrefixLists(g string, places map[string][]string) ([]string, error) {
	name, rest, ok := strings.Cut(strings.TrimPrefix(g, "{"), "}")
	if !strings.HasPrefix(g, "{") || !ok {
		return []string{g}, nil
	}
	var out []string
	for _, p := range places[name] {
		out = append(out, p+rest)
	}
	if out == nil {
		return nil, fmt.Errorf("%q: there is no place %q", g, name)
	}
	return out, nil
}

// compileGlob matches what a glob of the catalogue does.
func compileGlob(g string) *regexp.Regexp {
	return regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(g), `\*`, `[^/]+`) + "$")
}
