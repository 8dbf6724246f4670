package helm

import (
	"fmt"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/render"
)

// findLikely sets t.likely to the short names in other fields than image whose key
// names an image, such as builder-image of a ConfigMap. shown is the rendering without
// markers.
func (t *tracer) findLikely(shown *render.Rendered) {
	known := map[string]bool{}
	for i := range t.base {
		known[t.base[i].template+"\x00"+t.base[i].ref] = true
	}
	for _, r := range likelyRefs(shown, nil) {
		if !known[r.template+"\x00"+r.ref] {
			t.likely = append(t.likely, r)
		}
	}
}

// traceLikely returns the references of t.likely whose parts it finds. It renders the
// chart at most maxLikelyRenderings times.
func (t *tracer) traceLikely() []TracedRef {
	if len(t.likely) == 0 {
		return nil
	}
	var refs []string
	templates := map[string]bool{}
	for i := range t.likely {
		refs = append(refs, t.likely[i].ref)
		templates[t.likely[i].template] = true
	}
	parts := t.likelyParts(t.likely, newMarkers(t.all, refs), templates)
	var out []TracedRef
	for i := range t.likely {
		r := &t.likely[i]
		p := parts[r.key]
		if p == nil && i < maxLikelyRenderings-1 { // the chart does not accept all markers
			p = t.likelyParts(t.likely[i:i+1], newMarkers(t.all, refs[i:i+1]), templates)[r.key]
		}
		if p != nil {
			out = append(out, TracedRef{link.TracedRef{Ref: r.ref, Template: r.template, Parts: p, IsLikely: true}, r.object, r.field})
		}
	}
	return out
}

// maxLikelyRenderings bounds the renderings of traceLikely.
const maxLikelyRenderings = 20

// likelyParts renders the chart with markers and returns the parts of refs, by their
// keys.
func (t *tracer) likelyParts(refs []renderedRef, markers []marker, templates map[string]bool) map[string][]link.TracedPart {
	values, err := t.markedValues(markers)
	if err != nil {
		return nil
	}
	t.renderings++
	r, _, err := renderValues(withLiterals(t.chart, markers), values, t.options)
	if err != nil {
		return nil
	}
	marked := map[string]string{}
	for _, ref := range likelyRefs(&r.Rendered, templates) {
		marked[ref.key] = ref.ref
	}
	out := map[string][]link.TracedPart{}
	marks := newMarkIndex(markers)
	for i := range refs {
		if p := marks.read(marked[refs[i].key]); joinParts(p) == refs[i].ref {
			out[refs[i].key] = p
		}
	}
	return out
}

// likelyRefs returns the short names of the output whose keys name an image. If only is
// not nil, it reads the output of these templates only.
func likelyRefs(r *render.Rendered, only map[string]bool) []renderedRef {
	var out []renderedRef
	for i := range r.Texts {
		t := &r.Texts[i]
		if only != nil && !only[t.Template] {
			continue
		}
		in := format.Input{Path: "rendered.yaml", Src: []byte(t.Body)}
		scanned, err := format.Detect(in.Path, in.Src).Read(in)
		if err != nil {
			continue
		}
		count := map[string]int{}
		for j := range scanned.Occurrences {
			o := &scanned.Occurrences[j]
			if o.Keep != "" || o.Unconfirmed || len(o.Pieces) != 1 || !o.IsImage && !o.LikelyImage {
				continue
			}
			if ref, err := image.Parse(o.Text()); err != nil || ref.Domain != "" {
				continue
			}
			field := o.Field(0)
			key := fmt.Sprintf("%s\x00%s\x00%d", t.Template, field, count[field])
			count[field]++
			out = append(out, renderedRef{template: t.Template, object: o.Place.Object, field: field, ref: o.Text(), key: key})
		}
	}
	return out
}
