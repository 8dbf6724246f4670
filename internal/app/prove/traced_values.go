package prove

import (
	"slices"

	"github.com/regmigrate/regmigrate/pkg/render/helm"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// A tracedValues says with which values a chart is traced, and what it prints.
type tracedValues struct {
	selected map[string]bool // by the name of the values

	printed  []string        // what the chart prints with the values so far: see helm.Trace
	repeated map[string]bool // names of the values with which it prints nothing else
	failed   map[string]bool // names of the values with which the chart does not render
	edited   bool            // the trace is one with the edits: failed is complete
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
// or a registry, and the default values. Their references are always traced.
func selectValues(chart *helm.Chart, set *rules.Set) *tracedValues {
	out := &tracedValues{selected: map[string]bool{}, repeated: map[string]bool{}, failed: map[string]bool{}}
	for _, v := range chart.Values {
		if len(v.Files) == 0 || slices.ContainsFunc(v.Files, set.MayMatch) || slices.ContainsFunc(v.Files, setsRegistry) {
			out.selected[v.Name] = true
		}
	}
	return out
}

// add records a trace with the values called name.
func (t *tracedValues) add(name string, trace *helm.Trace) {
	switch {
	case t.edited:
	case trace.IsKnown:
		t.repeated[name] = true
	default:
		t.printed = append(t.printed, trace.Printed...)
	}
}
