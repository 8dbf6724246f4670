package prove

import (
	"context"

	"github.com/regmigrate/regmigrate/pkg/render/helm"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// Use makes the plan of o depend on what charts render and on what their values
// schemas reject.
func (p *Prover) Use(ctx context.Context, o *rewrite.Options) {
	read := p.chartReader(o.Walk.Root)
	o.TraceChart, o.TraceEdited = p.tracer(ctx, read, o.Rules)
	o.RejectedByChart = p.rejectedBySchemas(read)
}

// rejectedBySchemas returns a function for rewrite.Options.RejectedByChart.
func (p *Prover) rejectedBySchemas(read chartReader) func(context.Context, string, func(string) ([]byte, bool), []map[string][]byte) ([]string, error) {
	return func(ctx context.Context, dir string, scanned func(path string) ([]byte, bool), changes []map[string][]byte) ([]string, error) {
		before, err := read(dir, scanned)
		if err != nil {
			return nil, err
		}
		after := make([]helm.Chart, len(changes))
		for i, change := range changes {
			after[i], err = read(dir, func(path string) ([]byte, bool) {
				if src, ok := change[path]; ok {
					return src, true
				}
				return scanned(path)
			})
			if err != nil {
				return nil, err
			}
		}
		return helm.RejectedChanges(ctx, p.Runner, &before, after, p.capabilities)
	}
}
