package render

import (
	"context"
	"fmt"
	"sync"
)

// An Incomplete is the error of a verification that ended before all verdicts
// were known. The caller gets the known verdicts with it.
type Incomplete struct {
	Missing, Total int   // the number of charts or kustomizations without a verdict, and of all
	Err            error // why: the error of the context, or of starting a child process
}

// Error returns how many verdicts are missing, and why.
func (m *Incomplete) Error() string {
	return fmt.Sprintf("%d of %d verdicts are missing: %v", m.Missing, m.Total, m.Err)
}

// Unwrap returns why verdicts are missing.
func (m *Incomplete) Unwrap() error { return m.Err }

// VerifyAll calls verify for each of dirs, for as many at a time as r runs jobs,
// and returns the verdicts in the order of dirs. It calls progress, which may be
// nil, after each verdict.
//
// When ctx is done or verify returns an error, VerifyAll calls verify for no
// further folder, and returns the known verdicts and an [Incomplete].
func (r *Runner) VerifyAll(ctx context.Context, dirs []string, progress func(done, total int, v *Verdict), verify func(dir string) (Verdict, error)) ([]Verdict, error) {
	verdicts := make([]Verdict, len(dirs))
	known := make([]bool, len(dirs))
	next := make(chan int)
	var wg sync.WaitGroup
	var mu sync.Mutex
	done := 0
	firstErr := ctx.Err()
	failed := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return firstErr != nil
	}
	for range min(r.Workers(), len(dirs)) {
		wg.Go(func() {
			for i := range next {
				v, err := verify(dirs[i])
				mu.Lock()
				if err == nil {
					verdicts[i], known[i] = v, true
					if done++; progress != nil {
						progress(done, len(dirs), &verdicts[i])
					}
				} else if firstErr == nil {
					firstErr = err
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
		return verdicts, nil
	}
	if ctx.Err() != nil {
		firstErr = ctx.Err() // the error of verify is a consequence
	}
	var out []Verdict
	for i := range verdicts {
		if known[i] {
			out = append(out, verdicts[i])
		}
	}
	return out, &Incomplete{len(dirs) - done, len(dirs), firstErr}
}
