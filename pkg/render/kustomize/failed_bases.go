package kustomize

import (
	"context"
	"fmt"
	"sync"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// A failedBases knows the layers of a tree that end every child that builds them: by
// their time, their memory or endless recursion. Thousands of overlays may lie
// over one.
type failedBases struct {
	mu       sync.Mutex // held while layers are tried
	failures map[string]error
	tried    map[string]bool
}

// check returns why t need not be built, nil when it may.
func (d *failedBases) check(t *overlayTree) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.failureBelow(t)
}

func (d *failedBases) failureBelow(t *overlayTree) error {
	for _, l := range t.layers[1:] {
		if err := d.failures[l.dir]; err != nil {
			return err
		}
	}
	return nil
}

// recordFailure looks for the layer below t that is the reason for err, which ended a
// child. It tries each layer of the tree once.
func (d *failedBases) recordFailure(ctx context.Context, p *comparison, t *overlayTree, err error) {
	if !render.EndsChild(err) {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.failureBelow(t) != nil {
		return
	}
	for i := len(t.layers) - 1; i > 0; i-- {
		l := t.layers[i]
		if l.component || d.tried[l.dir] || ctx.Err() != nil {
			continue
		}
		below, err := t.tree.overlayTree(l.dir)
		if err != nil {
			continue
		}
		if d.tried == nil {
			d.tried, d.failures = map[string]bool{}, map[string]error{}
		}
		d.tried[l.dir] = true
		_, err = p.buildOnce(ctx, below, (*overlayTree).withoutOmitted)
		if render.EndsChild(err) {
			d.failures[l.dir] = &render.JobError{Text: fmt.Sprintf("it takes %s: %v", l.dir, err)}
			return
		}
	}
}
