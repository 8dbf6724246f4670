package rewrite

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
)

// A tagPlace is a mapping with the name and the tag of an image in two keys.
type tagPlace struct {
	path             string   // of the file
	at               int      // byte offset of the tag in the file
	keys             []string // from the root of the document to the mapping
	nameKey, tagKey  string
	dotted, slashed  []byte // the last key and the tag: image.tag, image/tag
	lastKey, tagText []byte
}

// placeOf returns the place of a member whose name and tag are in one mapping; false if
// they are in two, or in the root of a document.
func placeOf(m *member) (x tagPlace, ok bool) {
	tag := m.occ.TagPiece
	if tag == nil {
		return x, false
	}
	last := len(m.occ.Pieces) - 1
	name := m.occ.Field(last)
	i, j := strings.LastIndexByte(tag.Field, '.'), strings.LastIndexByte(name, '.')
	if i <= 0 || i != j || tag.Field[:i] != name[:j] || m.occ.Pieces[last].Path != tag.Path || strings.HasSuffix(tag.Field[:i], "]") {
		return x, false
	}
	x = tagPlace{path: tag.Path, at: tag.Span.Start, keys: splitField(tag.Field[:i]), nameKey: name[j+1:], tagKey: tag.Field[i+1:]}
	key := x.keys[len(x.keys)-1]
	x.dotted, x.slashed = []byte(key+"."+x.tagKey), []byte(key+"/"+x.tagKey)
	x.lastKey, x.tagText = []byte(key), []byte(x.tagKey)
	return x, true
}

// splitField returns the keys of a field: .a.b[0].c is a, b, [0], c.
func splitField(field string) []string {
	return strings.FieldsFunc(strings.ReplaceAll(field, "[", ".["), func(r rune) bool { return r == '.' })
}

// keepOverriddenTags keeps the groups with a name and a tag in one mapping of a file that
// no chart of the repository renders, if another file sets only one of the two under the
// same keys: a patch, the values of another environment, a parameter of Argo CD. There, the
// tag may become that of another name.
func (p *planner) keepOverriddenTags() {
	if p.tree.YAMLContaining == nil {
		return
	}
	isChart := map[string]bool{}
	for _, g := range p.groups {
		if !g.moves() || !g.dependsOnTag() {
			continue
		}
		for i := range g.members {
			m := &g.members[i]
			x, ok := placeOf(m)
			if !ok || !m.matched || !m.match.ByTag {
				continue
			}
			if where := p.overrideOf(&x, isChart); where != "" {
				g.keep(format.Conflict, "the tag decides about the name, and "+where+" sets only one of the two under the same keys")
				break
			}
		}
	}
}

// overrideOf returns the place of a mapping that sets only the name or only the tag of x,
// "" if there is none. isChart caches which folders are charts.
func (p *planner) overrideOf(x *tagPlace, isChart map[string]bool) string {
	sources := p.sources()
	for _, name := range p.tree.YAMLContaining(x.tagKey, string(x.lastKey)) {
		if p.isInChart(name, isChart) {
			continue // renderings decide about charts, and they have their own values
		}
		src, ok := sources(name)
		if !ok && p.tree.ReadFile != nil {
			src = p.tree.ReadFile(name)
		}
		if !bytes.Contains(src, x.lastKey) || !x.mayBeIn(src) {
			continue
		}
		file, err := syntax.ParseYAML(src, nil)
		if err != nil {
			continue
		}
		for _, doc := range file.Docs {
			if at, ok := x.overriddenIn(doc.Root, nil, 0); ok && (name != x.path || at != x.at) {
				line, _ := edit.NewLines(src).Position(at)
				return fmt.Sprintf("%s:%d", name, line)
			}
		}
	}
	return ""
}

// isInChart reports whether the file at name is in the folder of a chart or below it.
func (p *planner) isInChart(name string, isChart map[string]bool) bool {
	for dir := path.Dir(name); ; dir = path.Dir(dir) {
		found, known := isChart[dir]
		if !known {
			found = p.tree.ReadFile != nil && p.tree.ReadFile(path.Join(dir, "Chart.yaml")) != nil
			isChart[dir] = found
		}
		if found {
			return true
		}
		if dir == "." || dir == "/" {
			return false
		}
	}
}

// mayBeIn reports whether src may set only one of the two keys of x.
func (x *tagPlace) mayBeIn(src []byte) bool {
	return bytes.Contains(src, x.tagText) || bytes.Contains(src, []byte(x.nameKey))
}

// maxOverrideDepth bounds the depth of the trees that are searched.
const maxOverrideDepth = 100

// overriddenIn searches the tree n, which is at keys, for a mapping that sets only one of
// the two keys of x. It returns the byte offset of the key.
func (x *tagPlace) overriddenIn(n *syntax.Node, keys []string, depth int) (at int, ok bool) {
	if n == nil || depth > maxOverrideDepth {
		return 0, false
	}
	switch n.Kind {
	case syntax.Scalar:
		return x.overriddenInText(n, depth)
	case syntax.Mapping:
		if x.isUnder(keys) {
			name, tag := n.Field(x.nameKey), n.Field(x.tagKey)
			switch {
			case tag != nil && name == nil:
				return tag.Span.Start, true
			case name != nil && tag == nil:
				return name.Span.Start, true
			}
		}
		if at, ok := x.overriddenByPath(n); ok {
			return at, true
		}
		for i := 0; i+1 < len(n.Children); i += 2 {
			key := n.Children[i].Value
			if at, ok := x.overriddenIn(n.Children[i+1], append(keys[:len(keys):len(keys)], key), depth+1); ok {
				return at, true
			}
		}
	case syntax.Sequence:
		for i, item := range n.Children {
			if at, ok := x.overriddenIn(item, append(keys[:len(keys):len(keys)], fmt.Sprintf("[%d]", i)), depth+1); ok {
				return at, true
			}
		}
	}
	return 0, false
}

// isUnder reports whether values at keys may override those of x, or be overridden: the
// values of a chart are below other keys in a parent chart, and in objects.
func (x *tagPlace) isUnder(keys []string) bool {
	n := min(len(keys), len(x.keys))
	return n > 0 && slices.Equal(keys[len(keys)-n:], x.keys[len(x.keys)-n:])
}

// overriddenByPath reports whether the mapping n sets one of the two keys of x by its path:
// {name: image.tag, value: 1}, {op: replace, path: /spec/values/image/tag, value: 1}.
func (x *tagPlace) overriddenByPath(n *syntax.Node) (at int, ok bool) {
	for key, separator := range map[string]string{"name": ".", "path": "/"} {
		v := n.Field(key)
		if v == nil || v.Kind != syntax.Scalar || !strings.Contains(v.Value, separator) {
			continue
		}
		steps := strings.Split(strings.Trim(v.Value, separator), separator)
		last := steps[len(steps)-1]
		if (last == x.tagKey || last == x.nameKey) && x.isUnder(steps[:len(steps)-1]) {
			return v.Span.Start, true
		}
	}
	return 0, false
}

// overriddenInText searches the YAML in the scalar n, such as a patch.
func (x *tagPlace) overriddenInText(n *syntax.Node, depth int) (at int, ok bool) {
	text := []byte(n.Value)
	if !bytes.Contains(text, []byte("\n")) || !x.mayBeIn(text) {
		return 0, false
	}
	file, err := syntax.ParseYAML(text, nil)
	if err != nil {
		return 0, false
	}
	for _, doc := range file.Docs {
		if _, ok := x.overriddenIn(doc.Root, nil, depth+maxOverrideDepth/3); ok {
			return n.Span.Start, true
		}
	}
	return 0, false
}
