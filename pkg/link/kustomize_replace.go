package link

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
)

// replacements looks at what a kustomization copies from field to field. What
// it copies whole arrives at the layers above; where it cuts a reference at a
// delimiter, the part that it takes must still be that part afterwards.
// Source: sigs.k8s.io/kustomize/api v0.21.2, filters/replacement.
func (g *graph) replacements(l *layer, f *File, root *syntax.Node) {
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

func (g *graph) replacement(l *layer, f *File, n *syntax.Node) {
	image := false
	mix := mixture{file: f.Path}
	for _, t := range itemsOf(n, "targets") {
		c, cut := cutOf(t)
		for _, p := range itemsOf(t, "fieldPaths") {
			isImage := strings.HasSuffix(p.Value, ".image")
			image = image || isImage
			if !cut {
				continue
			}
			at := g.fieldsAt(l, t.Field("select"), p.Value)
			if isImage {
				at = append(at, l.given()...)
				mix.add(l, c, at)
			}
			for _, o := range at {
				g.cuts(f, o, c, false)
			}
		}
	}
	var found []sighting
	if v := n.Field("sourceValue"); v != nil && v.Kind == syntax.Scalar && v.Value != "" {
		found = append(found, g.sight(f, v, nil, ".sourceValue", ""))
	}
	source := n.Field("source")
	c, cut := cutOf(source)
	at := g.fieldsAt(l, source, source.Str("fieldPath"))
	if cut && strings.HasSuffix(source.Str("fieldPath"), ".image") {
		at = append(at, l.given()...)
	}
	for _, o := range at {
		mix.of = append(mix.of, o)
		if cut {
			g.cuts(f, o, c, true)
		} else {
			found = append(found, sighting{text: o.Text(), occ: o})
		}
	}
	if mix.any || len(mix.heads)+len(mix.tails) > 0 {
		l.mixed = append(slices.Clip(l.mixed), mix)
	}
	if image {
		g.remember(f, found)
		g.arrive(l, found)
	}
}

// A mixture is what a replacement puts together out of parts of images: which
// image, is not known here, only what it may begin or end with.
type mixture struct {
	file  string               // that has the replacement
	of    []*format.Occurrence // what the parts come from
	heads []string             // what stays in front: k8s.gcr.io
	tails []string             // what stays behind a host: pause
	any   bool                 // neither is known
}

// add notes that the part c of what stands at a target, at, is replaced.
func (m *mixture) add(l *layer, c cut, at []*format.Occurrence) {
	switch {
	case c.index > 0 && (c.delimiter == ":" || c.delimiter == "@"):
		return // a tag
	case c.index > 0 && c.delimiter == "/":
		for _, o := range at {
			head, _, _ := strings.Cut(o.Text(), "/")
			m.heads = append(m.heads, head)
		}
	case c.index == 0 && c.delimiter == "/":
		for i := range l.out {
			_, tail, _ := strings.Cut(name(l.out[i].now), "/")
			m.tails = append(m.tails, tail)
		}
	default:
		m.any = true
	}
	m.of = append(m.of, at...)
}

// may reports whether the entry p may select it.
func (m *mixture) may(p *pattern) bool {
	head, tail, _ := strings.Cut(p.name, "/")
	return m.any || p.re != nil || slices.Contains(m.heads, head) || slices.Contains(m.tails, tail)
}

// given returns what gives the images that have arrived at l their names and
// does not stand in a file of resources: entries of images, patches.
func (l *layer) given() []*format.Occurrence {
	resources := map[string]bool{}
	l.each(func(l *layer) {
		for _, f := range l.files {
			resources[f.Path] = true
		}
	})
	var out []*format.Occurrence
	have := map[*format.Occurrence]bool{nil: true}
	for i := range l.out {
		if o := l.out[i].from; !have[o] && !resources[o.Pieces[0].Path] {
			have[o] = true
			out = append(out, o)
		}
	}
	return out
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

// cuts keeps o where the part that is taken of it would be another one.
func (g *graph) cuts(f *File, o *format.Occurrence, c cut, source bool) {
	m, ok := g.move(o)
	if !ok || g.survey {
		return
	}
	before := o.Text()
	old, new := strings.Split(before, c.delimiter), strings.Split(m.New+before[m.Len:], c.delimiter)
	switch {
	case len(old) == len(new):
		return
	case source && c.index >= 0 && c.index < min(len(old), len(new)) && old[c.index] == new[c.index]:
		return
	}
	g.add(Group{
		Occurrences: []format.Occurrence{*o}, Keep: format.Conflict,
		Why: fmt.Sprintf("a replacement in %s takes part %d of it, cut at %q and counted from 0, and the rule would change how many parts there are from %d to %d", f.Path, c.index, c.delimiter, len(old), len(new)),
	})
}

// fieldsAt returns the references at a field path of the objects that a
// selector names, among those of the files of l and below. It rather returns
// one too many: names may have got a prefix since.
func (g *graph) fieldsAt(l *layer, selector *syntax.Node, fieldPath string) []*format.Occurrence {
	if selector == nil || fieldPath == "" {
		return nil
	}
	var out []*format.Occurrence
	want := plainPath(fieldPath)
	l.each(func(l *layer) {
		for _, f := range l.files {
			p := g.parse(f)
			spans := make([]edit.Span, 0, len(p.occ))
			for s := range p.occ {
				spans = append(spans, s)
			}
			slices.SortFunc(spans, func(a, b edit.Span) int { return a.Start - b.Start })
			for _, s := range spans {
				o := p.occ[s]
				if plainPath(strings.TrimPrefix(o.Place.Field, ".")) == want && selectsObject(selector, o.Place.Object) {
					out = append(out, o)
				}
			}
		}
		for _, k := range l.keys {
			if k.path == want && selectsObject(selector, k.object) {
				out = append(out, k.occ)
			}
		}
	})
	return out
}

var (
	indexes = regexp.MustCompile(`\.?\[[^\]]*\]`)
	numbers = regexp.MustCompile(`\.([0-9]+|\*)(\.|$)`)
)

// plainPath returns a field path without what picks an item of a list.
func plainPath(p string) string {
	p = indexes.ReplaceAllString(p, "")
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
