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
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// How a child ends that watches itself. The parent turns them into words. Go's
// runtime has 2 and, with the race detector, 66.
const (
	exitProtocol  = 91 // the frames cannot be read or written
	exitMemory    = 92
	exitTimeout   = 93
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

// Child serves the jobs that a [Runner] sends until stdin ends, and returns the
// exit code. It changes settings of the whole process: call it first when the
// program is started with [ChildCommand], and exit with its result.
func Child(stdin io.Reader, stdout io.Writer, handlers Handlers) int {
	log.SetOutput(io.Discard) // Helm logs warnings
	debug.SetMaxStack(maxStack)
	refuseNetwork()
	discardStderr()
	limited := false
	for {
		var r request
		body, err := readFrame(stdin, maxFrame, &r)
		if errors.Is(err, io.EOF) {
			return 0
		}
		if err != nil {
			return exitProtocol
		}
		if !limited {
			limited = true
			limitMemory(r.Limits.Memory)
		}
		// The parent kills a child that exceeds its time. This timer ends a child
		// that has lost its parent.
		orphan := time.AfterFunc(r.Limits.Timeout+time.Second, func() { os.Exit(exitTimeout) })
		response, a := handlers.do(&r, body.Decode)
		orphan.Stop()
		a.Last = a.Last || holdsMoreThan(uint64(r.Limits.Memory)/4)
		if err := writeFrame(stdout, a, response); err != nil {
			return exitProtocol
		}
		if a.Last {
			return 0
		}
	}
}

// do calls the handler of r. A panic fails the job only: a job shares nothing
// with others.
func (h Handlers) do(r *request, decode func(any) error) (response any, a answer) {
	c := &Call{Limits: r.Limits, Decode: decode}
	defer func() {
		if p := recover(); p != nil {
			response, a = nil, answer{Err: fmt.Sprintf("rendering failed: %v", p), Last: c.Last}
		}
	}()
	handle := h[r.Kind]
	if handle == nil {
		return nil, answer{Err: fmt.Sprintf("the child process has no handler for jobs of the kind %q", r.Kind)}
	}
	response, err := handle(c)
	if err != nil {
		return nil, answer{Err: err.Error(), Last: c.Last}
	}
	return response, answer{Last: c.Last}
}

// discardStderr keeps the library of kustomize from warning on standard error, where the
// parent looks for how a child ended: Go's runtime writes there all the same.
func discardStderr() {
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

// holdsMoreThan reports whether this process holds more than most bytes, what can be
// freed aside.
func holdsMoreThan(most uint64) bool {
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
