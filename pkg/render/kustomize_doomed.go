package render

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// A doom knows the layers of a tree that end every child that builds them: by
// their time, their memory or endless recursion. Thousands of overlays may lie
// over one.
type doom struct {
	mu    sync.Mutex // held while layers are tried
	why   map[string]error
	tried map[string]bool
}

// doomed returns why t need not be built, nil when it may.
func (d *doom) doomed(t *tower) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.of(t)
}

func (d *doom) of(t *tower) error {
	for _, l := range t.layers[1:] {
		if err := d.why[l.dir]; err != nil {
			return err
		}
	}
	return nil
}

// condemn looks for the layer below t that is the reason for err, which ended a
// child. It tries each layer of the tree once.
func (d *doom) condemn(ctx context.Context, p *towers, t *tower, err error) {
	ce := (*chartError)(nil)
	if !errors.Is(err, errGone) && (!errors.As(err, &ce) || !ce.fatal) {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.of(t) != nil {
		return
	}
	for i := len(t.layers) - 1; i > 0; i-- {
		l := t.layers[i]
		if l.component || d.tried[l.dir] || ctx.Err() != nil {
			continue
		}
		below, err := t.of.tower(l.dir)
		if err != nil {
			continue
		}
		if d.tried == nil {
			d.tried, d.why = map[string]bool{}, map[string]error{}
		}
		d.tried[l.dir] = true
		_, err = p.buildOnce(ctx, below, (*tower).stubs)
		if fatal := (*chartError)(nil); errors.As(err, &fatal) && fatal.fatal || errors.Is(err, errGone) {
			d.why[l.dir] = &chartError{text: fmt.Sprintf("it takes %s: %v", l.dir, err)}
			return
		}
	}
}
