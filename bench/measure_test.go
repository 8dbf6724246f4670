package bench

import (
	"bytes"
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// A contestant is one of several commands that are compared.
type contestant struct {
	name  string // of its metric: "regmigrate" gives regmigrate-ms
	args  []string
	dir   string
	codes []int  // exit codes besides 0 that are fine
	reset func() // called before each run, and not counted
}

// A usage is what a run took.
type usage struct {
	wall, cpu time.Duration
	memory    int64 // the highest resident set, in bytes; 0 where nothing says
}

// rounds is how often each contestant runs, by default.
const rounds = 9

// compare runs the contestants in turns and returns the median of each. It
// reports them in ms, as the clock and the processors count, and of every one
// how many times as long the first took.
func compare(b *testing.B, rounds int, cs ...contestant) []usage {
	b.Helper()
	all := make([][]usage, len(cs))
	for b.Loop() {
		for range rounds + 1 {
			for i, c := range cs {
				all[i] = append(all[i], c.run(b))
			}
		}
	}
	out := make([]usage, len(cs))
	for i, runs := range all {
		runs = runs[1:] // the first of each warms the caches
		out[i] = usage{
			wall:   median(runs, func(u usage) time.Duration { return u.wall }),
			cpu:    median(runs, func(u usage) time.Duration { return u.cpu }),
			memory: slices.MaxFunc(runs, func(a, b usage) int { return cmp.Compare(a.memory, b.memory) }).memory,
		}
		b.ReportMetric(float64(out[i].wall)/1e6, cs[i].name+"-ms")
		b.ReportMetric(float64(out[i].cpu)/1e6, cs[i].name+"-cpu-ms")
		if i > 0 {
			b.ReportMetric(float64(out[0].wall)/float64(out[i].wall), "x-"+cs[i].name)
			b.ReportMetric(float64(out[0].cpu)/float64(out[i].cpu), "x-"+cs[i].name+"-cpu")
		}
	}
	b.ReportMetric(0, "ns/op") // the sum of all runs, which says nothing
	return out
}

func median(runs []usage, of func(usage) time.Duration) time.Duration {
	times := make([]time.Duration, len(runs))
	for i, u := range runs {
		times[i] = of(u)
	}
	slices.Sort(times)
	return times[len(times)/2]
}

// run runs the contestant once.
func (c *contestant) run(tb testing.TB) usage {
	tb.Helper()
	if c.reset != nil {
		c.reset()
	}
	cmd := exec.Command(c.args[0], c.args[1:]...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	start := time.Now()
	err := cmd.Run()
	wall := time.Since(start)
	if err != nil && !slices.Contains(c.codes, cmd.ProcessState.ExitCode()) {
		tb.Fatalf("%q: %v\n%s", c.args, err, &stderr)
	}
	s := cmd.ProcessState
	return usage{wall, s.UserTime() + s.SystemTime(), maxRSS(s)}
}

// build builds the main package at path, which is relative to this folder, and
// returns the program.
func build(tb testing.TB, path string) string {
	tb.Helper()
	bin := filepath.Join(tb.TempDir(), "program")
	if out, err := exec.Command("go", "build", "-trimpath", "-o", bin, path).CombinedOutput(); err != nil {
		tb.Fatalf("go build %s: %v\n%s", path, err, out)
	}
	return bin
}

// tool returns the path of an installed program; without it the benchmark is
// skipped, and says so.
func tool(b *testing.B, name string) string {
	b.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		b.Skipf("*** SKIPPED: %s is not installed, so there is nothing to compare with ***", name)
	}
	return path
}
