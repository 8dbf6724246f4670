package main

import (
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
)

func TestCollectorPercent(t *testing.T) {
	for live, want := range map[uint64]int{0: 400, 1 << 20: 400, 9 << 20: 400, 12 << 20: 300, 16 << 20: 200, 23 << 20: 108, 24 << 20: 100, 1 << 30: 100} {
		if got := collectorPercent(live); got != want {
			t.Errorf("collectorPercent(%d) = %d, want %d", live, got, want)
		}
	}
}

// TestTuneCollector checks, in a process of its own, that the setting follows the heap, and
// that GOGC has priority.
func TestTuneCollector(t *testing.T) {
	if os.Getenv("TUNE_COLLECTOR") != "" {
		tuneCollector()
		small := debug.SetGCPercent(maxPercent)
		large := make([]byte, 2*smallHeap)
		got := maxPercent
		for range 1000 { // the finalizer runs after the collection
			runtime.GC()
			got = debug.SetGCPercent(maxPercent)
			if got != maxPercent {
				break
			}
			runtime.Gosched()
		}
		runtime.KeepAlive(large)
		os.Stdout.WriteString(strings.Join([]string{"set", strconv.Itoa(small), strconv.Itoa(got), ""}, " "))
		return
	}
	for _, test := range []struct{ gogc, want string }{{"", "set 400 100 "}, {"50", "set 50 400 "}} {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestTuneCollector$")
		cmd.Env = append(os.Environ(), "TUNE_COLLECTOR=1", "GOGC="+test.gogc)
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), test.want) {
			t.Errorf("GOGC=%q: got %s (%v), want %q", test.gogc, out, err, test.want)
		}
	}
}
