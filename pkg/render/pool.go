package render

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
)

// A pool holds the children that wait for a job.
type pool struct {
	mu     sync.Mutex
	slots  chan struct{} // one token for each child that may run
	idle   []*child
	folder string // an empty one, where children run
	closed bool
}

// Run runs j in a child process. It returns a [JobError] when the job failed,
// and another error when no child process could be started or ctx is done.
func (r *Runner) Run(ctx context.Context, j Job) error {
	l := r.Limits()
	free, err := r.slot(ctx)
	if err != nil {
		return err
	}
	defer free()
	for {
		c, fresh, err := r.child()
		if err != nil {
			return err
		}
		a, err := c.run(ctx, &j, l)
		if e := (*JobError)(nil); errors.As(err, &e) && e.Ended && !fresh {
			continue // it ended while it was idle; the job is not the reason
		}
		if err != nil {
			return err
		}
		if a.Last {
			c.end()
		} else {
			r.back(c)
		}
		if a.Err != "" {
			return &JobError{Text: a.Err}
		}
		return nil
	}
}

// slot waits until a child may run, and returns what gives that back.
func (r *Runner) slot(ctx context.Context) (func(), error) {
	p := &r.pool
	p.mu.Lock()
	if p.slots == nil {
		p.slots = make(chan struct{}, r.Workers())
	}
	slots := p.slots
	p.mu.Unlock()
	select {
	case slots <- struct{}{}:
		return func() { <-slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// child returns one that waits, or a fresh one.
func (r *Runner) child() (c *child, fresh bool, err error) {
	p := &r.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, false, errors.New("rendering is over: the runner was closed")
	}
	if n := len(p.idle); n > 0 {
		c, p.idle = p.idle[n-1], p.idle[:n-1]
		return c, false, nil
	}
	if p.folder == "" {
		if p.folder, err = os.MkdirTemp("", "regmigrate-render-"); err != nil {
			return nil, false, fmt.Errorf("making an empty folder to render in: %w", err)
		}
	}
	c, err = start(r.Self, p.folder, r.Limits())
	return c, true, err
}

// back returns c to those that wait.
func (r *Runner) back(c *child) {
	p := &r.pool
	p.mu.Lock()
	closed := p.closed
	if !closed {
		p.idle = append(p.idle, c)
	}
	p.mu.Unlock()
	if closed {
		c.end()
	}
}

// Close ends all children that wait; those at work end when they are done.
// The Runner cannot be used afterwards.
func (r *Runner) Close() error {
	p := &r.pool
	p.mu.Lock()
	idle, folder := p.idle, p.folder
	p.idle, p.folder, p.closed = nil, "", true
	p.mu.Unlock()
	for _, c := range idle {
		c.end()
	}
	if folder == "" {
		return nil
	}
	return os.Remove(folder)
}
