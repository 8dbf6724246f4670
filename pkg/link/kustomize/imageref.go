package kustomize

import (
	"maps"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// An imageRef is an image in a file, in a field that entries of images read.
type imageRef struct {
	text string
	occ  *format.Occurrence // nil if the rules cannot be applied to it
	spec string             // as in LayerImage

	generated *format.Occurrence // of a text of a generator: see generatedKey
}

// refsOf returns the images of the objects of f.
func (g *Graph) refsOf(f *link.File) []imageRef {
	if refs, ok := g.objectRefs[f.Path]; ok {
		return refs
	}
	var refs []imageRef
	for _, root := range g.parse(f).roots {
		refs = append(refs, g.refsIn(yamlText{file: f}, root)...)
	}
	g.objectRefs[f.Path] = refs
	return refs
}

// refsIn returns the images of the document root.
func (g *Graph) refsIn(t yamlText, root *syntax.Node) []imageRef {
	if items := root.Field("items"); items != nil && strings.HasSuffix(root.Str("kind"), "List") && items.Kind == syntax.Sequence {
		var out []imageRef
		for _, item := range link.Items(items) {
			out = append(out, g.refsIn(t, item)...)
		}
		return out
	}
	if root.Kind != syntax.Mapping || root.Str("kind") == "CustomResourceDefinition" {
		return nil
	}
	var out []imageRef
	add := func(n *syntax.Node, field, spec string) {
		if n = n.Resolve(); n != nil && n.Kind == syntax.Scalar && n.Value != "" {
			out = append(out, imageRef{text: n.Value, occ: g.occurrence(t, n, field), spec: spec})
		}
	}
	eachContainer(root, "", func(container *syntax.Node, field string) { add(container.Field("image"), field+".image", "") })
	for _, s := range builtinFields {
		for _, n := range s.find(root) {
			add(n, s.field(), "")
		}
	}
	for _, s := range g.fieldSpecs {
		for _, n := range s.find(root) {
			add(n, s.field(), s.id())
		}
	}
	return out
}

// eachContainer calls do for each item of a list called containers or
// initContainers below n, which is at field.
func eachContainer(n *syntax.Node, field string, do func(container *syntax.Node, field string)) {
	for i, c := range n.Children {
		switch {
		case n.Kind == syntax.Sequence:
			eachContainer(c, field+"[]", do)
		case i%2 == 1:
			key := n.Children[i-1].Value
			eachContainer(c, field+"."+key, do)
			if key == "containers" || key == "initContainers" {
				for _, item := range link.Items(c.Resolve()) {
					do(item, field+"."+key+"[]")
				}
			}
		}
	}
}

// addOtherRefs records images that are in no object of a file, such as those
// of patches.
func (g *Graph) addOtherRefs(refs []imageRef) {
	for _, r := range refs {
		if r.occ == nil {
			continue
		}
		if path := r.occ.Pieces[0].Path; !slices.Contains(g.otherRefs[path], r) {
			g.otherRefs[path] = append(g.otherRefs[path], r)
		}
	}
}

// occurrence returns the occurrence of the scalar n of t. If no format reports
// one, because only kustomize knows that the field is an image, it is made.
func (g *Graph) occurrence(t yamlText, n *syntax.Node, field string) *format.Occurrence {
	at := *n
	if t.outer != nil {
		at.Map = t.mapOf(n)
		at.Span = edit.Span{}
		if s, ok := at.Map.Enclosing(0, len(n.Value)); ok {
			at.Span = s
		}
	}
	p := format.ScalarPiece(t.file.Path, &at, field, format.Whole, "")
	file := g.parse(t.file)
	known := file.single[p.Span]
	if known != nil && known.Pieces[0].Role != format.Whole {
		return nil // a registry, or a part of a reference
	}
	if known != nil && (known.IsImage || known.Keep != "" || strings.Contains(n.Value, "/") && hasDomain(n.Value)) {
		return known
	}
	if _, err := image.Parse(n.Value); err != nil || p.Span.Len() == 0 {
		return known
	}
	o := &format.Occurrence{Pieces: []format.Piece{p}, Place: format.Place{Field: field}, IsImage: true, FoundByMark: true}
	if known != nil {
		o.Place, o.Scope, o.Keep, o.Note = known.Place, known.Scope, known.Keep, known.Note
	}
	file.single[p.Span], file.added[p.Span] = o, true
	return o
}

// addFieldGroups adds groups for the images that only the configuration of
// kustomize shows to be images, and for the short names that an entry replaces.
func (g *Graph) addFieldGroups() {
	done := map[link.PieceID]bool{}
	g.eachMovingRef(func(path string, occ *format.Occurrence) {
		at := link.IDOf(&occ.Pieces[0])
		if done[at] {
			return
		}
		done[at] = true
		switch by := g.replacedNames[at]; {
		case by != "":
			g.addGroup(link.Group{Occurrences: []format.Occurrence{*occ}, Keep: format.DifferentName, Why: "an images entry in " + by + " replaces this name"})
		case g.files[path].added[at.Span]:
			g.addGroup(link.Group{Occurrences: []format.Occurrence{*occ}, Why: "kustomize is configured to read an image in this field"})
		}
	})
}

// isImage reports whether r is an image. A configured field whose last key does
// not name an image, such as the value of an environment variable, can also hold
// other texts: a short name there is an image only if an entry selects it.
func (g *Graph) isImage(r imageRef) bool {
	p := &r.occ.Pieces[0]
	return r.spec == "" || g.selected[link.IDOf(p)] || hasDomain(r.text) || strings.HasSuffix(strings.ToLower(p.Field), "image")
}

// eachMovingRef calls do for the images that a rule moves, sorted by the paths
// of their files.
func (g *Graph) eachMovingRef(do func(path string, occ *format.Occurrence)) {
	paths := slices.AppendSeq(slices.Collect(maps.Keys(g.objectRefs)), maps.Keys(g.otherRefs))
	slices.Sort(paths)
	for _, path := range slices.Compact(paths) {
		for _, r := range slices.Concat(g.objectRefs[path], g.otherRefs[path]) {
			if r.occ != nil && g.move.Moves(r.occ) && g.isImage(r) {
				do(path, r.occ)
			}
		}
	}
}
