package render

import (
	"context"
	"fmt"
	"sync"
)

// An Incomplete is the error of a verification that did not come to its end. The
// verdicts that there are were returned with it.
type Incomplete struct {
	Missing, Total int   // charts or kustomizations without a verdict, and all of them
	Err            error // why: that of the context, or that no child could be started
}

// Error says how many verdicts are missing.
func (m *Incomplete) Error() string {
	return fmt.Sprintf("%d of %d verdicts are missing: %v", m.Missing, m.Total, m.Err)
}

// Unwrap returns why verdicts are missing.
func (m *Incomplete) Unwrap() error { return m.Err }

// VerifyAll makes a verdict of each of dirs, in their order, as many at a time as
// there are jobs. It tells progress, which may be nil, of those that came to one.
//
// It begins none after ctx is over, or after one came to no verdict, and then
// returns those that there are, and an Incomplete.
func (r *Runner) VerifyAll(ctx context.Context, dirs []string, progress func(done, total int, v *Verdict), verdict func(dir string) (Verdict, error)) ([]Verdict, error) {
	out := make([]Verdict, len(dirs))
	made := make([]bool, len(dirs))
	next := make(chan int)
	var wg sync.WaitGroup
	var mu sync.Mutex
	done := 0
	first := ctx.Err() // the first error
	failed := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return first != nil
	}
	for range min(r.Workers(), len(dirs)) {
		wg.Go(func() {
			for i := range next {
				v, err := verdict(dirs[i])
				mu.Lock()
				if err == nil {
					out[i], made[i] = v, true
					if done++; progress != nil {
						progress(done, len(dirs), &out[i])
					}
				} else if first == nil {
					first = err
				}
				mu.Unlock()
			}
		})
	}
	for i := range dirs {
		if failed() {
			break
		}
		next <- i
	}
	close(next)
	wg.Wait()
	if done == len(dirs) {
		return out, nil
	}
	if ctx.Err() != nil {
		first = ctx.Err() // whatever it led to
	}
	all := out
	out = nil
	for i := range all {
		if made[i] {
			out = append(out, all[i])
		}
	}
	return out, &Incomplete{len(dirs) - done, len(dirs), first}
}
