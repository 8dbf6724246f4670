package rules

import (
	"encoding/csv"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/regmigrate/regmigrate/internal/strictyaml"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// Limits of a file of mappings.
const (
	MaxMap     = 8 << 20 // bytes
	maxMapLine = 100_000
)

// An imagePair is a line of a file of mappings.
type imagePair struct {
	old, new string
	at       string // "path:line", for messages
	line     int
	isListed bool // an inventory lists it, and nobody wrote it
}

// A MapSkip says how many images of an inventory no rule can be made of.
type MapSkip struct {
	Digests   int // their digest may be that of any tag
	Variables int // the name or the tag is not known
}

// String says what was skipped, "" if nothing was.
func (s MapSkip) String() string {
	var parts []string
	if s.Digests > 0 {
		parts = append(parts, fmt.Sprintf("%d with a digest", s.Digests))
	}
	if s.Variables > 0 {
		parts = append(parts, fmt.Sprintf("%d with a variable", s.Variables))
	}
	if len(parts) == 0 {
		return ""
	}
	return "skipped " + strings.Join(parts, " and ")
}

// A mapReader reads a file of mappings.
type mapReader struct {
	yamlReader
	registry string // comes before the new names of dfc, which have none
	pairs    []imagePair
	skip     MapSkip
}

// ReadMap reads the file of mappings src: pairs of image names, the old name first, with
// or without a tag. Without a tag, the tag does not change. file is its path, whose
// extension says the format:
//
//   - .yaml, .yml and .json: a mapping of old to new names; a mapping file of dfc, whose
//     key images has such a mapping; or the inventory that `regmigrate images -o json`
//     writes, of which the images with a new name count;
//   - all others: one pair per line, separated by a comma or by blanks. Empty lines and
//     comments, which begin with # at the start of a line or after a blank, do not count.
//
// Images of an inventory with a digest or a variable are skipped and counted. A name without a registry is on Docker Hub. The new names of dfc have no registry
// either: they follow registry, a prefix such as cgr.dev/example. ReadMap returns an error
// for the first problem, which names the file and the line. Two lines with the same old
// name are an error, too.
//
// Source of the format of dfc: https://github.com/chainguard-dev/dfc#custom-mappings-file
func ReadMap(file string, src []byte, registry string) ([]Rule, MapSkip, error) {
	m := mapReader{yamlReader: yamlReader{strictyaml.New(file)}, registry: registry}
	list, err := m.read(src)
	return list, m.skip, err
}

func (m *mapReader) read(src []byte) ([]Rule, error) {
	file := m.Path
	if len(src) > MaxMap {
		return nil, fmt.Errorf("%s: %d bytes; the limit is %d", file, len(src), MaxMap)
	}
	read := m.readLines
	if slices.Contains([]string{".yaml", ".yml", ".json"}, strings.ToLower(filepath.Ext(file))) {
		read = m.readYAML
	}
	if err := read(src); err != nil {
		return nil, err
	}
	if len(m.pairs) == 0 {
		return nil, fmt.Errorf("%s: no pair of images; expected lines such as %s", file, mapExample)
	}
	if len(m.pairs) > maxMapLine {
		return nil, fmt.Errorf("%s: %d pairs; the limit is %d", file, len(m.pairs), maxMapLine)
	}
	list, err := m.rules()
	if err == nil && len(list) == 0 {
		return nil, fmt.Errorf("%s: no image of which a rule can be made: %s", file, m.skip)
	}
	return list, err
}

const mapExample = `"k8s.gcr.io/coredns:1.8.0 registry.k8s.io/coredns/coredns:v1.8.0"`

// rules returns the rules of the pairs.
func (m *mapReader) rules() ([]Rule, error) {
	type oldImage struct {
		key prefixKey
		tag string
	}
	var out []Rule
	type firstPair struct{ at, new string }
	seen := map[oldImage]firstPair{}
	for _, p := range m.pairs {
		if p.isListed && m.skips(p) {
			continue
		}
		from, oldTag, err := splitMapName(p.old)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.at, err)
		}
		to, newTag, err := splitMapName(p.new)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.at, err)
		}
		r := Rule{Name: fmt.Sprintf("%s:%d", path.Base(filepath.ToSlash(m.Path)), p.line), From: from, To: to, IsImage: true, OldTag: oldTag}
		if newTag != oldTag {
			r.Tag = newTag
		}
		x, err := parseRule(r)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.at, err)
		}
		id := oldImage{imageKey(x.from), oldTag}
		if first, ok := seen[id]; ok && p.isListed && p.new == first.new {
			continue
		} else if ok {
			return nil, fmt.Errorf("%s: %s has a line already, %s; expected each old name once", p.at, p.old, first.at)
		}
		seen[id] = firstPair{p.at, p.new}
		out = append(out, x.rule)
	}
	return out, nil
}

// skips reports whether no rule can be made of p, and counts it.
func (m *mapReader) skips(p imagePair) bool {
	switch {
	case image.HasVariable(p.old) || image.HasVariable(p.new):
		m.skip.Variables++
	case strings.Contains(p.old, "@"):
		m.skip.Digests++
	default:
		return false
	}
	return true
}

