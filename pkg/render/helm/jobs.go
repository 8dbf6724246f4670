package helm

import (
	"context"
	"errors"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// The kinds of the jobs of package helm, for the keys of [render.Handlers].
const (
	RenderJob   = "helm render"
	TraceJob    = "helm trace"
	TemplateJob = "helm template"
)

// A renderRequest is the request of a RenderJob or a TraceJob.
type renderRequest struct {
	Chart       *Chart
	Values      Values
	As          Capabilities
	UseVersions Versions // see renderChart; a TraceJob does not use it
	Hosts       []string // see TraceOptions
	Tolerant    bool     // see TraceOptions
	Known       []string // see TraceOptions
	Branches    bool     // see TraceOptions
}

// HandleRender is the handler of a RenderJob.
func HandleRender(c *render.Call) (any, error) {
	return render.HandlerOf(func(q *renderRequest, l render.Limits) (*Rendered, error) {
		return renderChart(q.Chart, &q.Values, q.As, q.UseVersions, l)
	})(c)
}

// HandleTrace is the handler of a TraceJob.
func HandleTrace(c *render.Call) (any, error) {
	return render.HandlerOf(func(q *renderRequest, l render.Limits) (*Trace, error) {
		if q.Branches {
			return traceBranches(q, l)
		}
		return traceChart(q, l)
	})(c)
}

// Render renders c with values. The error says why the chart does not render.
func Render(ctx context.Context, r *render.Runner, c *Chart, values Values, as Capabilities) (*Rendered, error) {
	if c.Err != nil {
		return nil, c.Err
	}
	return runRender(ctx, r, &renderRequest{Chart: c, Values: values, As: as})
}

func runRender(ctx context.Context, r *render.Runner, q *renderRequest) (*Rendered, error) {
	out := &Rendered{}
	return out, runJob(ctx, r, RenderJob, q, out)
}

// TraceChart renders c with values, and again with markers in place of the values
// that occur in rendered references. From the markers in the output, it finds the
// parts of each reference. The error says why the chart does not render.
func TraceChart(ctx context.Context, r *render.Runner, c *Chart, o TraceOptions) (*Trace, error) {
	if c.Err != nil {
		return nil, c.Err
	}
	out := &Trace{}
	return out, runJob(ctx, r, TraceJob, &renderRequest{Chart: c, Values: o.Values, As: o.Capabilities, Hosts: o.Hosts, Tolerant: o.Tolerant, Known: o.Known, Branches: o.Branches}, out)
}

// TraceOptions are the settings of TraceChart.
type TraceOptions struct {
	Values       Values
	Capabilities Capabilities

	// Hosts are the registries for which the trace shows where the templates
	// print them, and what follows.
	Hosts []string

	// Tolerant renders a chart that does not render as it is: without what is
	// missing. All references of the trace are then Tolerant.
	Tolerant bool

	// Known are the Printed of other traces of the chart. If the chart prints no
	// other reference, the trace is empty, and IsKnown. Nil: everything is traced.
	Known []string

	// Branches shows the short names that the chart prints as images with other values:
	// in branches of conditions that its values do not select, and in sub-charts that they
	// disable. All references of the trace are then Tolerant.
	Branches bool
}

// runJob runs a job. The message for endless recursion names tpl, the likely
// cause: Helm itself bounds include and template.
func runJob(ctx context.Context, r *render.Runner, kind string, request, response any) error {
	err := r.Run(ctx, render.Job{Kind: kind, Request: request, Response: response})
	if e := (*render.JobError)(nil); errors.As(err, &e) && strings.HasPrefix(e.Text, render.EndlessRecursion) {
		return &render.JobError{Text: render.EndlessRecursion + ", probably through tpl", Fatal: true, Backstop: true}
	}
	return err
}
