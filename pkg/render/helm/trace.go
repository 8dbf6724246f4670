package helm

import (
	"fmt"
	"strings"
	"time"

	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/render"
)

// A Trace says what the rendered references of a chart are made of. References
// are in the order of templates, objects and fields.
type Trace struct {
	Refs     []TracedRef
	Untraced []Untraced

	Renderings int // how often the chart was rendered
}

// A TracedRef is a rendered reference whose parts are known, and its place in
// the output. The texts of the parts, joined, are the reference.
type TracedRef struct {
	link.TracedRef
	Object, Field string
}

// An Untraced is a rendered reference whose parts are not known, and why.
type Untraced struct {
	Ref, Template, Object, Field string
	Why                          string
}

// traceChart is Trace in the child. All values are marked at once; if the
// chart does not take that, those that it takes.
func traceChart(c *Chart, set *Values, as Capabilities, l render.Limits) (*Trace, error) {
	values, err := mergeValues(set)
	if err != nil {
		return nil, err
	}
	how := rendering{as: as, noNotes: true, limits: l}
	base, seen, err := renderValues(c, values, how)
	if err != nil {
		return nil, err
	}
	t := &tracer{chart: c, set: set, how: how, seen: seen, base: places(&base.Rendered), renders: 1}
	if len(t.base) == 0 {
		return t.trace(nil, ""), nil
	}
	var refs []string
	for _, p := range t.base {
		refs = append(refs, p.ref)
	}
	all := candidates(seen, refs)
	made, why := t.mark(all)
	if why == "" && t.complete(made) {
		return t.trace(made, ""), nil
	}
	t.until = time.Now().Add(l.Timeout / 2)
	fit := t.fit(all)
	made, why = t.mark(fit)
	return t.trace(made, why), nil
}

// fit returns the markers that the chart takes, and notes the others: it tries
// half of them at a time, as few values are to blame.
func (t *tracer) fit(markers []marker) []marker {
	if len(markers) < 2 || time.Now().After(t.until) {
		t.unfit = append(t.unfit, markers...)
		return nil
	}
	var out []marker
	for _, half := range [][]marker{markers[:len(markers)/2], markers[len(markers)/2:]} {
		if made, why := t.mark(half); why == "" && t.complete(made) {
			out = append(out, half...)
		} else {
			out = append(out, t.fit(half)...)
		}
	}
	return out
}

// A tracer renders one chart again and again.
type tracer struct {
	chart   *Chart
	set     *Values
	how     rendering
	seen    map[string]any // the values without markers
	base    []place
	unfit   []marker // of values that the chart wants as they are
	renders int
	until   time.Time // when to stop trying
}

// A place is a reference and where it stands.
type place struct {
	template, object, field, ref string
	index                        int    // of the object in its template
	with                         int    // how many references the field has
	key                          string // the same in every rendering
}

func places(r *render.Rendered) []place {
	var out []place
	for i := range r.Texts {
		t := &r.Texts[i]
		for j := range t.Objects {
			o := &t.Objects[j]
			count := map[string]int{}
			for _, ref := range o.Refs {
				n := count[ref.Field]
				count[ref.Field]++
				key := fmt.Sprintf("%s\x00%d\x00%s\x00%d", t.Template, j, ref.Field, n)
				out = append(out, place{template: t.Template, object: o.String(), field: ref.Field, ref: ref.Text, index: j, key: key})
			}
			for k := range out {
				if out[k].template == t.Template && out[k].index == j {
					out[k].with = count[out[k].field]
				}
			}
		}
	}
	return out
}

// mark renders with markers and reads the references back: by the key of the
// place, what each is made of. It says why when the chart does not render.
func (t *tracer) mark(markers []marker) (made map[string][]link.TracedPart, why string) {
	values, err := mergeValues(t.set)
	if err != nil {
		return nil, err.Error()
	}
	for i := range markers {
		setValue(values, t.seen, &markers[i])
	}
	t.renders++
	r, _, err := renderValues(t.chart, values, t.how)
	if err != nil {
		return nil, "with markers the chart does not render: " + err.Error()
	}
	now := map[string]place{}
	for _, p := range places(&r.Rendered) {
		now[p.key] = p
	}
	made = map[string][]link.TracedPart{}
	for _, p := range t.base {
		q, ok := now[p.key]
		if !ok || q.with != p.with {
			continue
		}
		if parts := readBack(q.ref, markers); joined(parts) == p.ref {
			made[p.key] = parts
		}
	}
	return made, ""
}

// complete reports whether made has all references.
func (t *tracer) complete(made map[string][]link.TracedPart) bool { return len(made) == len(t.base) }

// trace is the result: made, and for all other references the reason why.
func (t *tracer) trace(made map[string][]link.TracedPart, why string) *Trace {
	if why == "" {
		why = "with markers the chart prints another reference here, or none"
	}
	out := &Trace{Renderings: t.renders}
	for _, p := range t.base {
		parts, ok := made[p.key]
		doubt := t.doubt(parts)
		switch {
		case !ok:
			out.Untraced = append(out.Untraced, Untraced{p.ref, p.template, p.object, p.field, why})
		case doubt != "":
			out.Untraced = append(out.Untraced, Untraced{p.ref, p.template, p.object, p.field, doubt})
		default:
			out.Refs = append(out.Refs, TracedRef{link.TracedRef{Ref: p.ref, Template: p.template, Parts: parts}, p.object, p.field})
		}
	}
	return out
}

// doubt says which value may stand in a literal and could not be asked.
func (t *tracer) doubt(parts []link.TracedPart) string {
	for _, p := range parts {
		if p.Value != nil {
			continue
		}
		for _, m := range t.unfit {
			if occurs(strings.Trim(m.old, "/"), p.Text) {
				return fmt.Sprintf("with a marker in the place of the value %s the chart does not render, or prints something else", strings.Join(m.path, "."))
			}
		}
	}
	return ""
}

// readBack takes a rendered reference with markers apart.
func readBack(ref string, markers []marker) []link.TracedPart {
	var parts []link.TracedPart
	literal := 0
	for i := 0; i < len(ref); {
		part, n := markerAt(ref[i:], markers)
		if n == 0 {
			i++
			continue
		}
		if literal < i {
			parts = append(parts, link.TracedPart{Text: ref[literal:i]})
		}
		parts = append(parts, part)
		i += n
		literal = i
	}
	if literal < len(ref) {
		parts = append(parts, link.TracedPart{Text: ref[literal:]})
	}
	return parts
}

// markerAt returns the longest marker that s begins with, and its length.
func markerAt(s string, markers []marker) (link.TracedPart, int) {
	var part link.TracedPart
	n := 0
	for _, m := range markers {
		if len(m.text) > n && strings.HasPrefix(s, m.text) {
			part, n = link.TracedPart{Text: m.old, Value: m.path, Whole: !m.inner}, len(m.text)
		}
		for _, c := range m.parts {
			if len(c.mark) > n && strings.HasPrefix(s, c.mark) {
				part, n = link.TracedPart{Text: c.text, Value: m.path}, len(c.mark)
			}
		}
	}
	return part, n
}

func joined(parts []link.TracedPart) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.Text)
	}
	return b.String()
}
