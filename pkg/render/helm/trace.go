package helm

import (
	"fmt"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/render"
)

// A Trace lists the parts of the rendered references of a chart. References are
// in the order of templates, objects and fields.
type Trace struct {
	Refs     []TracedRef
	Untraced []Untraced

	// Printed identifies each printed reference by its text and its place.
	Printed []string
	IsKnown bool // see TraceOptions.Known

	Renderings int // how often the chart was rendered

	// CutValues and CutTexts are the numbers of values, and of texts of templates,
	// for which limits left no rendering.
	CutValues, CutTexts int
}

// A TracedRef is a rendered reference with known parts, and its object and field
// in the output. The texts of the parts, joined, are the reference.
type TracedRef struct {
	link.TracedRef
	Object, Field string
}

// An Untraced is a rendered reference with unknown parts.
type Untraced struct {
	Ref, Template, Object, Field string
	Why                          string // why the parts are unknown
}

// traceChart does the work of TraceChart in a child process. It replaces all
// values by markers at once. When that changes the output or fails, it uses only the
// markers that the chart accepts.
func traceChart(q *renderRequest, l render.Limits) (*Trace, error) {
	c, values, as := q.Chart, &q.Values, q.As
	merged, err := mergeValues(values)
	if err != nil {
		return nil, err
	}
	options := renderOptions{as: as, skipNotes: true, limits: l}
	renderings := 0
	if q.Tolerant {
		options.repairs = newRepairs()
		if err := options.repairs.find(c, values, options); err != nil {
			return nil, err
		}
		renderings = options.repairs.renderings
	}
	base, all, err := renderValues(c, merged, options)
	if err != nil {
		return nil, err
	}
	t := &tracer{chart: c, values: values, options: options, all: all, base: renderedRefs(&base.Rendered), renderings: renderings + 1}
	if q.Tolerant {
		t.findIncomplete()
	}
	if !q.Tolerant {
		t.findLikely(&base.Rendered)
	}
	if q.Known != nil && t.isKnown(q.Known) {
		return &Trace{IsKnown: true, Renderings: t.renderings}, nil
	}
	likely := t.traceLikely()
	if len(t.base) == 0 {
		return t.trace(nil, "", likely), nil
	}
	var refs []string
	for _, r := range t.base {
		refs = append(refs, r.ref)
	}
	markers := newMarkers(all, refs)
	parts, why := t.renderMarkers(markers)
	if why != "" || !t.isComplete(parts) {
		markers = t.accepted(markers)
		parts, why = t.renderMarkers(markers)
	}
	literals := t.newLiterals(q.Hosts)
	if why != "" || len(literals) == 0 {
		return t.trace(parts, why, likely), nil
	}
	out := t.trace(t.traceLiterals(parts, markers, literals), why, likely)
	out.Refs = append(out.Refs, t.fallbacks(out.Refs, literals)...)
	out.Renderings = t.renderings
	return out, nil
}

// isKnown reports whether known holds all references of the rendering without
// markers.
func (t *tracer) isKnown(known []string) bool {
	isKnown := map[string]bool{}
	for _, id := range known {
		isKnown[id] = true
	}
	isNew := func(r renderedRef) bool { return !isKnown[r.id()] }
	return !slices.ContainsFunc(t.base, isNew) && !slices.ContainsFunc(t.likely, isNew)
}

// accepted returns the markers that the chart accepts, and adds the others to
// t.rejected. It tries half of the markers at a time, since few are rejected. When
// the number of renderings reaches its limit, the remaining ones are cut: they are
// rejected untried.
func (t *tracer) accepted(markers []marker) []marker {
	isCut := len(markers) > 1 && t.renderings+2 > t.options.limits.MaxRenderings
	if isCut {
		t.cutValues += len(markers)
	}
	if len(markers) < 2 || isCut {
		t.rejected = append(t.rejected, markers...)
		return nil
	}
	var out []marker
	for _, half := range [][]marker{markers[:len(markers)/2], markers[len(markers)/2:]} {
		if parts, why := t.renderMarkers(half); why == "" && t.isComplete(parts) {
			out = append(out, half...)
		} else {
			out = append(out, t.accepted(half)...)
		}
	}
	return out
}

// A tracer renders one chart several times with markers.
type tracer struct {
	chart      *Chart
	values     *Values
	options    renderOptions
	all        map[string]any // the values that templates get without markers
	base       []renderedRef  // the references that render without markers
	likely     []renderedRef  // short names in other fields whose key names an image
	rejected   []marker
	empty      []marker // values that are empty in all renderings
	renderings int
	cutValues  int // see Trace
	cutTexts   int
}

// A renderedRef is a reference and its place in the output.
type renderedRef struct {
	template, object, field, ref string
	objectIndex                  int    // of the object in its template
	inField                      int    // the number of references in the field
	key                          string // identifies the place in every rendering
	isRegistry, incomplete       bool   // see link.TracedRef
}

// id identifies the text of the reference and its place, in all renderings of the
// chart.
func (r *renderedRef) id() string {
	return strings.Join([]string{r.template, r.object, r.field, r.ref}, "\x00")
}

