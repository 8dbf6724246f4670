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
	budget budget
}

// Run runs j in a child process. A job that a backstop ends in a process that ran
// other jobs before runs once more in a fresh one. It returns a [JobError] when the job failed,
// and another error when no child process could be started or ctx is done.
func (r *Runner) Run(ctx context.Context, j Job) error {
	l := r.Limits()
	if err := r.checkBudget(); err != nil {
		return err
	}
	release, err := r.acquire(ctx)
	if err != nil {
		return err
	}
	defer release()
	for again := false; ; again = true {
		c, fresh, err := r.child(again)
		if err != nil {
			return err
		}
		a, err := c.run(ctx, &j, l)
		if IsBackstop(err) && !fresh {
			continue // earlier jobs of the process may be the reason
		}
		if IsBackstop(err) {
			r.countBackstop()
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

// child returns an idle child process. It starts a fresh one if no child is idle,
// or if mustBeFresh is set.
func (r *Runner) child(mustBeFresh bool) (c *child, fresh bool, err error) {
	p := &r.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, false, errors.New("the runner is closed")
	}
	if n := len(p.idle); n > 0 && !mustBeFresh {
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
	return os.RemoveAll(folder) // a child process that was ended may have left files
}
