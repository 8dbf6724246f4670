package kustomize

import (
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// A scalar is a scalar of an object, or of a patch, that a kustomization reads.
type scalar struct {
	object string // Kind name; "" if the object is not known
	text   yamlText
	node   *syntax.Node
}

// refsAt returns the texts at a field path of the objects that a selector names,
// among the files, patches and generators of l and below. It may also return
// texts of other objects, because a kustomization may add prefixes to names.
func (g *Graph) refsAt(l *layer, selector *syntax.Node, fieldPath string) []imageRef {
	if selector == nil || fieldPath == "" {
		return nil
	}
	var out []imageRef
	want := plainPath(fieldPath)
	add := func(all map[string][]scalar) {
		for _, x := range all[want] {
			if mayName(selector, x.object) {
				out = append(out, g.refAt(x, "."+want))
			}
		}
	}
	l.each(func(l *layer) {
		for _, f := range l.files {
			add(g.scalarsOf(f))
		}
		add(l.patched)
		for _, k := range l.generated {
			if k.path == want && mayName(selector, k.object) {
				out = append(out, imageRef{text: k.text, occ: k.occ, generated: k.image})
			}
		}
	})
	return out
}

// refAt returns the text that a replacement reads at x: an image, or the
// registry or the repository of an image. A piece of a split reference cannot be
// followed, and the reference is kept.
func (g *Graph) refAt(x scalar, field string) imageRef {
	if span, ok := x.text.mapOf(x.node).Enclosing(0, len(x.node.Value)); ok {
		p := g.parse(x.text.file)
		if known := p.single[span]; known != nil && known.Pieces[0].Role != format.Whole {
			return imageRef{text: x.node.Value, occ: known}
		}
		if o := p.split[span]; o != nil {
			if g.move.Moves(o) && !g.firstPass {
				g.addGroup(link.Group{Occurrences: []format.Occurrence{*o}, Keep: format.Conflict, Why: "a replacement uses a part of it, " + x.node.Value})
			}
			return imageRef{text: x.node.Value}
		}
	}
	return imageRef{text: x.node.Value, occ: g.occurrence(x.text, x.node, field)}
}

// scalarsOf returns the scalars of the objects of f by their field paths.
func (g *Graph) scalarsOf(f *link.File) map[string][]scalar {
	if all, ok := g.scalars[f.Path]; ok {
		return all
	}
	all := map[string][]scalar{}
	for _, root := range g.parse(f).roots {
		addObject(all, scalar{text: yamlText{file: f}, node: root})
	}
	g.scalars[f.Path] = all
	return all
}

// addObject adds the scalars of the object x, or of the items of the List x.
func addObject(all map[string][]scalar, x scalar) {
	root := x.node
	if items := root.Field("items"); items != nil && items.Kind == syntax.Sequence && strings.HasSuffix(root.Str("kind"), "List") {
		for _, item := range link.Items(items) {
			x.node = item
			addObject(all, x)
		}
		return
	}
	x.object = root.Str("kind") + " " + root.Field("metadata").Str("name")
	addScalars(all, x, "")
}

// addScalars adds the scalars of x, which is at path, by their paths. The paths
// have no indexes of lists.
func addScalars(all map[string][]scalar, x scalar, path string) {
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
			addScalars(all, x, path)
		}
	case syntax.Mapping:
		for i := 0; i+1 < len(n.Children); i += 2 {
			key := n.Children[i].Value
			if path != "" {
				key = path + "." + key
			}
			x.node = n.Children[i+1]
			addScalars(all, x, key)
		}
	}
}

// isImagePath reports whether a field path ends at the image of a container.
func isImagePath(p string) bool { return p == "image" || strings.HasSuffix(p, ".image") }

var (
	listSelectors = regexp.MustCompile(`\.?\[[^\]]*\]`)       // [name=web]
	listIndexes   = regexp.MustCompile(`\.([0-9]+|\*)(\.|$)`) // .0 or .*
)

// plainPath returns a field path without selectors and indexes of list items.
func plainPath(p string) string {
	p = strings.ReplaceAll(listSelectors.ReplaceAllString(p, ""), `\.`, ".")
	return strings.TrimSuffix(listIndexes.ReplaceAllString(p, "."), ".")
}

// mayName reports whether a selector may name object, "Kind name". Either may be
// unknown.
func mayName(selector *syntax.Node, object string) bool {
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
