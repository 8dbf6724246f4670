// Package render compares what charts and kustomizations render to before and
// after a change.
//
// [Compare] compares two renderings: the [Verdict] is proven when they differ
// in image references only, each changed exactly as a rule says. Packages helm
// and kustomize render and call it.
//
// A chart can hang or kill the program that renders it. The program therefore
// renders in child processes only: a [Runner] starts the program again with
// [ChildCommand], and the new process calls [Child]. It has limits of time,
// memory and output, an empty environment, an empty working directory and no
// network. A job that ends its child process is an error of that job alone.
//
// Package render writes no files.
package render

import (
	"runtime"
	"time"
)

// ChildCommand is the hidden first argument that starts the program as a child
// process. The program must then call [Child] and exit with its result.
const ChildCommand = "internal-render"

// A Runner runs jobs in child processes, several at a time. A child process
// runs one job after another until a job ends it. The zero value of each field
// but Self selects its default. A Runner is safe for use by several goroutines;
// Close ends the child processes.
type Runner struct {
	// Self is the command that starts a child process: the path of the program
	// and ChildCommand.
	Self []string

	// Timeout, CPULimit and MemoryLimit are backstops. They bound what a hostile
	// chart can use, and depend on the machine: a job that one of them ends has no
	// result (see [IsBackstop]).
	Timeout     time.Duration // of one job (10 minutes)
	CPULimit    time.Duration // CPU time of one job (60 seconds)
	MemoryLimit int64         // of a child process in bytes (512 MiB)

	// MaxBackstops bounds how many jobs of a run backstops may end (8). Further
	// jobs are not started.
	MaxBackstops int

	// MaxOutput and MaxRenderings are exact: they bound the same on every machine.
	MaxOutput     int64 // of one rendering in bytes (64 MiB)
	MaxRenderings int   // of one chart with markers, to find the parts of its references (100)

	// Jobs is how many child processes run at a time (one per CPU).
	Jobs int

	pool pool
}

// Limits are the limits of one job.
type Limits struct {
	Timeout       time.Duration
	CPU           time.Duration
	Memory        int64 // bytes
	MaxOutput     int64 // bytes
	MaxRenderings int
}

// Limits returns the limits of r, with its defaults.
func (r *Runner) Limits() Limits {
	l := Limits{r.Timeout, r.CPULimit, r.MemoryLimit, r.MaxOutput, r.MaxRenderings}
	if l.Timeout <= 0 {
		l.Timeout = 10 * time.Minute
	}
	if l.CPU <= 0 {
		l.CPU = time.Minute
	}
	if l.MaxRenderings <= 0 {
		l.MaxRenderings = 100
	}
	if l.Memory <= 0 {
		l.Memory = 512 << 20
	}
	if l.MaxOutput <= 0 {
		l.MaxOutput = 64 << 20
	}
	return l
}

// Workers returns how many jobs run at a time.
func (r *Runner) Workers() int {
	if r.Jobs > 0 {
		return r.Jobs
	}
	return runtime.NumCPU()
}
