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

// A command is a program with arguments that compare runs and measures.
type command struct {
	name      string // the prefix of its metrics, such as regmigrate-ms
	args      []string
	dir       string
	exitCodes []int  // accepted exit codes other than 0
	prepare   func() // runs before each measured run; its time does not count
}

// A usage is the time and memory of one run.
type usage struct {
	wall, cpu time.Duration
	memory    int64 // the maximum resident set size in bytes; 0 if not measured
}

// rounds is the number of measured runs of most commands.
const rounds = 9

// compare runs the commands in turns and returns the median times and the maximum
// memory of each. It reports the elapsed time and the CPU time of each in ms, and
// for all but the first command the ratio of the first command's time to its own.
func compare(b *testing.B, rounds int, commands ...command) []usage {
	b.Helper()
	all := make([][]usage, len(commands))
	for b.Loop() {
		for range rounds + 1 {
			for i, c := range commands {
				all[i] = append(all[i], c.run(b))
			}
		}
	}
	out := make([]usage, len(commands))
	for i, runs := range all {
		runs = runs[1:] // the first run of each command fills the caches
		out[i] = usage{
			wall:   median(runs, func(u usage) time.Duration { return u.wall }),
			cpu:    median(runs, func(u usage) time.Duration { return u.cpu }),
			memory: slices.MaxFunc(runs, func(a, b usage) int { return cmp.Compare(a.memory, b.memory) }).memory,
		}
		b.ReportMetric(float64(out[i].wall)/1e6, commands[i].name+"-ms")
		b.ReportMetric(float64(out[i].cpu)/1e6, commands[i].name+"-cpu-ms")
		if i > 0 {
			b.ReportMetric(float64(out[0].wall)/float64(out[i].wall), "x-"+commands[i].name)
			b.ReportMetric(float64(out[0].cpu)/float64(out[i].cpu), "x-"+commands[i].name+"-cpu")
		}
	}
	b.ReportMetric(0, "ns/op") // the sum of all runs is of no interest
	return out
}

// median returns the median of a duration of the runs.
func median(runs []usage, of func(usage) time.Duration) time.Duration {
	times := make([]time.Duration, len(runs))
	for i, u := range runs {
		times[i] = of(u)
	}
	slices.Sort(times)
	return times[len(times)/2]
}

// run runs the command once.
func (c *command) run(tb testing.TB) usage {
	tb.Helper()
	if c.prepare != nil {
		c.prepare()
	}
	cmd := exec.Command(c.args[0], c.args[1:]...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	start := time.Now()
	err := cmd.Run()
	wall := time.Since(start)
	if err != nil && !slices.Contains(c.exitCodes, cmd.ProcessState.ExitCode()) {
		tb.Fatalf("%q: %v\n%s", c.args, err, &stderr)
	}
	s := cmd.ProcessState
	return usage{wall, s.UserTime() + s.SystemTime(), maxRSS(s)}
}

// build builds the main package at path, which is relative to this folder, and
// returns the path of the executable. Flags are those of go build.
func build(tb testing.TB, path string, flags ...string) string {
	tb.Helper()
	bin := filepath.Join(tb.TempDir(), "program")
	args := append(append([]string{"build", "-trimpath", "-o", bin}, flags...), path)
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		tb.Fatalf("go build %s: %v\n%s", path, err, out)
	}
	return bin
}

// tool returns the path of an installed program. If it is not installed, the
// benchmark is skipped.
func tool(b *testing.B, name string) string {
	b.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		b.Skipf("*** SKIPPED: %s is not installed ***", name)
	}
	return path
}
