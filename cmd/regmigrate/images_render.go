package main

import (
	"context"
	"fmt"
	"sync"

	"github.com/regmigrate/regmigrate/pkg/inventory"
	"github.com/regmigrate/regmigrate/pkg/link/chart"
	"github.com/regmigrate/regmigrate/pkg/render/helm"
	"github.com/regmigrate/regmigrate/pkg/render/kustomize"
)

// homes are the folders of charts and of kustomizations, each list sorted.
type homes struct{ charts, layers []string }

// homesOf are those that an inventory found among the files.
func homesOf(v *inventory.Inventory) homes {
	return homes{chart.Dirs(v.FamilyFiles), kustomize.Dirs(v.FamilyFiles)}
}

// renderInto adds to an inventory what charts print, with each of their value
// sets, and what kustomizations do: as many at a time as there are jobs. The
// inventory is the same for any number of them.
func renderInto(ctx context.Context, v *inventory.Inventory, f *flags, set *setup, bar *progress, of homes) error {
	if len(of.charts)+len(of.layers) == 0 {
		return nil
	}
	p, err := newProver(&f.render, f.jobs, bar)
	if err != nil {
		return err
	}
	defer p.close()
	files := p.tree(set.options.Walk.Root)
	charts, err := helm.OpenTree(files)
	if err != nil {
		return failed(fmt.Errorf("looking for charts: %w", err))
	}
	layers := kustomize.OpenTree(files)
	err = renderEach(ctx, p, v, of.charts, "charts rendered", func(dir string) printed {
		chart := charts.Chart(dir)
		return p.printed(ctx, &chart)
	})
	if err == nil {
		err = renderEach(ctx, p, v, of.layers, "kustomizations built", func(dir string) printed { return p.built(ctx, layers, dir) })
	}
	return err
}

// each adds to v what do gives for each of dirs.
func renderEach(ctx context.Context, p *prover, v *inventory.Inventory, dirs []string, what string, do func(dir string) printed) error {
	next := make(chan int)
	errs := make([]error, len(dirs))
	var wg sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for range min(p.runner.Workers(), len(dirs)) {
		wg.Go(func() {
			for i := range next {
				x := do(dirs[i])
				errs[i] = x.err
				if len(x.texts) > 0 {
					v.AddRendered(x.texts)
				}
				mu.Lock()
				done++
				p.bar.tell(fmt.Sprintf("%d of %d %s", done, len(dirs), what))
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
