package render

import "fmt"

// A budget counts the jobs of a run that a backstop ended.
type budget struct{ ended int }

// defaultMaxBackstops is the default of Runner.MaxBackstops: with the default
// limits, the jobs that backstops end take minutes and not hours.
const defaultMaxBackstops = 8

// checkBudget returns an error when backstops have ended as many jobs as the run
// allows.
func (r *Runner) checkBudget() error {
	most := r.MaxBackstops
	if most <= 0 {
		most = defaultMaxBackstops
	}
	r.pool.mu.Lock()
	defer r.pool.mu.Unlock()
	if r.pool.budget.ended < most {
		return nil
	}
	return &JobError{Text: fmt.Sprintf("not rendered: limits of time or memory ended %d other renderings of this run", most), Fatal: true, Backstop: true}
}

// countBackstop records that a backstop ended a job.
func (r *Runner) countBackstop() {
	r.pool.mu.Lock()
	defer r.pool.mu.Unlock()
	r.pool.budget.ended++
}
