// Package render renders charts and builds kustomizations before and after a
// change and says what differs.
//
// [ForCharts] finds the charts of a tree of files, and [Verify] renders each of
// them twice over, before and after, with all its value sets, and compares:
// a [Verdict] is proven when the two differ in nothing but image references,
// each changed exactly as a rule says. [Runner.TraceChart] tells which values make
// up which rendered reference, by rendering with markers in their place.
//
// A chart can hang or kill the program that renders it, so nothing is ever
// rendered in the program itself: a [Runner] starts the program again as
// `regmigrate internal-render`, which must call [Child], with a deadline, a
// limit of memory, a cap on output, an empty environment and an empty working
// folder. What kills such a child becomes an error of that one job.
//
// It does what `helm template --include-crds` does, without cluster and
// network: `lookup` finds nothing, names are not resolved, and values are not
// validated against schemas, since a schema may refer to the network or to
// files of the machine; NOTES.txt is rendered and thrown away. Capabilities
// are those of [DefaultKubeVersion] with every API that Helm knows.
//
// [Runner.Verify] does the same for kustomizations, with the
// library of kustomize, over a tree in memory that has just the files that one
// takes. A child keeps the files that it was sent, and builds one kustomization
// after the other: the library has state of the whole process.
//
// Package render decides nothing and writes nothing.
package render

import (
	"runtime"
	"time"
)

// ChildCommand is the hidden first argument with which the program must call
// [Child] and exit with what it returns.
const ChildCommand = "internal-render"

// A Runner runs jobs in child processes, several at a time. A child serves
// one job after another until one kills it. The zero value of each field but
// Self is its default. It is safe for use by several goroutines; Close ends
// the children.
type Runner struct {
	// Self is the command that starts the child: the program's own path and
	// ChildCommand.
	Self []string

	// Timeout bounds the time of one job (10 seconds).
	Timeout time.Duration

	// MemoryLimit bounds the memory of a child process in bytes (512 MiB).
	MemoryLimit int64

	// MaxOutput bounds what one job may print in bytes (64 MiB).
	MaxOutput int64

	// Jobs is how many child processes run at a time (one per CPU).
	Jobs int

	pool pool
}

// Limits are the limits of one job.
type Limits struct {
	Timeout   time.Duration
	Memory    int64 // bytes
	MaxOutput int64 // bytes
}

// Limits returns the limits of r, with its defaults.
func (r *Runner) Limits() Limits {
	l := Limits{r.Timeout, r.MemoryLimit, r.MaxOutput}
	if l.Timeout <= 0 {
		l.Timeout = 10 * time.Second
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