// splitMapName splits the name of an image into a prefix and a tag.
func splitMapName(text string) (name, tag string, err error) {
	r, err := image.Parse(text)
	switch {
	case strings.ContainsAny(text, "*?"):
		return "", "", fmt.Errorf("%q contains a wildcard; expected the whole name of an image; --rule moves all images below a prefix", text)
	case image.HasVariable(text):
		return "", "", fmt.Errorf("%q contains a variable; expected the name of an image", text)
	case err != nil:
		return "", "", fmt.Errorf("%q is not the name of an image; expected, for example, registry.k8s.io/coredns/coredns:v1.8.0", text)
	case r.Digest != "":
		return "", "", fmt.Errorf("%q has a digest; digests never change; expected a name with or without a tag", text)
	case r.Domain == "" && !strings.Contains(r.Path, "/") && image.IsHost(text) && (strings.Contains(text, ".") || strings.HasPrefix(text, "localhost")):
		return "", "", fmt.Errorf("%q is a registry; expected the name of an image; --rule moves all images of a registry", text)
	case r.Domain == "":
		return dockerHub + "/" + r.Path, r.Tag, nil
	}
	return r.Domain + "/" + r.Path, r.Tag, nil
}

// commentRE matches a comment of a line.
var commentRE = regexp.MustCompile(`(^|[ \t])#.*$`)

// readLines reads one pair per line.
func (m *mapReader) readLines(src []byte) error {
	for i, line := range strings.Split(strings.TrimPrefix(string(src), "\ufeff"), "\n") {
		line = strings.TrimSpace(commentRE.ReplaceAllString(line, ""))
		if line == "" {
			continue
		}
		at := fmt.Sprintf("%s:%d", m.Path, i+1)
		fields := strings.Fields(line)
		if strings.Contains(line, ",") {
			var err error
			if fields, err = csv.NewReader(strings.NewReader(line)).Read(); err != nil {
				return fmt.Errorf("%s: invalid CSV: %q", at, line)
			}
			for k := range fields {
				fields[k] = strings.TrimSpace(fields[k])
			}
		}
		if len(fields) != 2 || fields[0] == "" || fields[1] == "" {
			return fmt.Errorf("%s: %q: expected an old and a new name, separated by a comma or by blanks, such as %s", at, line, mapExample)
		}
		if len(m.pairs) == 0 && strings.EqualFold(fields[0], "old") && strings.EqualFold(fields[1], "new") {
			continue // the heading of a table
		}
		m.pairs = append(m.pairs, imagePair{old: fields[0], new: fields[1], at: at, line: i + 1})
	}
	return nil
}

// readYAML reads a mapping, a file of dfc, or an inventory.
func (m *mapReader) readYAML(src []byte) error {
	root, err := m.Document(src)
	if err != nil || root == nil {
		return err
	}
	if root.Kind != yaml.MappingNode {
		return m.Errorf(root, "the file is %s; expected a mapping of old to new names", strictyaml.DescribeNode(root))
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		if v := strictyaml.ResolveAlias(root.Content[i+1]); root.Content[i].Value == "images" {
			switch v.Kind {
			case yaml.MappingNode:
				return m.names(v, m.addRegistry)
			case yaml.SequenceNode:
				return m.inventory(v)
			}
		}
	}
	return m.names(root, func(_ *yaml.Node, name string) (string, error) { return name, nil })
}

// names reads a mapping of old to new names. complete returns the whole of a new name.
func (m *mapReader) names(n *yaml.Node, complete func(n *yaml.Node, name string) (string, error)) error {
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		name, err := m.Text(v, k.Value, "registry.k8s.io/coredns/coredns:v1.8.0")
		if err != nil {
			return err
		}
		if name, err = complete(v, name); err != nil {
			return err
		}
		m.pairs = append(m.pairs, imagePair{old: k.Value, new: name, at: m.Position(k), line: k.Line})
	}
	return nil
}

// addRegistry puts the registry before a new name of dfc, which has none.
func (m *mapReader) addRegistry(n *yaml.Node, name string) (string, error) {
	if first, _, ok := strings.Cut(name, "/"); ok && hasDomain(first) {
		return name, nil
	}
	if m.registry == "" {
		return "", m.Errorf(n, "%q has no registry; --map-registry says which registry and path come before it, such as cgr.dev/example", name)
	}
	return strings.TrimSuffix(m.registry, "/") + "/" + name, nil
}

// inventory reads the images of an inventory that have a new name.
func (m *mapReader) inventory(n *yaml.Node) error {
	for _, item := range n.Content {
		item = strictyaml.ResolveAlias(item)
		value := map[string]string{}
		for i := 0; i+1 < len(item.Content) && item.Kind == yaml.MappingNode; i += 2 {
			value[item.Content[i].Value] = item.Content[i+1].Value
		}
		switch {
		case value["reference"] == "":
			return m.Errorf(item, "the item of images has no reference; expected the inventory of regmigrate images -o json")
		case value["new"] == "" || value["kind"] != "" && value["kind"] != "image":
			continue
		}
		m.pairs = append(m.pairs, imagePair{old: value["reference"], new: value["new"], at: m.Position(item), line: item.Line, isListed: true})
	}
	return nil
}
