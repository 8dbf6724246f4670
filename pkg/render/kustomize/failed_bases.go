package kustomize

import (
	"context"
	"fmt"
	"sync"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// failedBases records the bases that always end the child process that builds
// them, through a limit or endless recursion. Thousands of overlays can share
// such a base.
type failedBases struct {
	mu       sync.Mutex // held while bases are tried
	failures map[string]error
	tried    map[string]bool
}

// check returns an error when t contains a failed base.
func (f *failedBases) check(t *overlayTree) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failureOf(t)
}

// failureOf is check; the caller holds f.mu.
func (f *failedBases) failureOf(t *overlayTree) error {
	for _, l := range t.layers[1:] {
		if err := f.failures[l.dir]; err != nil {
			return err
		}
	}
	return nil
}

// recordFailure looks for the base of t that causes err, when err ended a child
// process. It builds each base of the tree at most once.
func (f *failedBases) recordFailure(ctx context.Context, c *comparison, t *overlayTree, err error) {
	if !render.EndsChild(err) {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failureOf(t) != nil {
		return
	}
	for i := len(t.layers) - 1; i > 0; i-- {
		l := t.layers[i]
		if l.component || f.tried[l.dir] || ctx.Err() != nil {
			continue
		}
		base, err := t.tree.overlayTree(l.dir)
		if err != nil {
			continue
		}
		if f.tried == nil {
			f.tried, f.failures = map[string]bool{}, map[string]error{}
		}
		f.tried[l.dir] = true
		_, err = c.buildOnce(ctx, base, (*overlayTree).withoutOmitted)
		if render.EndsChild(err) {
			f.failures[l.dir] = &render.JobError{Text: fmt.Sprintf("the base in %s does not build: %v", l.dir, err), Backstop: render.IsBackstop(err)}
			return
		}
	}
}
