package helm

import (
	"bytes"
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/archive"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// A reference can begin with text of a template: a registry in front of a value,
// or the default for an empty one. Such texts get markers too, so that a
// rendering shows what follows them. A short name that is text of a template gets one
// to show that it is an image, also if a value in between, such as the result of
// include and fromYaml, prints it.

const (
	// maxLiterals is the number of texts of a chart's templates that get markers.
	// A chart with more is traced without them.
	maxLiterals = 400

	// firstLiteral is the number of the first marker for a text; smaller numbers
	// are those of values.
	firstLiteral = 1 << 20

	// maxLiteralRenderings bounds the search for texts that a chart rejects
	// markers for, because a template compares them.
	maxLiteralRenderings = 24
)

// newLiterals returns markers for the texts in the templates of the chart that are
// one of hosts or, if one of hosts is Docker Hub, a short name that the chart renders
// and that is all of the value of a key image. They are sorted by file and position.
// If there are too many, all are cut.
func (t *tracer) newLiterals(hosts []string) []marker {
	var out []marker
	var short map[string]bool
	if slices.Contains(hosts, image.DockerHub) {
		short = t.shortNames()
	}
	for name, src := range t.chart.Files {
		if archive.IsPacked(name) || !strings.Contains("/"+name, "/templates/") {
			continue
		}
		for _, host := range hosts {
			for at := 0; ; {
				i := bytes.Index(src[at:], []byte(host))
				if i < 0 {
					break
				}
				i += at
				at = i + len(host)
				if isWholeHost(src, i, at) {
					out = append(out, marker{original: host, file: name, offset: i})
				}
			}
		}
		if len(short) == 0 {
			continue
		}
		for _, m := range imageLine.FindAllSubmatchIndex(src, -1) {
			if text := string(src[m[2]:m[3]]); short[text] {
				out = append(out, marker{original: text, file: name, offset: m[2]})
			}
		}
	}
	if len(out) > maxLiterals {
		t.cutTexts = len(out)
		return nil
	}
	slices.SortFunc(out, func(a, b marker) int {
		return cmp.Or(strings.Compare(a.file, b.file), cmp.Compare(a.offset, b.offset))
	})
	for i := range out {
		out[i].text, out[i].parts = markText(firstLiteral+i, out[i].original)
	}
	return out
}

// isContainer reports whether the reference is the image of a container. The key
// image of other objects may name something else, such as a disk image.
func (r *renderedRef) isContainer() bool { return containerImage.MatchString(r.field) }

var containerImage = regexp.MustCompile(`\.(?:containers|initContainers|ephemeralContainers)\[\d+\]\.image$`)

// shortNames returns the short names of containers which the chart renders.
func (t *tracer) shortNames() map[string]bool {
	names := map[string]bool{}
	for i := range t.base {
		if r, err := image.Parse(t.base[i].ref); err == nil && r.Domain == "" && t.base[i].isContainer() {
			names[t.base[i].ref] = true
		}
	}
	return names
}

// imageLine matches a line that is a key image and its value, which is group 1.
var imageLine = regexp.MustCompile(`(?m)^[ \t-]*["']?image["']?:[ \t]+["']?([^\s"']+)["']?[ \t]*\r?$`)

// isWholeHost reports whether src[start:end] is not a part of a longer name.
func isWholeHost(src []byte, start, end int) bool {
	isPart := func(c byte, more string) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte(more, c) >= 0
	}
	return (start == 0 || !isPart(src[start-1], "._/@-")) && (end == len(src) || !isPart(src[end], "._-:@"))
}

