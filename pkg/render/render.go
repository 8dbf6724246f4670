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
// [Runner.VerifyKustomizations] does the same for kustomizations, with the
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

// DefaultKubeVersion is the version of Kubernetes that charts are told when
// nobody names one. Helm itself would say 1.20 as a library.
const DefaultKubeVersion = "v1.31.0"

// olderKubeVersions are tried one after the other for a chart that refuses
// DefaultKubeVersion in its kubeVersion, when nobody names a version.
var olderKubeVersions = [...]string{"v1.25.0", "v1.21.0", "v1.18.0", "v1.15.0", "v1.10.0"}

// A Runner runs jobs in child processes, several at a time. A child serves
// one job after another until one kills it. The zero value of each field but
// Self is its default. It is safe for use by several goroutines; Close ends
// the children.
type Runner struct {
	// Self is the command that starts the child: the program's own path and
	// ChildCommand.
	Self []string

	// Deadline is how long a rendering may take (10 seconds).
	Deadline time.Duration

	// MemoryLimit is how much memory a child may need, in bytes (512 MiB).
	MemoryLimit int64

	// MaxOutput is how much a chart may print, in bytes (64 MiB).
	MaxOutput int64

	// Jobs is how many children run at a time (one for each CPU).
	Jobs int

	pool pool
}

// limits are what a child is held to.
type limits struct {
	Deadline  time.Duration
	Memory    int64
	MaxOutput int64
}

func (r *Runner) limits() limits {
	l := limits{r.Deadline, r.MemoryLimit, r.MaxOutput}
	if l.Deadline <= 0 {
		l.Deadline = 10 * time.Second
	}
	if l.Memory <= 0 {
		l.Memory = 512 << 20
	}
	if l.MaxOutput <= 0 {
		l.MaxOutput = 64 << 20
	}
	return l
}

// Parallel is how many jobs run at a time.
func (r *Runner) Parallel() int { return r.jobs() }

func (r *Runner) jobs() int {
	if r.Jobs > 0 {
		return r.Jobs
	}
	return runtime.NumCPU()
}
