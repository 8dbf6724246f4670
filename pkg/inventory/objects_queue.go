package inventory

import (
	"cmp"
	"runtime"
	"slices"
	"sync"
)

// A queue scans the objects of a stream in parallel while the stream is read.
// For n workers, at most 2n queued objects are in memory; objects of bigFile
// bytes and more are scanned one at a time.
type queue struct {
	v    *Inventory
	next chan queuedObject
	wait sync.WaitGroup
	n    int

	mu     sync.Mutex
	big    sync.Mutex
	failed []failedObject
}

// A queuedObject is an object of a stream.
type queuedObject struct {
	n    int          // 1-based position in the stream
	size int          // in bytes
	scan func() error // adds the references to the inventory
}

type failedObject struct {
	n   int
	err error
}

func newQueue(v *Inventory) *queue {
	jobs := v.opts.Walk.Jobs
	if jobs <= 0 {
		jobs = runtime.NumCPU()
	}
	q := &queue{v: v, next: make(chan queuedObject, jobs)}
	for range jobs {
		q.wait.Go(func() {
			for x := range q.next {
				q.work(x)
			}
		})
	}
	return q
}

func (q *queue) work(x queuedObject) {
	if x.size >= bigFile {
		q.big.Lock()
		defer q.big.Unlock()
	}
	err := x.scan()
	q.v.mu.Lock()
	q.v.ScannedObjects++
	q.v.mu.Unlock()
	if err != nil {
		q.fail(x.n, err)
	}
}

// fail records that object n could not be read.
func (q *queue) fail(n int, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.failed = append(q.failed, failedObject{n, err})
}

// add queues the next object; size is in bytes.
func (q *queue) add(size int, scan func() error) {
	q.n++
	q.next <- queuedObject{q.n, size, scan}
}

// skip records that the next object could not be read.
func (q *queue) skip(err error) {
	q.n++
	q.fail(q.n, err)
}

// close waits until all objects are scanned and adds the failures to the
// inventory in the order of the stream.
func (q *queue) close() {
	close(q.next)
	q.wait.Wait()
	slices.SortFunc(q.failed, func(a, b failedObject) int { return cmp.Compare(a.n, b.n) })
	for _, f := range q.failed {
		q.v.fail(Stream, f.err)
	}
}
