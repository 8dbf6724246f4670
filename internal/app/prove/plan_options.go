package prove

import (
	"context"
	"io/fs"
	"sync"

	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/render/helm"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// Use makes the plan of o depend on what charts render and on what their values
// schemas reject.
func (p *Prover) Use(ctx context.Context, o *rewrite.Options) {
	o.TraceChart, o.TraceEdited = p.Tracer(ctx, o.Walk.Root, o.Rules)
	o.RejectedByChart = p.schemas(o.Walk.Root)
}

// schemas returns a function for rewrite.Options.RejectedByChart that reads the
// tree at root.
func (p *Prover) schemas(root string) func(context.Context, string, func(string) ([]byte, bool), []map[string][]byte) ([]string, error) {
	files := sync.OnceValue(func() fs.FS { return p.Tree(root) })
	open := sync.OnceValues(func() (*helm.Tree, error) { return helm.OpenTree(files(), p.Within) })
	return func(ctx context.Context, dir string, scanned func(path string) ([]byte, bool), changes []map[string][]byte) ([]string, error) {
		tree, err := open()
		if err != nil {
			return make([]string, len(changes)), nil // Tracer returns the error
		}
		chart := func(read func(path string) ([]byte, bool)) helm.Chart {
			return tree.WithFiles(render.OverlayFunc(files(), read)).Chart(dir)
		}
		before := chart(scanned)
		after := make([]helm.Chart, len(changes))
		for i, change := range changes {
			after[i] = chart(func(path string) ([]byte, bool) {
				if src, ok := change[path]; ok {
					return src, true
				}
				return scanned(path)
			})
		}
		return helm.RejectedChanges(ctx, p.Runner, &before, after, p.capabilities)
	}
}
