package kustomize

import (
	"fmt"
	"slices"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// A source is a text that a replacement copies, before and after the move.
type source struct {
	before, after string
	occ           *format.Occurrence // nil if the rules cannot be applied to the text
	insert        link.FileEdit      // as in LayerImage
}

func (a *LayerImage) source() source { return source{a.Before, a.After, a.Source, a.Insert} }

func (g *Graph) sourceOf(r imageRef) source {
	return source{before: r.text, after: g.newText(r.occ, r.text), occ: r.occ}
}

func (s source) moves() bool { return s.before != s.after }

// applyReplacements reads the replacements of a kustomization, which copy text
// from field to field. A text that is copied whole reaches the layers above. If
// a text is split at a delimiter, the rules must not change which text the
// selected part contains. Source: sigs.k8s.io/kustomize/api v0.21.2,
// filters/replacement.
func (g *Graph) applyReplacements(l *layer, f *link.File, root *syntax.Node) {
	for _, n := range itemsOf(root, "replacements") {
		in, list := f, []*syntax.Node{n}
		if p := n.Field("path"); p != nil {
			if in, list = g.namedFile(f, p), nil; in == nil {
				continue
			}
			for _, r := range g.parse(in).roots {
				if r.Kind == syntax.Sequence {
					list = append(list, r.Children...)
				} else {
					list = append(list, r)
				}
			}
		}
		for _, r := range list {
			r = r.Resolve()
			sources, isPart := g.sourcesOf(l, in, r)
			if g.applyTargets(l, in, r, sources) {
				g.addCopies(l, in, sources, isPart)
			}
		}
	}
}

// sourcesOf returns the texts that the replacement n copies. The result isPart
// says that they are parts of references.
func (g *Graph) sourcesOf(l *layer, f *link.File, n *syntax.Node) (sources []source, isPart bool) {
	from := n.Field("source")
	d, isPart := delimiterOf(from)
	if v := n.Field("sourceValue"); v != nil && v.Kind == syntax.Scalar && v.Value != "" {
		sources = append(sources, g.sourceOf(imageRef{text: v.Value, occ: g.occurrence(yamlText{file: f}, v, ".sourceValue")}))
	}
	isImage := replacesImages(n)
	for _, r := range g.refsAt(l, from, from.Str("fieldPath")) {
		if isImage {
			r = g.asImage(r)
		}
		s := g.sourceOf(r)
		if isPart {
			g.checkParts(f, s, d, true)
		}
		sources = append(sources, s)
	}
	if isImagePath(from.Str("fieldPath")) {
		for i := range l.images {
			a := &l.images[i]
			if isPart && (a.Source == nil || !l.isResource(a.Source)) {
				g.checkParts(f, a.source(), d, true)
			}
			sources = append(sources, a.source())
		}
	}
	if isPart {
		sources = d.partsOf(sources)
	}
	return sources, isPart
}

// replacesImages reports whether the replacement n changes the images of containers.
func replacesImages(n *syntax.Node) bool {
	for _, t := range itemsOf(n, "targets") {
		if slices.ContainsFunc(itemsOf(t, "fieldPaths"), func(p *syntax.Node) bool { return isImagePath(p.Value) }) {
			return true
		}
	}
	return false
}

// asImage returns r, which becomes the image of a container. A short name in the text of
// a generator, which no format reports, is on Docker Hub then.
func (g *Graph) asImage(r imageRef) imageRef {
	if r.generated == nil || r.occ != nil && (r.occ.IsImage || r.occ.Keep != "" || hasDomain(r.text)) {
		return r
	}
	p := &r.generated.Pieces[0]
	file := g.parse(g.tree.File(p.Path))
	if known := file.single[p.Span]; known != nil && file.added[p.Span] {
		r.occ = known
		return r
	}
	if r.occ != nil {
		r.generated.Place, r.generated.Scope, r.generated.Note = r.occ.Place, r.occ.Scope, r.occ.Note
	}
	file.single[p.Span], file.added[p.Span] = r.generated, true
	r.occ = r.generated
	return r
}

// applyTargets puts sources into parts of the targets of the replacement n. It
// reports whether n also replaces a whole image.
func (g *Graph) applyTargets(l *layer, f *link.File, n *syntax.Node, sources []source) (replacesImage bool) {
	for _, t := range itemsOf(n, "targets") {
		d, isPart := delimiterOf(t)
		for _, p := range itemsOf(t, "fieldPaths") {
			if !isPart {
				replacesImage = replacesImage || isImagePath(p.Value)
				continue
			}
			at := g.refsAt(l, t.Field("select"), p.Value)
			for _, r := range at {
				g.checkParts(f, g.sourceOf(r), d, false)
			}
			if !isImagePath(p.Value) {
				continue
			}
			for i := range l.images {
				if a := &l.images[i]; a.Source == nil || !l.isResource(a.Source) {
					g.checkParts(f, a.source(), d, false)
				}
			}
			g.replaceParts(l, f, d, sources, at)
		}
	}
	return replacesImage
}

// addCopies adds sources that a replacement of f copies to whole images.
func (g *Graph) addCopies(l *layer, f *link.File, sources []source, isPart bool) {
	if len(sources) == 0 {
		l.unknownResults = append(slices.Clip(l.unknownResults), unknownResult{file: f.Path, any: true})
		return
	}
	var found []imageRef
	more := make([]LayerImage, 0, len(sources))
	for _, s := range sources {
		more = append(more, LayerImage{Before: s.before, After: s.after, Source: s.occ, Insert: s.insert})
		if s.occ != nil && !isPart {
			found = append(found, imageRef{text: s.before, occ: s.occ})
		}
	}
	g.addOtherRefs(found)
	l.addImages(more)
}

// checkParts keeps s if the move changes the number of its parts, unless s is a
// source (isSource) and the part that d selects stays the same.
func (g *Graph) checkParts(f *link.File, s source, d delimiter, isSource bool) {
	if !s.moves() || g.firstPass {
		return
	}
	before, after := d.split(s.before), d.split(s.after)
	samePart := isSource && d.index >= 0 && d.index < min(len(before), len(after)) && before[d.index] == after[d.index]
	if len(before) == len(after) || samePart {
		return
	}
	g.keepSource(s, fmt.Sprintf("a replacement in %s uses part %d of it (counted from 0, delimiter %q), and the rule would change the number of parts from %d to %d", f.Path, d.index, d.separator, len(before), len(after)))
}

// keepSource keeps the reference or the insert that produces s.
func (g *Graph) keepSource(s source, why string) {
	switch {
	case g.firstPass:
	case s.insert.Path != "":
		g.rejectedInserts[s.insert] = why
	case s.occ != nil:
		g.addGroup(link.Group{Occurrences: []format.Occurrence{*s.occ}, Keep: format.Conflict, Why: why})
	}
}
