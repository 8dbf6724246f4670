package walk

import (
	"cmp"
	"context"
	"io/fs"
	"sync"
	"sync/atomic"
)

// batch is the number of entries of one folder in a task: large enough to make
// locking cheap, small enough to keep all goroutines busy with one flat folder
// of large files.
const batch = 32

// A task is a folder to read, or, if entries is set, some entries of it to
// visit.
type task struct {
	dir     *dir
	entries []fs.DirEntry
}

// A pool runs tasks on several goroutines; a task may push further tasks. The
// task pushed last runs first, so that the number of waiting tasks grows with
// the depth of the tree, not with its width.
type pool struct {
	run  func(*pool, task) ([]Skip, error)
	jobs int

	stopped atomic.Bool // changes only while mu is held

	mu      sync.Mutex
	wake    *sync.Cond
	stack   []task
	pending int // number of tasks on the stack and running
	err     error
	skips   []Skip
}

func newPool(jobs int, run func(*pool, task) ([]Skip, error)) *pool {
	p := &pool{run: run, jobs: jobs}
	p.wake = sync.NewCond(&p.mu)
	return p
}

// push adds tasks.
func (p *pool) push(tasks ...task) {
	if len(tasks) == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stack = append(p.stack, tasks...)
	p.pending += len(tasks)
	if len(tasks) == 1 {
		p.wake.Signal()
	} else {
		p.wake.Broadcast()
	}
}

// wait runs all tasks and returns when they are done. It returns the first
// error of a task or of ctx. All goroutines have ended when it returns.
func (p *pool) wait(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	unwatch := context.AfterFunc(ctx, func() { p.stop(ctx.Err()) })
	defer unwatch()

	var workers sync.WaitGroup
	for range p.jobs {
		workers.Go(p.work)
	}
	workers.Wait()

	p.mu.Lock()
	defer p.mu.Unlock()
	return cmp.Or(p.err, ctx.Err())
}

// stop makes the goroutines of p return after their current task.
func (p *pool) stop(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.stopped.Load() {
		p.stopped.Store(true)
		p.err = err
		p.wake.Broadcast()
	}
}

// isStopped reports whether a task should end early.
func (p *pool) isStopped() bool { return p.stopped.Load() }

func (p *pool) work() {
	var skips []Skip
	for {
		t, ok := p.next()
		if !ok {
			break
		}
		s, err := p.run(p, t)
		skips = append(skips, s...)
		if err != nil {
			p.stop(err)
		}
		p.done()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.skips = append(p.skips, skips...)
}

// next removes and returns the task that was pushed last. If there is none, it
// waits as long as a running task may push one. It returns false if there will
// be no further task.
func (p *pool) next() (task, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		if p.stopped.Load() || p.pending == 0 {
			return task{}, false
		}
		if n := len(p.stack); n > 0 {
			t := p.stack[n-1]
			p.stack[n-1] = task{} // lets the garbage collector free its entries
			p.stack = p.stack[:n-1]
			return t, true
		}
		p.wake.Wait()
	}
}

func (p *pool) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pending--
	if p.pending == 0 {
		p.wake.Broadcast()
	}
}
