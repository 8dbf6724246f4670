package prove

import (
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/render/helm"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// A TraceFunc is the type of rewrite.Options.TraceChart.
type TraceFunc = func(dir string, scanned func(path string) ([]byte, bool)) ([]link.TracedRef, error)

// Tracer returns a function that renders a chart with each of its values files and
// reports which values make up its references. Files that the run has scanned are
// taken from there, so that evidence and edits concern the same bytes. The second
// function does the same for a chart with the edits of the run. It does not render
// the values files with which the chart prints what it prints with others.
func (p *Prover) Tracer(ctx context.Context, root string, set *rules.Set) (trace, traceEdited TraceFunc) {
	return p.tracer(ctx, p.chartReader(root), set)
}

func (p *Prover) tracer(ctx context.Context, reader chartReader, set *rules.Set) (trace, traceEdited TraceFunc) {
	chartOf := func(dir string, scanned func(path string) ([]byte, bool)) (*helm.Chart, error) {
		chart, err := reader.read(dir, scanned)
		if err != nil {
			return nil, err
		}
		return &chart, chart.Err
	}
	hosts, newHosts := registriesOf(set.OldPrefixes()), registriesOf(newPrefixes(set))
	var traced sync.Map // *tracedValues, by the folder of the chart
	trace = func(dir string, scanned func(path string) ([]byte, bool)) ([]link.TracedRef, error) {
		chart, err := chartOf(dir, scanned)
		if err != nil {
			return nil, err
		}
		values := selectValues(chart, set)
		traced.Store(dir, values)
		out, err := p.traceSelected(ctx, chart, values, hosts)
		values.edited = true
		p.Bar.Show(render.Count(int(p.traced.Add(1)), "chart") + " rendered to find references")
		return out, err
	}
	traceEdited = func(dir string, edited func(path string) ([]byte, bool)) ([]link.TracedRef, error) {
		chart, err := chartOf(dir, edited)
		if err != nil {
			return nil, err
		}
		values, ok := traced.Load(dir)
		if !ok {
			return nil, fmt.Errorf("the chart in %q was not rendered before the edits", dir)
		}
		out, err := p.traceSelected(ctx, chart, values.(*tracedValues), newHosts)
		failed := (*link.TraceError)(nil)
		if errors.As(err, &failed) && failed.Backstop() == nil && len(out) > 0 {
			return out, nil // it does not render with these values before the edits either, or a reference is missing
		}
		return out, err
	}
	return trace, traceEdited
}

// newPrefixes returns the targets of the rules.
func newPrefixes(set *rules.Set) []string {
	var out []string
	for _, r := range set.Rules() {
		out = append(out, r.To)
	}
	return out
}

// registriesOf returns the registries of prefixes, in all spellings.
func registriesOf(prefixes []string) []string {
	var out []string
	for _, prefix := range prefixes {
		host, _, _ := strings.Cut(prefix, "/")
		if image.CanonicalHost(host) == image.DockerHub {
			out = append(out, image.DockerHubHosts...)
		} else {
			out = append(out, host)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// traceSelected traces a chart with the values that are selected, and then with its
// other values: a template may print them before a name that moves, whatever their
// keys are called.
func (p *Prover) traceSelected(ctx context.Context, chart *helm.Chart, values *tracedValues, hosts []string) ([]link.TracedRef, error) {
	var first, others []helm.Values
	for _, v := range chart.Values {
		switch {
		case values.selected[v.Name]:
			first = append(first, v)
		case !values.repeated[v.Name]:
			others = append(others, v)
		}
	}
	refs, err := p.traceValues(ctx, chart, values, first, hosts)
	failed := &link.TraceError{}
	if err != nil && (!errors.As(err, &failed) || failed.Backstop() != nil) {
		return refs, err
	}
	isIncomplete := len(failed.Failures) > 0 && failed.Failures[0].ValuesFile == "" && !failed.Failures[0].Incomplete
	more, err := p.traceValues(ctx, chart, values, others, hosts)
	other := &link.TraceError{}
	if err != nil && (!errors.As(err, &other) || other.Backstop() != nil) {
		return nil, err
	}
	if !isIncomplete { // else the others need not add to the messages
		failed.Failures = append(failed.Failures, other.Failures...)
	}
	refs = append(refs, more...)
	if len(failed.Failures) > 0 {
		return refs, failed
	}
	return refs, nil
}

// traceValues traces a chart with each of values. The error is a *link.TraceError
// with those with which it does not render. After a backstop, no others are tried:
// nothing in the chart moves.
func (p *Prover) traceValues(ctx context.Context, chart *helm.Chart, traced *tracedValues, values []helm.Values, hosts []string) ([]link.TracedRef, error) {
	var out []link.TracedRef
	failed := &link.TraceError{}
	for _, v := range values {
		o := helm.TraceOptions{Values: v, Capabilities: p.capabilities, Hosts: hosts}
		if !traced.selected[v.Name] && !traced.edited {
			o.Known = traced.printed
		}
		t, err := helm.TraceChart(ctx, p.Runner, chart, o)
		if err == nil {
			traced.add(v.Name, t)
		} else {
			var f link.RenderFailure
			f, t = p.traceFailed(ctx, chart, traced, o, err)
			failed.Failures = append(failed.Failures, f)
			if f.Backstop {
				return nil, failed
			}
		}
		if t.CutValues+t.CutTexts > 0 {
			failed.Failures = append(failed.Failures, link.RenderFailure{
				Chart: chart.Dir, ValuesFile: valuesFile(v.Name), Incomplete: true, Why: whyCut(t),
			})
		}
		for _, ref := range t.Refs {
			out = append(out, withValuesFile(ref.TracedRef, v.Name))
		}
		for _, u := range t.Untraced {
			ref := link.TracedRef{Ref: u.Ref, Template: u.Template, Tolerant: err != nil, Incomplete: err != nil}
			out = append(out, withValuesFile(ref, v.Name))
		}
	}
	if len(failed.Failures) > 0 {
		return out, failed
	}
	return out, nil
}

// whyCut says what the limits of a trace left out.
func whyCut(t *helm.Trace) string {
	var parts []string
	if t.CutValues > 0 {
		parts = append(parts, session.Plural(t.CutValues, "value"))
	}
	if t.CutTexts > 0 {
		parts = append(parts, session.Plural(t.CutTexts, "text")+" of templates")
	}
	return fmt.Sprintf("%d renderings did not show the use of %s", t.Renderings, strings.Join(parts, " and of "))
}

// traceFailed returns the failure of a chart that does not render because of err,
// and a tolerant trace. The trace is empty if it shows nothing.
func (p *Prover) traceFailed(ctx context.Context, chart *helm.Chart, traced *tracedValues, o helm.TraceOptions, err error) (link.RenderFailure, *helm.Trace) {
	f := link.RenderFailure{Chart: chart.Dir, ValuesFile: valuesFile(o.Values.Name), Why: err.Error(), Backstop: isBackstop(err)}
	if f.Backstop || render.IsFatal(err) || !traced.isTolerant(o.Values.Name) {
		return f, &helm.Trace{}
	}
	o.Tolerant = true
	t, err := helm.TraceChart(ctx, p.Runner, chart, o)
	if err != nil {
		// What is missing may be what ends a recursion. It has no end on any machine.
		if isBackstop(err) && !strings.HasPrefix(err.Error(), render.EndlessRecursion) {
			f.Why, f.Backstop = err.Error(), true
		}
		return f, &helm.Trace{}
	}
	f.Traced = len(t.Refs) > 0
	return f, t
}

// isBackstop reports whether nothing is known about a chart whose job returned
// err. Without a child process, nothing is known either.
func isBackstop(err error) bool { return render.IsBackstop(err) || !render.IsJobError(err) }

// mappingKey matches a key of a mapping in YAML or JSON; group 1 is the key.
var mappingKey = regexp.MustCompile(`([A-Za-z0-9_.-]+)["']?\s*:`)

// setsRegistry reports whether a values file may set a registry of images.
func setsRegistry(values []byte) bool {
	for _, m := range mappingKey.FindAllSubmatch(values, -1) {
		if format.IsRegistryKey(string(m[1])) {
			return true
		}
	}
	return false
}

// withValuesFile returns ref with the values file that it was rendered with.
func withValuesFile(ref link.TracedRef, name string) link.TracedRef {
	ref.ValuesFile = valuesFile(name)
	return ref
}

// valuesFile returns the path of the values file called name, "" for the default
// values, whose name has no extension.
func valuesFile(name string) string {
	if path.Ext(name) == "" {
		return ""
	}
	return name
}
