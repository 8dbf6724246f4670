package kustomize

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// replacements looks at what a kustomization copies from field to field. What
// it copies whole arrives at the layers above; where it cuts a reference at a
// delimiter, the part that it takes must still be that part afterwards.
// Source: sigs.k8s.io/kustomize/api v0.21.2, filters/replacement.
func (g *Graph) replacements(l *layer, f *link.File, root *syntax.Node) {
	for _, n := range itemsOf(root, "replacements") {
		in, list := f, []*syntax.Node{n}
		if p := n.Field("path"); p != nil {
			if in, list = g.named(f, p), nil; in == nil {
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
			g.replacement(l, in, r.Resolve())
		}
	}
}

func (g *Graph) replacement(l *layer, f *link.File, n *syntax.Node) {
	source := n.Field("source")
	take, taken := cutOf(source)
	var parts []part
	if v := n.Field("sourceValue"); v != nil && v.Kind == syntax.Scalar && v.Value != "" {
		parts = append(parts, g.partOf(g.sight(f, v, nil, ".sourceValue", "")))
	}
	for _, s := range g.fieldsAt(l, source, source.Str("fieldPath")) {
		p := g.partOf(s)
		if taken {
			g.cuts(f, p, take, true)
		}
		parts = append(parts, p)
	}
	if isImagePath(source.Str("fieldPath")) {
		for i := range l.out {
			a := &l.out[i]
			if taken && (a.Source == nil || !l.isResource(a.Source)) {
				g.cuts(f, a.part(), take, true)
			}
			parts = append(parts, a.part())
		}
	}
	if taken {
		parts = take.of(parts)
	}
	whole := false
	for _, t := range itemsOf(n, "targets") {
		put, cut := cutOf(t)
		for _, p := range itemsOf(t, "fieldPaths") {
			isImage := isImagePath(p.Value)
			whole = whole || isImage && !cut
			if !cut {
				continue
			}
			at := g.fieldsAt(l, t.Field("select"), p.Value)
			for _, s := range at {
				g.cuts(f, g.partOf(s), put, false)
			}
			if isImage {
				for i := range l.out {
					if a := &l.out[i]; a.Source == nil || !l.isResource(a.Source) {
						g.cuts(f, a.part(), put, false)
					}
				}
				g.combine(l, f, put, parts, at)
			}
		}
	}
	if !whole {
		return
	}
	if len(parts) == 0 {
		l.mixed = append(slices.Clip(l.mixed), mixture{file: f.Path, any: true})
		return
	}
	var found []sighting
	more := make([]LayerImage, 0, len(parts))
	for _, p := range parts {
		more = append(more, LayerImage{Before: p.before, After: p.after, Source: p.occ, Insert: p.insert})
		if p.occ != nil && !taken {
			found = append(found, sighting{text: p.before, occ: p.occ})
		}
	}
	g.remember(found)
	l.bring(more)
}

// isResource reports whether o stands in a file of resources of l or below.
func (l *layer) isResource(o *format.Occurrence) bool {
	if l.resources == nil {
		l.resources = map[string]bool{}
		l.each(func(x *layer) {
			for _, f := range x.files {
				l.resources[f.Path] = true
			}
		})
	}
	return l.resources[o.Pieces[0].Path]
}

// each calls do for l and each layer below it, once.
func (l *layer) each(do func(*layer)) {
	seen := map[*layer]bool{}
	var walk func(l *layer)
	walk = func(l *layer) {
		if !seen[l] {
			seen[l] = true
			do(l)
			for _, b := range l.below {
				walk(b)
			}
		}
	}
	walk(l)
}

// A cut is a part of a text: the index-th between delimiters.
type cut struct {
	delimiter string
	index     int
}

func cutOf(n *syntax.Node) (cut, bool) {
	options := n.Field("options")
	index, err := strconv.Atoi(options.Str("index"))
	if options.Str("delimiter") == "" || err != nil && options.Str("index") != "" {
		return cut{}, false
	}
	return cut{options.Str("delimiter"), index}, true
}

// cuts keeps p where the part that is taken of it would be another one.
func (g *Graph) cuts(f *link.File, p part, c cut, source bool) {
	if p.before == p.after || g.survey {
		return
	}
	old, new := strings.Split(p.before, c.delimiter), strings.Split(p.after, c.delimiter)
	switch {
	case len(old) == len(new):
		return
	case source && c.index >= 0 && c.index < min(len(old), len(new)) && old[c.index] == new[c.index]:
		return
	}
	g.keepPart(p, fmt.Sprintf("a replacement in %s takes part %d of it, cut at %q and counted from 0, and the rule would change how many parts there are from %d to %d", f.Path, c.index, c.delimiter, len(old), len(new)))
}

// keepPart keeps what p comes from.
func (g *Graph) keepPart(p part, why string) {
	switch {
	case g.survey:
	case p.insert.Path != "":
		g.banned[p.insert] = why
	case p.occ != nil:
		g.add(link.Group{Occurrences: []format.Occurrence{*p.occ}, Keep: format.Conflict, Why: why})
	}
}
