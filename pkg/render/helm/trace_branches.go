package helm

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"

	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/render"
)

// traceBranches renders the chart with other branches of its conditions than those that
// its values select, and with the sub-charts that they disable. It returns the short names
// that it prints as images, and that no branch prints after a registry. The output need
// not be YAML, so that it is read line by line.
func traceBranches(q *renderRequest, l render.Limits) (*Trace, error) {
	options := renderOptions{as: q.As, skipNotes: true, limits: l, branches: &branchChooser{}}
	t := &tracer{chart: q.Chart, values: &q.Values, options: options}
	all := map[string]any{}
	shown, err := t.renderBranches(nil, &all)
	if err != nil {
		return nil, err
	}
	t.all = all
	var short []branchRef
	hasRegistry := map[string]bool{} // names that a branch prints after a registry
	for _, r := range shown {
		ref, err := image.Parse(r.ref)
		switch {
		case err != nil:
		case ref.Domain != "":
			for p := ref.Path; p != ""; _, p, _ = strings.Cut(p, "/") {
				hasRegistry[p] = true
			}
		default:
			short = append(short, r)
		}
	}
	short = slices.DeleteFunc(short, func(r branchRef) bool {
		ref, err := image.Parse(r.ref)
		return err != nil || hasRegistry[ref.Path]
	})
	out := &Trace{}
	if len(short) == 0 {
		return out, nil
	}
	var refs []string
	for _, r := range short {
		refs = append(refs, r.ref)
	}
	markers := newMarkers(all, refs)
	t.options.branches = &branchChooser{}
	marked, err := t.renderBranches(markers, nil)
	if err != nil {
		marked = nil
	}
	byKey := map[string]string{}
	for _, r := range marked {
		byKey[r.key] = r.ref
	}
	marks := newMarkIndex(markers)
	seen := map[string]bool{}
	for _, r := range short {
		p := marks.read(byKey[r.key])
		if joinParts(p) != r.ref {
			p = nil
		}
		if id := fmt.Sprint(r.ref, p); !seen[id] {
			seen[id] = true
			out.Refs = append(out.Refs, TracedRef{TracedRef: link.TracedRef{Ref: r.ref, Template: r.template, Parts: p, Tolerant: true}})
		}
	}
	out.Renderings = t.renderings
	return out, nil
}

// A branchRef is an image that a line of the output names.
type branchRef struct {
	template, ref string
	key           string // identifies the line in both passes
}

// printedImage matches the value of a key image; group 1.
var printedImage = regexp.MustCompile(`(?m)(?:^|[\s{,"'-])image["']?:[ \t]*["']?([^\s"',}]+)`)

// renderBranches renders the chart in rounds, with markers, and returns the images that
// it prints. It sets all, unless nil, to the values that the templates got.
func (t *tracer) renderBranches(markers []marker, all *map[string]any) ([]branchRef, error) {
	var out []branchRef
	for t.options.branches.start() {
		values, err := mergeValues(t.values)
		if err != nil {
			return nil, err
		}
		setMarkers(values, t.all, slices.DeleteFunc(slices.Clone(markers), func(m marker) bool { return m.file != "" }))
		t.renderings++
		x, err := execute(t.chart, values, t.options)
		if err != nil || x.rendered.Library {
			return out, err
		}
		if all != nil {
			*all = x.values
		}
		for name, text := range manifests(x.chart, x.outputs) {
			for i, m := range printedImage.FindAllStringSubmatch(text, -1) {
				ref := strings.TrimSuffix(m[1], ":")
				out = append(out, branchRef{name, ref, fmt.Sprint(t.options.branches.round, name, i)})
			}
		}
	}
	slices.SortFunc(out, func(a, b branchRef) int { return strings.Compare(a.key, b.key) })
	return out, nil
}

// enableAll removes the conditions and tags of the dependencies of ch.
func enableAll(ch *chart.Chart) {
	eachChart(ch, "", func(_ string, c *chart.Chart) {
		if c.Metadata == nil {
			return
		}
		for _, d := range c.Metadata.Dependencies {
			if d != nil {
				d.Condition, d.Tags = "", nil
			}
		}
	})
}