func renderedRefs(r *render.Rendered) []renderedRef {
	var out []renderedRef
	for i := range r.Texts {
		t := &r.Texts[i]
		for j := range t.Objects {
			o := &t.Objects[j]
			count := map[string]int{}
			first := len(out)
			add := func(ref render.Ref, isRegistry bool) {
				n := count[ref.Field]
				count[ref.Field]++
				key := fmt.Sprintf("%s\x00%d\x00%s\x00%d", t.Template, j, ref.Field, n)
				out = append(out, renderedRef{template: t.Template, object: o.String(), field: ref.Field, ref: ref.Text, objectIndex: j, key: key, isRegistry: isRegistry})
			}
			for _, ref := range o.Refs {
				add(ref, false)
			}
			for _, ref := range o.Registries {
				add(ref, true)
			}
			for _, ref := range o.Incomplete {
				ref.Text = strings.TrimSuffix(ref.Text, ":")
				add(ref, false)
			}
			for k := first; k < len(out); k++ {
				out[k].inField = count[out[k].field]
			}
		}
	}
	return out
}

// findIncomplete sets incomplete for the references that are another text, or are
// not shown, with missingMark in place of what is missing.
func (t *tracer) findIncomplete() {
	options := t.options
	options.repairs = t.options.repairs.withMarks()
	shown := map[string]renderedRef{}
	if merged, err := mergeValues(t.values); err == nil && options.repairs.find(t.chart, t.values, options) == nil {
		if r, _, err := renderValues(t.chart, merged, options); err == nil {
			for _, ref := range renderedRefs(&r.Rendered) {
				shown[ref.key] = ref
			}
		}
	}
	t.renderings += options.repairs.renderings + 1
	for i := range t.base {
		ref := &t.base[i]
		m, ok := shown[ref.key]
		isSame := m.ref == ref.ref || strings.HasPrefix(m.ref, ref.ref+":") // the tag is missing
		ref.incomplete = !ok || !isSame || m.inField != ref.inField
	}
}

// renderMarkers renders the chart with markers, and returns the parts of each
// reference that it can read back, by the key of the reference. why says why the
// chart does not render.
func (t *tracer) renderMarkers(markers []marker) (parts map[string][]link.TracedPart, why string) {
	values, err := t.markedValues(markers)
	if err != nil {
		return nil, err.Error()
	}
	t.renderings++
	r, _, err := renderValues(withLiterals(t.chart, markers), values, t.options)
	if err != nil {
		return nil, "with markers the chart does not render: " + err.Error()
	}
	marked := map[string]renderedRef{}
	for _, ref := range renderedRefs(&r.Rendered) {
		marked[ref.key] = ref
	}
	parts = map[string][]link.TracedPart{}
	marks := newMarkIndex(markers)
	for _, ref := range t.base {
		m, ok := marked[ref.key]
		if !ok || m.inField != ref.inField {
			continue
		}
		if p := marks.read(m.ref); joinParts(p) == ref.ref {
			parts[ref.key] = p
		}
	}
	return parts, ""
}

// isComplete reports whether parts holds all references.
func (t *tracer) isComplete(parts map[string][]link.TracedPart) bool {
	return len(parts) == len(t.base)
}

// trace returns the result. why says why references that parts does not hold are
// untraced. likely is added to the references.
func (t *tracer) trace(parts map[string][]link.TracedPart, why string, likely []TracedRef) *Trace {
	if why == "" {
		why = "with markers in its values, the chart renders a different reference here, or no reference"
	}
	out := &Trace{Renderings: t.renderings, CutValues: t.cutValues, CutTexts: t.cutTexts}
	var originals []string
	for i := range t.rejected {
		originals = append(originals, strings.Trim(t.rejected[i].original, "/"))
	}
	rejected := newTextIndex(originals)
	for i, r := range t.base {
		out.Printed = append(out.Printed, t.base[i].id())
		p, ok := parts[r.key]
		if len(p) == 1 && p[0].Whole && p[0].File != "" && !r.isRegistry && !r.isContainer() {
			p[0].File, p[0].Offset, p[0].Whole = "", 0, false // a short name, which another field prints, too
		}
		uncertain := t.uncertain(p, rejected)
		switch {
		case !ok:
			out.Untraced = append(out.Untraced, Untraced{r.ref, r.template, r.object, r.field, why})
		case uncertain != "":
			out.Untraced = append(out.Untraced, Untraced{r.ref, r.template, r.object, r.field, uncertain})
		default:
			ref := link.TracedRef{Ref: r.ref, Template: r.template, Parts: p, IsRegistry: r.isRegistry, Tolerant: t.options.repairs != nil, Incomplete: r.incomplete}
			out.Refs = append(out.Refs, TracedRef{ref, r.object, r.field})
		}
	}
	for i := range t.likely {
		out.Printed = append(out.Printed, t.likely[i].id())
	}
	out.Refs = append(out.Refs, likely...)
	return out
}

// uncertain returns why the parts are not certain: a part without a value can
// come from a value whose marker the chart rejects. rejected are the texts of these
// values.
func (t *tracer) uncertain(parts []link.TracedPart, rejected *textIndex) string {
	for _, p := range parts {
		if p.Value != nil || p.File != "" {
			continue
		}
		first := len(t.rejected)
		rejected.eachPart(p.Text, func(number int) { first = min(first, number) })
		if first < len(t.rejected) {
			return fmt.Sprintf("with a marker in place of the value %s the chart does not render, or renders different references", strings.Join(t.rejected[first].path, "."))
		}
	}
	return ""
}
