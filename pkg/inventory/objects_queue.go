package inventory

import (
	"cmp"
	"runtime"
	"slices"
	"sync"
)

// A queue lists the references of objects, several at a time, while a stream
// is read. Only so many objects are held as there are workers, twice over; a
// large one is worked on alone.
type queue struct {
	v    *Inventory
	next chan queuedObject
	wait sync.WaitGroup
	n    int

	mu     sync.Mutex
	big    sync.Mutex
	failed []failedObject
}

// A queuedObject is an object of a stream: its number, its size in bytes, and what
// lists its references.
type queuedObject struct {
	n, size int
	list    func() error
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
	err := x.list()
	q.v.mu.Lock()
	q.v.ScannedObjects++
	q.v.mu.Unlock()
	if err != nil {
		q.fail(x.n, err)
	}
}

// fail notes that object n could not be read.
func (q *queue) fail(n int, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.failed = append(q.failed, failedObject{n, err})
}

// add has the references of one more object listed.
func (q *queue) add(size int, list func() error) {
	q.n++
	q.next <- queuedObject{q.n, size, list}
}

// skip notes that the next object is not read.
func (q *queue) skip(err error) {
	q.n++
	q.fail(q.n, err)
}

// close waits for all of them, and notes the failures in the order of the
// stream.
func (q *queue) close() {
	close(q.next)
	q.wait.Wait()
	slices.SortFunc(q.failed, func(a, b failedObject) int { return cmp.Compare(a.n, b.n) })
	for _, f := range q.failed {
		q.v.fail(Stream, f.err)
	}
}
