package kustomize

import (
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// A field is a scalar of an object that a kustomization takes.
type field struct {
	object string // Kind name; "" when it may be any
	file   *link.File
	by     edit.Map // leads to the file when the object is a text in it
	node   *syntax.Node
}

// fieldsAt returns the texts at a field path of the objects that a selector
// names, among those of the files, the patches and the generators of l and
// below. It rather returns one too many: names may have got a prefix since.
func (g *Graph) fieldsAt(l *layer, selector *syntax.Node, fieldPath string) []sighting {
	if selector == nil || fieldPath == "" {
		return nil
	}
	var out []sighting
	want := plainPath(fieldPath)
	add := func(all map[string][]field) {
		for _, x := range all[want] {
			if selectsObject(selector, x.object) {
				out = append(out, g.part(x, "."+want))
			}
		}
	}
	l.each(func(l *layer) {
		for _, f := range l.files {
			add(g.fieldsOf(f))
		}
		add(l.patched)
		for _, k := range l.keys {
			if k.path == want && selectsObject(selector, k.object) {
				out = append(out, sighting{text: k.text, occ: k.occ})
			}
		}
	})
	return out
}

// part is what a replacement finds at x: an image, or the registry or the
// repository of one. What is one reference with others cannot be followed, and
// stays.
func (g *Graph) part(x field, place string) sighting {
	at := x.node.Map
	if x.by != nil {
		at = at.Compose(x.by)
	}
	span, ok := at.Enclosing(0, len(x.node.Value))
	if !ok {
		return g.sight(x.file, x.node, x.by, place, "")
	}
	p := g.parse(x.file)
	if known := p.occ[span]; known != nil && known.Pieces[0].Role != format.Whole {
		return sighting{text: x.node.Value, occ: known}
	}
	if o := p.shared[span]; o != nil {
		if g.move.Moves(o) && !g.survey {
			g.add(link.Group{Occurrences: []format.Occurrence{*o}, Keep: format.Conflict, Why: "a replacement takes a part of it, " + x.node.Value})
		}
		return sighting{text: x.node.Value}
	}
	return g.sight(x.file, x.node, x.by, place, "")
}

// fieldsOf returns the scalars of the objects of f by their paths.
func (g *Graph) fieldsOf(f *link.File) map[string][]field {
	if all, ok := g.flat[f.Path]; ok {
		return all
	}
	all := map[string][]field{}
	for _, root := range g.parse(f).roots {
		flatten(all, field{file: f, node: root})
	}
	g.flat[f.Path] = all
	return all
}

// flatten adds the scalars below x, an object, to all.
func flatten(all map[string][]field, x field) {
	root := x.node
	if list := root.Field("items"); list != nil && list.Kind == syntax.Sequence && strings.HasSuffix(root.Str("kind"), "List") {
		for _, item := range list.Children {
			x.node = item.Resolve()
			flatten(all, x)
		}
		return
	}
	x.object = root.Str("kind") + " " + root.Field("metadata").Str("name")
	below(all, x, "")
}

// below adds the scalars below x, which stands at path, to all.
func below(all map[string][]field, x field, path string) {
	n := x.node.Resolve()
	if n == nil {
		return
	}
	x.node = n
	switch n.Kind {
	case syntax.Scalar:
		if n.Value != "" {
			all[path] = append(all[path], x)
		}
	case syntax.Sequence:
		for _, c := range n.Children {
			x.node = c
			below(all, x, path)
		}
	case syntax.Mapping:
		for i := 0; i+1 < len(n.Children); i += 2 {
			key := n.Children[i].Value
			if path != "" {
				key = path + "." + key
			}
			x.node = n.Children[i+1]
			below(all, x, key)
		}
	}
}

// isImagePath reports whether a field path ends where containers have their
// image.
func isImagePath(p string) bool { return p == "image" || strings.HasSuffix(p, ".image") }

var (
	indexes = regexp.MustCompile(`\.?\[[^\]]*\]`)
	numbers = regexp.MustCompile(`\.([0-9]+|\*)(\.|$)`)
)

// plainPath returns a field path without what picks an item of a list.
func plainPath(p string) string {
	p = strings.ReplaceAll(indexes.ReplaceAllString(p, ""), `\.`, ".")
	return strings.TrimSuffix(numbers.ReplaceAllString(p, "."), ".")
}

// selectsObject reports whether a selector may name object, which reads "Kind
// name (version)"; it is not known of every field.
func selectsObject(selector *syntax.Node, object string) bool {
	words := strings.Fields(object)
	if len(words) == 0 {
		return true
	}
	if kind := selector.Str("kind"); kind != "" && kind != words[0] && !strings.ContainsAny(kind, metaChars+".") {
		return false
	}
	name := selector.Str("name")
	return name == "" || len(words) < 2 || strings.ContainsAny(name, metaChars) || strings.Contains(name, words[1])
}
