package prove

import (
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/render/helm"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// A tracedValues says with which values a chart is traced.
type tracedValues struct {
	set      *rules.Set
	selected map[string]bool // by the name of the values
	all      bool            // the others were needed

	failed map[string]bool // names of the values with which the chart does not render
	edited bool            // the trace is one with the edits: failed is complete
}

// isTolerant reports whether a chart that does not render with the values called
// name is traced tolerantly. With the edits, it renders as before.
func (t *tracedValues) isTolerant(name string) bool {
	if !t.edited {
		t.failed[name] = true
	}
	return t.failed[name]
}

// selectValues selects the values of a chart that may contain a reference that moves
// or a registry, and the default values.
func selectValues(chart *helm.Chart, set *rules.Set) *tracedValues {
	out := &tracedValues{set: set, selected: map[string]bool{}, failed: map[string]bool{}}
	for _, v := range chart.Values {
		if len(v.Files) == 0 || slices.ContainsFunc(v.Files, set.MayMatch) || slices.ContainsFunc(v.Files, setsRegistry) {
			out.selected[v.Name] = true
		}
	}
	return out
}

// dependsOnNames reports whether the move of one of refs changes more than a host
// that other names may follow: then each name must be known.
func (t *tracedValues) dependsOnNames(refs []link.TracedRef) bool {
	return slices.ContainsFunc(refs, func(r link.TracedRef) bool {
		parsed, err := image.Parse(r.Ref)
		if err != nil || len(r.Parts) == 0 {
			return false
		}
		first := strings.TrimSuffix(r.Parts[0].Text, "/")
		if len(first) >= len(path.Join(parsed.Domain, parsed.Path)) {
			return false // the whole name
		}
		m, ok := t.set.Match(r.Ref, rules.ShortForm)
		return ok && (strings.Contains(m.New, "/") || m.Len != len(first) || t.set.DependsOnName(first))
	})
}
