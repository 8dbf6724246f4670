package walk

import (
	"cmp"
	"context"
	"io/fs"
	"sync"
	"sync/atomic"
)

// batch is how many entries of one folder are visited by one goroutine before
// others may take the rest: enough to make the locking cheap, few enough that
// a flat folder of large files keeps every goroutine busy.
const batch = 32

// A task is a folder to read, or, with entries, entries of it to visit.
type task struct {
	dir     *dir
	entries []fs.DirEntry
}

// A pool does tasks, which may push further ones, on a number of goroutines.
// The task pushed last is done first, so that what waits is about as much as
// the tree is deep and not as much as it is wide.
type pool struct {
	do   func(*pool, task) ([]Skip, error)
	jobs int

	stopped atomic.Bool // changes only while mu is held

	mu      sync.Mutex
	wake    *sync.Cond
	stack   []task
	pending int // tasks on the stack and in work
	err     error
	skips   []Skip
}

func newPool(jobs int, do func(*pool, task) ([]Skip, error)) *pool {
	p := &pool{do: do, jobs: jobs}
	p.wake = sync.NewCond(&p.mu)
	return p
}

// push adds tasks to be done.
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

// run returns when every task is done and no goroutine is left, or with the
// first error of a task or of ctx.
func (p *pool) run(ctx context.Context) error {
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

// stop makes the goroutines of p return after the task they are at.
func (p *pool) stop(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.stopped.Load() {
		p.stopped.Store(true)
		p.err = err
		p.wake.Broadcast()
	}
}

// halted reports whether a task that takes long should end early.
func (p *pool) halted() bool { return p.stopped.Load() }

func (p *pool) work() {
	var skips []Skip
	for {
		t, ok := p.next()
		if !ok {
			break
		}
		s, err := p.do(p, t)
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

// next takes the task pushed last. It waits while there is none but a task in
// work may still push one, and is false when there will be none.
func (p *pool) next() (task, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		if p.stopped.Load() || p.pending == 0 {
			return task{}, false
		}
		if n := len(p.stack); n > 0 {
			t := p.stack[n-1]
			p.stack[n-1] = task{} // so that its entries can be freed
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
