package prove

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
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

// hidesMention reports whether a default value of the chart spells out an old name,
// and none of refs shows its use: other values may switch on what uses it.
func (t *tracedValues) hidesMention(chart *helm.Chart, refs []link.TracedRef) bool {
	src := chart.Files["values.yaml"]
	if len(t.set.Mentions(src)) == 0 {
		return false
	}
	shown := map[string]bool{}
	for i := range refs {
		for _, p := range refs[i].Parts {
			shown[strings.Join(p.Value, "\x00")] = true
		}
	}
	y, err := syntax.ParseYAML(src, nil)
	if err != nil || len(y.Docs) == 0 {
		return false
	}
	var hides func(n *syntax.Node, at []string) bool
	hides = func(n *syntax.Node, at []string) bool {
		if n == nil {
			return false
		}
		at = slices.Clip(at)
		switch n.Kind {
		case syntax.Scalar:
			return !shown[strings.Join(at, "\x00")] && len(t.set.Mentions([]byte(n.Value))) > 0
		case syntax.Mapping:
			for i := 0; i+1 < len(n.Children); i += 2 {
				if hides(n.Children[i+1], append(at, n.Children[i].Value)) {
					return true
				}
			}
		case syntax.Sequence:
			for i, item := range n.Children {
				if hides(item, append(at, "["+strconv.Itoa(i)+"]")) {
					return true
				}
			}
		}
		return false
	}
	return hides(y.Docs[0].Root, nil)
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
