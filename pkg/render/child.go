package render

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// How a child ends that watches itself. The parent turns them into words. Go's
// runtime has 2 and, with the race detector, 66.
const (
	exitBroken    = 91 // the frames make no sense
	exitMemory    = 92
	exitDeadline  = 93
	exitRecursion = 94
)

// maxStack bounds a goroutine's stack in bytes. The limit of Go is 1 GB.
const maxStack = 128 << 20

// Stacks of deepStack bytes tell that recursion is endless: Helm ends that of
// include at a depth of 1000, which needs less. At the limit of memory, smaller
// ones tell that it is recursion that needs the memory.
const (
	deepStack     = 24 << 20
	suspectStack  = 1 << 20
	watchInterval = 2 * time.Millisecond
)

// Child serves the jobs that a [Runner] sends until stdin ends, and returns
// the exit code. It sets up the whole process for that: call it first thing
// when the program was started with [ChildCommand], and exit.
func Child(stdin io.Reader, stdout io.Writer) int {
	log.SetOutput(io.Discard) // Helm logs warnings
	debug.SetMaxStack(maxStack)
	refuseNetwork()
	quiet()
	limited := false
	store := map[string][]byte{} // files of kustomizations, by sum
	for {
		var j job
		if err := readFrame(stdin, maxFrame, &j); err != nil {
			if errors.Is(err, io.EOF) {
				return 0
			}
			return exitBroken
		}
		if !limited {
			limited = true
			limitMemory(j.Limits.Memory)
		}
		// The parent kills a child that is late; this is for when there is
		// no parent any more.
		late := time.AfterFunc(j.Limits.Deadline+time.Second, func() { os.Exit(exitDeadline) })
		a := j.do(store)
		late.Stop()
		a.Last = j.Build != nil && j.Build.Schema || full(uint64(j.Limits.Memory)/4)
		if err := writeFrame(stdout, a); err != nil {
			return exitBroken
		}
		if a.Last {
			return 0
		}
	}
}

// do does the job. A panic is an error of the job: everything it touches is
// its own.
func (j *job) do(store map[string][]byte) (a answer) {
	defer func() {
		if p := recover(); p != nil {
			a = answer{Err: fmt.Sprintf("rendering failed: %v", p)}
		}
	}()
	var err error
	switch {
	case j.Render != nil:
		a.Rendered, err = renderChart(j.Render, &j.Set, j.As, j.Keep, j.Limits)
	case j.Trace != nil:
		a.Trace, err = traceChart(j.Trace, &j.Set, j.As, j.Limits)
	case j.Build != nil:
		a.Rendered, err = j.Build.do(store, j.Limits)
	case j.Probe != nil:
		a.Probed = j.Probe.answer()
	default:
		err = errors.New("an empty job")
	}
	if err != nil {
		a.Err = err.Error()
	}
	return a
}

// quiet keeps the library of kustomize from warning on standard error, where the
// parent looks for how a child ended: Go's runtime writes there all the same.
func quiet() {
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		os.Stderr = null
	}
}

// refuseNetwork lets every request and every look-up of this process fail.
func refuseNetwork() {
	refuse := func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("there is no network for a chart")
	}
	http.DefaultTransport = &http.Transport{DialContext: refuse}
	http.DefaultClient = &http.Client{Transport: http.DefaultTransport}
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: refuse}
}

// limitMemory ends this process when it needs more than limit bytes, by
// looking again and again. What grows faster than that the system refuses,
// where it can; it counts stacks of threads and freed memory, too.
func limitMemory(limit int64) {
	debug.SetMemoryLimit(limit * 3 / 4)
	limitData(uint64(2*limit + 256<<20))
	go func() {
		for {
			time.Sleep(watchInterval)
			held, stacks := memory()
			over := held > uint64(limit)
			if stacks > deepStack || over && stacks > suspectStack {
				os.Exit(exitRecursion)
			}
			if over {
				os.Exit(exitMemory)
			}
		}
	}()
}

// full reports whether this process holds more than most bytes, what can be
// freed aside.
func full(most uint64) bool {
	if held, _ := memory(); held <= most {
		return false
	}
	debug.FreeOSMemory()
	held, _ := memory()
	return held > most
}

// memory is what this process holds, and what its stacks do, in bytes.
func memory() (held, stacks uint64) {
	m := []metrics.Sample{
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
		{Name: "/memory/classes/heap/stacks:bytes"},
	}
	metrics.Read(m)
	return m[0].Value.Uint64() - m[1].Value.Uint64(), m[2].Value.Uint64()
}

// answer says how the child is set up.
func (p *probe) answer() string {
	switch p.Do {
	case "environment":
		return fmt.Sprint(os.Environ())
	case "folder":
		dir, err := os.Getwd()
		if err != nil {
			return err.Error()
		}
		entries, err := os.ReadDir(dir)
		return fmt.Sprint(dir, len(entries), err)
	case "network":
		_, err := http.Get("http://127.0.0.1:1/")
		return fmt.Sprint(err)
	case "process":
		return fmt.Sprint(os.Getpid())
	case "exit":
		os.Exit(7)
	}
	return runtime.GOOS
}
