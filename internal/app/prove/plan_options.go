package prove

import (
	"context"
	"sync"

	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/render/helm"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// Use makes the plan of o depend on what the values schemas of charts reject and,
// if render is set, on what charts render.
func (p *Prover) Use(ctx context.Context, o *rewrite.Options, render bool) {
	reader := p.chartReader(o.Walk.Root)
	if render {
		o.TraceChart, o.TraceEdited = p.tracer(ctx, reader, o.Rules)
		o.TraceFurther = p.traceFurther(ctx, reader, o.Rules)
		o.MayReadValue = p.valueReads(ctx, reader)
		o.HasRemoteCharts = p.archives != nil
		o.ProveEdits = p.proveEdits(reader, o.Rules, o.AllowInsecureImages)
	}
	if p.Within == "" {
		o.Walked = func(charts, notVisited []string) {
			reader.found.Store(&helm.Found{Charts: charts, NotVisited: notVisited})
		}
	}
	o.OutsideSubcharts = sync.OnceValue(reader.outsideSubcharts)
	o.RejectedByChart = p.rejectedBySchemas(reader)
}

// valueReads returns a function for rewrite.Options.MayReadValue, which reads the
// templates of a chart once.
func (p *Prover) valueReads(ctx context.Context, reader chartReader) func(string, []string, func(string) ([]byte, bool)) (bool, error) {
	type result struct {
		reads *helm.ValueReads // nil if the chart cannot be read
		err   error
	}
	known := map[string]result{}
	return func(dir string, at []string, scanned func(path string) ([]byte, bool)) (bool, error) {
		r, ok := known[dir]
		if !ok {
			if c, err := reader.read(dir, scanned); err == nil {
				r.reads, r.err = helm.ReadValues(ctx, p.Runner, &c)
			}
			known[dir] = r
		}
		switch {
		case render.IsBackstop(r.err):
			return true, r.err
		case r.err != nil || r.reads == nil:
			return true, nil
		}
		return r.reads.MayRead(at), nil
	}
}

// rejectedBySchemas returns a function for rewrite.Options.RejectedByChart.
func (p *Prover) rejectedBySchemas(reader chartReader) func(context.Context, string, func(string) ([]byte, bool), []map[string][]byte) ([]string, []string, error) {
	return func(ctx context.Context, dir string, scanned func(path string) ([]byte, bool), changes []map[string][]byte) (rejected, unread []string, err error) {
		before, err := reader.read(dir, scanned)
		if err != nil {
			return nil, nil, err
		}
		if before.Err != nil || !before.HasSchema() {
			return make([]string, len(changes)), nil, nil
		}
		after := make([]helm.Chart, len(changes))
		for i, change := range changes {
			after[i], err = reader.read(dir, func(path string) ([]byte, bool) {
				if src, ok := change[path]; ok {
					return src, true
				}
				return scanned(path)
			})
			if err != nil {
				return nil, nil, err
			}
		}
		return helm.RejectedChanges(ctx, p.Runner, &before, after, p.capabilities)
	}
}
