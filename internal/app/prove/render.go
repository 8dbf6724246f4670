package prove

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/inventory"
	"github.com/regmigrate/regmigrate/pkg/render/helm"
	"github.com/regmigrate/regmigrate/pkg/render/kustomize"
)

// An Output is the rendering of a chart or kustomization. It may be incomplete.
type Output struct {
	Texts []inventory.RenderedText
	Err   error // why the output is incomplete; nil if it is complete
}

// Build builds the kustomization in the folder dir.
func (p *Prover) Build(ctx context.Context, tree *kustomize.Tree, dir string) Output {
	var out Output
	r, omitted, err := kustomize.Build(ctx, p.Runner, tree, dir)
	if err == nil && len(omitted) > 0 {
		err = fmt.Errorf("not built, so references may be missing: %s", strings.Join(omitted, ", "))
	}
	out.Err = err
	if r != nil {
		for _, t := range r.Texts {
			out.Texts = append(out.Texts, inventory.RenderedText{Path: dir, Body: []byte(t.Body)})
		}
	}
	return out
}

// Render renders a chart with each of its values files. It returns the output of all
// renderings and the first error.
func (p *Prover) Render(ctx context.Context, chart *helm.Chart) Output {
	if chart.Err != nil {
		return Output{Err: chart.Err}
	}
	var out Output
	for _, values := range chart.Values {
		values.Files = append(slices.Clone(values.Files), p.extraValues.Files...)
		values.Set = append(slices.Clone(values.Set), p.extraValues.Set...)
		r, err := helm.Render(ctx, p.Runner, chart, values, p.capabilities)
		if err != nil {
			if out.Err == nil {
				out.Err = fmt.Errorf("with %s: %w", values.Name, err)
			}
			continue
		}
		if len(r.Missing) > 0 && out.Err == nil {
			out.Err = fmt.Errorf("not in charts/, so references may be missing: %s", strings.Join(r.Missing, ", "))
		}
		for _, t := range r.Texts {
			out.Texts = append(out.Texts, inventory.RenderedText{Path: path.Join(chart.Dir, t.Template), Body: []byte(t.Body)})
		}
	}
	return out
}
