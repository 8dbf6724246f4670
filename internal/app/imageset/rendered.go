package imageset

import (
	"context"
	"fmt"
	"sync"

	"github.com/regmigrate/regmigrate/internal/app/prove"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/inventory"
	"github.com/regmigrate/regmigrate/pkg/link/chart"
	"github.com/regmigrate/regmigrate/pkg/render/helm"
	"github.com/regmigrate/regmigrate/pkg/render/kustomize"
)

// Roots are the folders of charts and of kustomizations, each list sorted.
type Roots struct{ charts, Kustomizations []string }

// RootsOf are those that an inventory found among the files.
func RootsOf(v *inventory.Inventory) Roots {
	return Roots{chart.Dirs(v.FamilyFiles), kustomize.Dirs(v.FamilyFiles)}
}

// AddRendered adds to an inventory what charts print, with each of their value
// sets, and what kustomizations do: as many at a time as there are jobs. The
// inventory is the same for any number of them.
func AddRendered(ctx context.Context, v *inventory.Inventory, f *session.Flags, set *session.Session, bar *session.Progress, of Roots) error {
	if len(of.charts)+len(of.Kustomizations) == 0 {
		return nil
	}
	p, err := prove.New(&f.Render, f.Jobs, bar)
	if err != nil {
		return err
	}
	defer p.Close()
	files := p.Tree(set.Rewrite.Walk.Root)
	charts, err := helm.OpenTree(files, set.Rewrite.Within)
	if err != nil {
		return session.Failed(fmt.Errorf("looking for charts: %w", err))
	}
	layers := kustomize.OpenTree(files)
	err = renderEach(ctx, p, v, of.charts, "charts rendered", func(dir string) prove.Output {
		chart := charts.Chart(dir)
		return p.Render(ctx, &chart)
	})
	if err == nil {
		err = renderEach(ctx, p, v, of.Kustomizations, "kustomizations built", func(dir string) prove.Output { return p.Build(ctx, layers, dir) })
	}
	return err
}

// each adds to v what do gives for each of dirs.
func renderEach(ctx context.Context, p *prove.Prover, v *inventory.Inventory, dirs []string, what string, do func(dir string) prove.Output) error {
	next := make(chan int)
	errs := make([]error, len(dirs))
	var wg sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for range min(p.Runner.Workers(), len(dirs)) {
		wg.Go(func() {
			for i := range next {
				x := do(dirs[i])
				errs[i] = x.Err
				if len(x.Texts) > 0 {
					v.AddRendered(x.Texts)
				}
				mu.Lock()
				done++
				p.Bar.Show(fmt.Sprintf("%d of %d %s", done, len(dirs), what))
				mu.Unlock()
			}
		})
	}
	for i := range dirs {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	wg.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for i, err := range errs {
		if err != nil {
			v.Unrendered = append(v.Unrendered, inventory.Failure{Path: dirs[i], Err: err})
		}
	}
	return nil
}
