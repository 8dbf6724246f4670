package render

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// probeJob is the kind of the jobs that inspect the child process.
const probeJob = "probe"

// jobsOfProcess counts the probes of this child process.
var jobsOfProcess atomic.Int32

func probe(q *string, _ Limits) (*string, error) {
	jobsOfProcess.Add(1)
	out := ""
	switch *q {
	case "environment":
		out = fmt.Sprint(os.Environ())
	case "folder":
		dir, err := os.Getwd()
		if err != nil {
			return nil, err
		}
		entries, err := os.ReadDir(dir)
		out = fmt.Sprint(dir, len(entries), err)
	case "network":
		_, err := http.Get("http://127.0.0.1:1/")
		out = fmt.Sprint(err)
	case "process":
		out = fmt.Sprint(os.Getpid())
	case "exit":
		os.Exit(7)
	case "hang":
		select {}
	case "exit unless fresh":
		if jobsOfProcess.Load() > 1 {
			os.Exit(7)
		}
		out = fmt.Sprint(os.Getpid())
	case "spin":
		for spun := 0; ; spun++ {
			runtime.Gosched()
		}
	case "use 150ms of CPU time":
		for start := cpuTime(); cpuTime() < start+150*time.Millisecond; {
			runtime.Gosched()
		}
	case "memory":
		for kept := [][]byte(nil); ; kept = append(kept, bytes.Repeat([]byte("x"), 1<<20)) {
			runtime.KeepAlive(kept)
		}
	case "output":
		out = strings.Repeat("x", 1<<20)
	}
	return &out, nil
}

// ask runs a probeJob.
func ask(ctx context.Context, r *Runner, question string) (string, error) {
	var out string
	err := r.Run(ctx, Job{Kind: probeJob, Request: &question, Response: &out})
	return out, err
}

func TestChild(t *testing.T) {
	t.Setenv("REGMIGRATE_SECRET", "do not tell")
	r := testRunner(t)
	r.Jobs = 1
	for _, tt := range []struct{ do, want, not string }{
		{"environment", "PATH=", os.Getenv("PATH")},
		{"environment", "GOMEMLIMIT=", "REGMIGRATE_SECRET"},
		{"folder", "regmigrate-render-", "err"},
		{"network", "rendered without network", "refused"},
	} {
		got, err := ask(t.Context(), r, tt.do)
		if err != nil || !strings.Contains(got, tt.want) || strings.Contains(got, tt.not) {
			t.Errorf("%s: %q, %v; want %q and not %q in it", tt.do, got, err, tt.want, tt.not)
		}
	}
}

func TestRunner(t *testing.T) {
	t.Run("a child process runs several jobs", func(t *testing.T) {
		r := testRunner(t)
		r.Jobs = 1
		first, err1 := ask(t.Context(), r, "process")
		second, err2 := ask(t.Context(), r, "process")
		if err1 != nil || err2 != nil || first != second {
			t.Errorf("%s, %s (%v, %v)", first, second, err1, err2)
		}
	})
	t.Run("the end of a child process fails its job only", func(t *testing.T) {
		r := testRunner(t)
		r.Jobs = 1
		first, err := ask(t.Context(), r, "process")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ask(t.Context(), r, "exit"); !EndsChild(err) || IsFatal(err) {
			t.Errorf("error %v", err)
		}
		second, err := ask(t.Context(), r, "process")
		if err != nil || first == second {
			t.Errorf("%s, then %s (%v)", first, second, err)
		}
	})
	t.Run("a canceled context", func(t *testing.T) {
		r := testRunner(t)
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := ask(ctx, r, "process"); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("a context canceled while a job runs", func(t *testing.T) {
		r := testRunner(t)
		ctx, cancel := context.WithCancel(context.Background())
		question := "hang"
		err := r.Run(ctx, Job{Kind: probeJob, Request: &question, Prepare: func(map[string]bool) error { cancel(); return nil }})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("no such program", func(t *testing.T) {
		r := &Runner{Self: []string{"/does/not/exist"}}
		if _, err := ask(t.Context(), r, "process"); err == nil {
			t.Error("no error")
		}
		if err := r.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	t.Run("closed", func(t *testing.T) {
		r := testRunner(t)
		if _, err := ask(t.Context(), r, "process"); err != nil {
			t.Fatal(err)
		}
		folder := r.pool.folder
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the folder is still there: %v", err)
		}
		if _, err := ask(t.Context(), r, "process"); err == nil {
			t.Error("no error")
		}
	})
}

// FuzzReadFrame checks that readFrame returns an error for invalid frames.
func FuzzReadFrame(f *testing.F) {
	var b bytes.Buffer
	if err := writeFrame(&b, answer{Err: "x"}, &Rendered{Texts: []Text{{Template: "a", Body: "b"}}}); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add(b.Bytes()[:b.Len()-1])
	f.Add(binary.BigEndian.AppendUint32(nil, 1<<31))
	f.Add([]byte{0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		var a answer
		body, err := readFrame(bytes.NewReader(data), 1<<20, &a)
		if len(data) < 4 && err == nil {
			t.Error("no error for half a length")
		}
		if len(data) == 0 && err != io.EOF {
			t.Errorf("error %v for nothing", err)
		}
		if err == nil {
			var r Rendered
			_ = body.Decode(&r)
		}
		if err == nil && len(data) < int(4+binary.BigEndian.Uint32(data)) {
			t.Error("no error for half a frame")
		}
	})
}
