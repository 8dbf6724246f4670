package kustomize

import (
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// applyPatches adds the images of patches, which kustomize applies before the
// entries of images.
func (g *Graph) applyPatches(l *layer, f *link.File, root *syntax.Node) {
	for _, n := range itemsOf(root, "patchesStrategicMerge") {
		g.applyPatch(l, f, n)
	}
	for _, key := range []string{"patches", "patchesJson6902"} {
		for _, n := range itemsOf(root, key) {
			g.applyPatch(l, f, n.Field("patch"))
			g.applyPatch(l, f, n.Field("path"))
		}
	}
}

// applyPatch adds the images of the patch that n holds or names.
func (g *Graph) applyPatch(l *layer, f *link.File, n *syntax.Node) {
	t, roots := g.inlineOrFile(f, n)
	var found []imageRef
	for _, r := range roots {
		if r.Kind == syntax.Sequence {
			for _, op := range link.Items(r) {
				found = append(found, g.applyOperation(l, t, op, found)...)
			}
			continue
		}
		found = append(found, g.refsIn(t, r)...)
		// The patch may have another name than the objects that it changes.
		l.addPatched(scalar{object: r.Str("kind"), text: t, node: r}, "")
	}
	if len(found) > 0 {
		g.addOtherRefs(found)
		g.addRefs(l, found)
	}
}

// addPatched records the scalars of x, a part of a patch that is at path.
func (l *layer) addPatched(x scalar, path string) {
	if l.patched == nil {
		l.patched = map[string][]scalar{}
	}
	addScalars(l.patched, x, path)
}

// applyOperation returns the images of an operation of a JSON patch. The images of the
// operations before it are before.
// Source: https://datatracker.ietf.org/doc/html/rfc6902
func (g *Graph) applyOperation(l *layer, t yamlText, op *syntax.Node, before []imageRef) []imageRef {
	path, v := op.Str("path"), op.Field("value")
	switch {
	case v == nil:
		return nil
	case op.Str("op") == "test":
		if strings.HasSuffix(path, "/image") || strings.Contains(v.Value, "/") && hasDomain(v.Value) {
			g.groupPatchTest(l, t, v, before)
		}
		return nil
	}
	l.addPatched(scalar{text: t, node: v}, plainPath(strings.ReplaceAll(strings.Trim(path, "/-"), "/", ".")))
	if lower := strings.ToLower(path); !strings.Contains(lower, "containers/") && !strings.HasSuffix(lower, "containers") {
		return nil
	}
	var out []imageRef
	add := func(n *syntax.Node, field string) {
		if n != nil && n.Kind == syntax.Scalar && n.Value != "" {
			out = append(out, imageRef{text: n.Value, occ: g.occurrence(t, n, field)})
		}
	}
	switch v.Kind {
	case syntax.Scalar:
		if strings.HasSuffix(path, "/image") {
			add(v, ".value")
		}
	case syntax.Mapping:
		add(v.Field("image"), ".value.image")
	case syntax.Sequence:
		for _, item := range link.Items(v) {
			add(item.Field("image"), ".value[].image")
		}
	}
	return out
}

// groupPatchTest groups the value v that an operation of a patch tests for with
// the values that it may be compared with: all of them move, or none does. The images that
// the patch has set before are among them.
func (g *Graph) groupPatchTest(l *layer, t yamlText, v *syntax.Node, before []imageRef) {
	if g.firstPass || v.Kind != syntax.Scalar || v.Value == "" {
		return
	}
	o := g.occurrence(t, v, ".value")
	if o == nil || !g.move.Moves(o) {
		return
	}
	x := link.Group{Occurrences: []format.Occurrence{*o}, Why: "a patch tests for this value"}
	add := func(found *format.Occurrence) {
		if !slices.ContainsFunc(x.Occurrences, func(h format.Occurrence) bool { return link.IDOf(&h.Pieces[0]) == link.IDOf(&found.Pieces[0]) }) {
			x.Occurrences = append(x.Occurrences, *found)
		}
	}
	for i := range before {
		if r := &before[i]; r.text == v.Value && r.occ != nil {
			add(r.occ)
		}
	}
	for i := range l.images {
		if a := &l.images[i]; a.Before == v.Value {
			if a.Source != nil {
				add(a.Source)
			}
			if !a.moves() {
				x.Keep = format.Compared
			}
		}
	}
	l.each(func(l *layer) {
		for _, f := range l.files {
			for i := range f.Scanned.Occurrences {
				if found := &f.Scanned.Occurrences[i]; found.Text() == v.Value {
					add(found)
				}
			}
		}
	})
	if x.Keep != "" || len(x.Occurrences) == 1 {
		x.Keep, x.Why = format.Compared, "a patch tests for this value, and the tested field does not move"
	}
	g.addGroup(x)
}
