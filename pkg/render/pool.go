package render

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
)

// A pool holds the child processes that have no job.
type pool struct {
	mu     sync.Mutex
	slots  chan struct{} // one token for each running job
	idle   []*child
	folder string // an empty temporary folder, the working directory of child processes
	closed bool
}

// Run runs j in a child process. It returns a [JobError] when the job failed,
// and another error when no child process could be started or ctx is done.
func (r *Runner) Run(ctx context.Context, j Job) error {
	l := r.Limits()
	release, err := r.acquire(ctx)
	if err != nil {
		return err
	}
	defer release()
	for {
		c, fresh, err := r.child()
		if err != nil {
			return err
		}
		a, err := c.run(ctx, &j, l)
		if e := (*JobError)(nil); errors.As(err, &e) && e.Ended && !fresh {
			continue // the process ended while it was idle; the job is not the reason
		}
		if err != nil {
			return err
		}
		if a.Last {
			c.end()
		} else {
			r.putBack(c)
		}
		if a.Err != "" {
			return &JobError{Text: a.Err}
		}
		return nil
	}
}

// acquire waits until another job may run. The caller calls release after the job.
func (r *Runner) acquire(ctx context.Context) (release func(), err error) {
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

// child returns an idle child process, or a fresh one when there is none.
func (r *Runner) child() (c *child, fresh bool, err error) {
	p := &r.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, false, errors.New("the runner is closed")
	}
	if n := len(p.idle); n > 0 {
		c, p.idle = p.idle[n-1], p.idle[:n-1]
		return c, false, nil
	}
	if p.folder == "" {
		if p.folder, err = os.MkdirTemp("", "regmigrate-render-"); err != nil {
			return nil, false, fmt.Errorf("making a working directory for rendering: %w", err)
		}
	}
	c, err = start(r.Self, p.folder, r.Limits())
	return c, true, err
}

// putBack returns c to the pool.
func (r *Runner) putBack(c *child) {
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

// Close ends all idle child processes; the others end after their job. The Runner
// cannot be used afterwards.
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
