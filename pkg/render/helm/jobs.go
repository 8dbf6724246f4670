package helm

import (
	"context"
	"errors"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// The kinds of jobs that package helm sends to child processes, with
// HandleRender, HandleTrace and HandleTemplate for the table of handlers.
const (
	RenderJob   = "helm render"
	TraceJob    = "helm trace"
	TemplateJob = "helm template"
)

// A renderRequest asks for what Render returns.
type renderRequest struct {
	Chart *Chart
	Set   Values
	As    Capabilities
	Keep  Versions // put in place of the chart's own
}

// HandleRender is the handler of a RenderJob.
func HandleRender(c *render.Call) (any, error) {
	return render.HandlerOf(func(q *renderRequest, l render.Limits) (*Rendered, error) {
		return renderChart(q.Chart, &q.Set, q.As, q.Keep, l)
	})(c)
}

// HandleTrace is the handler of a TraceJob.
func HandleTrace(c *render.Call) (any, error) {
	return render.HandlerOf(func(q *renderRequest, l render.Limits) (*Trace, error) {
		return traceChart(q.Chart, &q.Set, q.As, l)
	})(c)
}

// Render renders c with one set of values. The error says why it fails.
func Render(ctx context.Context, r *render.Runner, c *Chart, set Values, as Capabilities) (*Rendered, error) {
	if c.Err != nil {
		return nil, c.Err
	}
	return renderOnce(ctx, r, c, set, as, nil)
}

// renderOnce is Render with the versions to keep.
func renderOnce(ctx context.Context, r *render.Runner, c *Chart, set Values, as Capabilities, keep Versions) (*Rendered, error) {
	out := &Rendered{}
	return out, runJob(ctx, r, RenderJob, &renderRequest{c, set, as, keep}, out)
}

// TraceChart renders c with set, and again with markers in the place of the
// values that occur in a rendered reference, and reads back what each reference
// is made of. The error says why the chart does not render.
func TraceChart(ctx context.Context, r *render.Runner, c *Chart, set Values, as Capabilities) (*Trace, error) {
	if c.Err != nil {
		return nil, c.Err
	}
	out := &Trace{}
	return out, runJob(ctx, r, TraceJob, &renderRequest{Chart: c, Set: set, As: as}, out)
}

// runJob runs a job. Recursion in a chart nearly always goes through tpl: Helm
// itself bounds include and template.
func runJob(ctx context.Context, r *render.Runner, kind string, request, response any) error {
	err := r.Run(ctx, render.Job{Kind: kind, Request: request, Response: response})
	if e := (*render.JobError)(nil); errors.As(err, &e) && strings.HasPrefix(e.Text, render.EndlessRecursion) {
		return &render.JobError{Text: render.EndlessRecursion + ", most likely through tpl", Fatal: true}
	}
	return err
}