// withLiterals returns c with the markers for texts of its templates.
func withLiterals(c *Chart, markers []marker) *Chart {
	byFile := map[string][]marker{}
	for _, m := range markers {
		if m.file != "" {
			byFile[m.file] = append(byFile[m.file], m)
		}
	}
	if len(byFile) == 0 {
		return c
	}
	out := *c
	out.Files = make(map[string][]byte, len(c.Files))
	for name, src := range c.Files {
		out.Files[name] = src
	}
	for name, list := range byFile {
		var b strings.Builder
		src, at := c.Files[name], 0
		for _, m := range list { // sorted by offset
			b.Write(src[at:m.offset])
			b.WriteString(m.text)
			at = m.offset + len(m.original)
		}
		b.Write(src[at:])
		out.Files[name] = []byte(b.String())
	}
	return &out
}

// traceLiterals adds to parts which of literals the references begin with. parts
// were read from a rendering with values.
func (t *tracer) traceLiterals(parts map[string][]link.TracedPart, values, literals []marker) map[string][]link.TracedPart {
	if len(literals) == 0 {
		return parts
	}
	most := t.renderings + maxLiteralRenderings
	accepts := func(some []marker) (map[string][]link.TracedPart, bool) {
		p, why := t.renderMarkers(slices.Concat(values, some))
		return p, why == "" && len(p) >= len(parts)
	}
	if p, ok := accepts(literals); ok {
		return p
	}
	var accepted []marker
	var search func(some []marker)
	search = func(some []marker) {
		if len(some) < 2 {
			return
		}
		for _, half := range [][]marker{some[:len(some)/2], some[len(some)/2:]} {
			if t.renderings >= most {
				t.cutTexts += len(half)
				continue
			}
			if _, ok := accepts(slices.Concat(accepted, half)); ok {
				accepted = append(accepted, half...)
			} else {
				search(half)
			}
		}
	}
	search(literals)
	if p, ok := accepts(accepted); ok {
		return p
	}
	return parts
}

// fallbacks returns the references that the chart renders when the values with
// which other references begin are empty, as far as they begin with one of
// literals that no other reference shows: {{ .Values.registry | default "quay.io" }}.
func (t *tracer) fallbacks(shown []TracedRef, literals []marker) []TracedRef {
	isShown := map[[2]any]bool{}
	var empty []marker
	for _, r := range shown {
		p := r.Parts[0]
		if p.File != "" {
			isShown[[2]any{p.File, p.Offset}] = true
		} else if p.Value != nil && p.Whole {
			empty = append(empty, marker{path: p.Value})
		}
	}
	literals = slices.DeleteFunc(slices.Clone(literals), func(m marker) bool { return isShown[[2]any{m.file, m.offset}] })
	if len(literals) == 0 || len(empty) == 0 {
		return nil
	}
	one := &tracer{chart: t.chart, values: t.values, options: t.options, all: t.all, empty: empty}
	values, err := one.markedValues(nil)
	if err != nil {
		return nil
	}
	base, all, err := renderValues(one.chart, values, one.options)
	t.renderings++
	if err != nil {
		return nil
	}
	one.base, one.all = renderedRefs(&base.Rendered), all
	var refs []string
	for _, r := range one.base {
		refs = append(refs, r.ref)
	}
	parts, why := one.renderMarkers(slices.Concat(newMarkers(all, refs), literals))
	if why != "" {
		parts, why = one.renderMarkers(literals)
	}
	t.renderings += one.renderings
	var out []TracedRef
	for _, r := range one.base {
		if p := parts[r.key]; why == "" && len(p) > 0 && p[0].File != "" {
			out = append(out, TracedRef{link.TracedRef{Ref: r.ref, Template: r.template, Parts: p, IsFallback: true, Tolerant: t.options.repairs != nil}, r.object, r.field})
		}
	}
	return out
}

// markedValues returns the values with markers.
func (t *tracer) markedValues(markers []marker) (map[string]any, error) {
	values, err := mergeValues(t.values)
	if err != nil {
		return nil, err
	}
	setMarkers(values, t.all, t.empty)
	setMarkers(values, t.all, slices.DeleteFunc(slices.Clone(markers), func(m marker) bool { return m.file != "" }))
	return values, nil
}
