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
	"sync/atomic"
	"time"
)

// Exit codes of a child process. The parent turns them into error messages. Go's
// runtime uses 2 and, with the race detector, 66.
const (
	exitProtocol  = 91 // a frame could not be read or written
	exitMemory    = 92
	exitTimeout   = 93
	exitRecursion = 94
	exitCPU       = 95
)

// maxStack bounds the stack of a goroutine in bytes. Go's default is 1 GB.
const maxStack = 128 << 20

// Sizes in bytes of the stacks of a process that show recursion without end.
// Helm stops recursion of include at a depth of 1000, which needs less than
// endlessStack. When the process exceeds its limit of memory, stacks of
// suspectStack show that recursion is the cause.
const (
	endlessStack  = 24 << 20
	suspectStack  = 1 << 20
	checkInterval = 2 * time.Millisecond
)

// Child runs the jobs that a [Runner] sends until stdin ends, and returns the
// exit code. Child changes settings of the whole process: call it first when the
// program is started with [ChildCommand], and exit with its result.
func Child(stdin io.Reader, stdout io.Writer, handlers Handlers) int {
	log.SetOutput(io.Discard) // drops the warnings of Helm
	debug.SetMaxStack(maxStack)
	refuseNetwork()
	discardStderr()
	limited := false
	var jobCPU atomic.Int64
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
			limitProcess(r.Limits.Memory, &jobCPU)
		}
		// The parent kills a child that exceeds its time. This timer ends a child
		// whose parent is gone.
		jobCPU.Store(int64(cpuTime() + r.Limits.CPU))
		orphaned := time.AfterFunc(r.Limits.Timeout+time.Second, func() { os.Exit(exitTimeout) })
		response, a := handlers.do(&r, body.Decode)
		orphaned.Stop()
		jobCPU.Store(0)
		a.Last = a.Last || usesMoreThan(uint64(r.Limits.Memory)/4)
		if err := writeFrame(stdout, a, response); err != nil {
			return exitProtocol
		}
		if a.Last {
			return 0
		}
	}
}

// do calls the handler of r. A panic fails this job only: jobs share no state.
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

// discardStderr drops the warnings of the kustomize library. The parent reads
// standard error to find out why a child ended; Go's runtime writes to the file
// descriptor and not to os.Stderr.
func discardStderr() {
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		os.Stderr = null
	}
}

// refuseNetwork makes every request and every name lookup of this process fail.
func refuseNetwork() {
	refuse := func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("charts and kustomizations are rendered without network")
	}
	http.DefaultTransport = &http.Transport{DialContext: refuse}
	http.DefaultClient = &http.Client{Transport: http.DefaultTransport}
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: refuse}
}

// limitProcess ends this process when it uses more than limit bytes, or more CPU
// time than jobCPU, in nanoseconds, 0 for no limit. A goroutine checks at
// intervals. Memory that grows faster than that is bounded by
// limitData, where the system supports it, with a higher limit, since the system
// also counts the stacks of threads and freed memory.
func limitProcess(limit int64, jobCPU *atomic.Int64) {
	debug.SetMemoryLimit(limit * 3 / 4)
	limitData(uint64(2*limit + 256<<20))
	go func() {
		for {
			time.Sleep(checkInterval)
			used, stacks := memory()
			over := used > uint64(limit)
			if stacks > endlessStack || over && stacks > suspectStack {
				os.Exit(exitRecursion)
			}
			if over {
				os.Exit(exitMemory)
			}
			if most := jobCPU.Load(); most > 0 && int64(cpuTime()) > most {
				os.Exit(exitCPU)
			}
		}
	}()
}

// usesMoreThan reports whether this process uses more than limit bytes after a
// garbage collection.
func usesMoreThan(limit uint64) bool {
	if used, _ := memory(); used <= limit {
		return false
	}
	debug.FreeOSMemory()
	used, _ := memory()
	return used > limit
}

// memory returns the memory that this process uses, and the part of its stacks,
// in bytes.
func memory() (used, stacks uint64) {
	m := []metrics.Sample{
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
		{Name: "/memory/classes/heap/stacks:bytes"},
	}
	metrics.Read(m)
	return m[0].Value.Uint64() - m[1].Value.Uint64(), m[2].Value.Uint64()
}
