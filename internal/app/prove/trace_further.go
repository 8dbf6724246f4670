package prove

import (
	"context"

	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/render/helm"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// traceFurther returns a function for rewrite.Options.TraceFurther.
func (p *Prover) traceFurther(ctx context.Context, reader chartReader, set *rules.Set) func(string, link.TraceRequest, func(string) ([]byte, bool)) ([]link.TracedRef, error) {
	hosts := registriesOf(set.OldPrefixes())
	return func(dir string, q link.TraceRequest, scanned func(path string) ([]byte, bool)) ([]link.TracedRef, error) {
		chart, err := reader.read(dir, scanned)
		if err != nil || chart.Err != nil {
			return nil, nil // TraceChart has the error
		}
		o := helm.TraceOptions{Values: helm.Values{Name: q.Name, Files: q.Values}, Capabilities: p.capabilities, Hosts: hosts, Branches: q.Branches}
		t, err := helm.TraceChart(ctx, p.Runner, &chart, o)
		if err != nil && !q.Branches && !isBackstop(err) && !render.IsFatal(err) {
			o.Tolerant = true
			t, err = helm.TraceChart(ctx, p.Runner, &chart, o)
		}
		switch {
		case err != nil && isBackstop(err):
			return nil, &link.TraceError{Failures: []link.RenderFailure{{Chart: dir, ValuesFile: q.Name, Why: err.Error(), Backstop: true}}}
		case err != nil:
			return nil, nil
		}
		var out []link.TracedRef
		for _, ref := range t.Refs {
			ref.ValuesFile = q.Name
			out = append(out, ref.TracedRef)
		}
		return out, nil
	}
}
