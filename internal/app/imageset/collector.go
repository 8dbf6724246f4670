package imageset

import (
	"bufio"
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/regmigrate/regmigrate/internal/app/prove"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/inventory"
	"github.com/regmigrate/regmigrate/pkg/link/chart"
	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/render/helm"
	"github.com/regmigrate/regmigrate/pkg/render/kustomize"
	"github.com/regmigrate/regmigrate/pkg/report"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// A Collector builds the inventory of a run.
type Collector struct {
	Flags    *session.Flags
	Session  *session.Session
	Progress *session.Progress
}

// NewInventory returns an empty inventory with the options of the run.
func (c *Collector) NewInventory() *inventory.Inventory {
	o := &c.Session.Rewrite
	return inventory.New(inventory.Options{Rules: o.Rules, Walk: o.Walk, Fields: o.Fields, Scopes: o.Scopes, Progress: c.Progress.FilesScanned})
}

// Roots are the folders of charts and of kustomizations, relative to the root of
// the run, sorted.
type Roots struct{ charts, kustomizations []string }

// RootsOf returns the roots among the files of an inventory.
func RootsOf(v *inventory.Inventory) Roots {
	return Roots{chart.Dirs(v.FamilyFiles), kustomize.Dirs(v.FamilyFiles)}
}

// AddRendered renders the charts, each with all its values files, builds the
// kustomizations, and adds the references in the output to an inventory. Those
// that fail are added to Unrendered. The result does not depend on the number of
// jobs.
func (c *Collector) AddRendered(ctx context.Context, v *inventory.Inventory, roots Roots) error {
	if len(roots.charts)+len(roots.kustomizations) == 0 {
		return nil
	}
	p, err := prove.New(&c.Flags.Render, c.Flags.Jobs, c.Progress)
	if err != nil {
		return err
	}
	defer p.Close()
	files := p.Tree(c.Session.Rewrite.Walk.Root)
	charts, err := helm.OpenTree(files, c.Session.Rewrite.Within)
	if err != nil {
		return session.Failed(fmt.Errorf("looking for charts: %w", err))
	}
	layers := kustomize.OpenTree(files)
	err = renderAll(ctx, v, roots.charts, renderJob{p, "charts rendered", func(dir string) prove.Output {
		chart := charts.Chart(dir)
		return p.Render(ctx, &chart)
	}})
	if err == nil {
		err = renderAll(ctx, v, roots.kustomizations, renderJob{p, "kustomizations built", func(dir string) prove.Output {
			return p.Build(ctx, layers, dir)
		}})
	}
	return err
}

// A renderJob renders folders of one kind.
type renderJob struct {
	prover *prove.Prover
	unit   string // for the progress line
	render func(dir string) prove.Output
}

// renderAll renders each of dirs in parallel and adds the output to v.
func renderAll(ctx context.Context, v *inventory.Inventory, dirs []string, job renderJob) error {
	next := make(chan int)
	errs := make([]error, len(dirs))
	var wg sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for range min(job.prover.Runner.Workers(), len(dirs)) {
		wg.Go(func() {
			for i := range next {
				out := job.render(dirs[i])
				errs[i] = out.Err
				if len(out.Texts) > 0 {
					v.AddRendered(out.Texts)
				}
				mu.Lock()
				done++
				job.prover.Bar.Show(fmt.Sprintf("%d of %d %s", done, len(dirs), job.unit))
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

// PrintProblems lists on standard error the inputs of an inventory that could not
// be read or rendered.
func PrintProblems(s session.Streams, v *inventory.Inventory) error {
	problems := bufio.NewWriter(s.Err)
	report.WriteInventoryProblems(problems, v)
	return problems.Flush()
}

// HasFailures reports whether an input that may contain a reference could not be
// read, or whether a limit that depends on the machine ended a rendering.
func HasFailures(v *inventory.Inventory) bool {
	hasBackstop := slices.ContainsFunc(v.Unrendered, func(f inventory.Failure) bool { return render.IsBackstop(f.Err) })
	return len(v.Failures) > 0 || hasBackstop || slices.ContainsFunc(v.Skipped, func(s walk.Skip) bool { return s.Reason == walk.Unreadable })
}
