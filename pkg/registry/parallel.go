package registry

import "context"

// forEach calls do for 0 ≤ i < n, at most jobs calls at the same time. It starts no
// new call after ctx is done.
func forEach(ctx context.Context, jobs, n int, do func(i int)) {
	next := make(chan int)
	done := make(chan struct{})
	workers := min(jobs, n)
	for range workers {
		go func() {
			for i := range next {
				do(i)
			}
			done <- struct{}{}
		}()
	}
	for i := range n {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	for range workers {
		<-done
	}
}
