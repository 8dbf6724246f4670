package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// While all live objects are small, the garbage collector runs less often than by default:
// the heap may grow to smallHeap bytes, or to maxPercent over the live objects. Larger
// heaps have Go's default, defaultPercent. docs/performance.md has what this saves.
const (
	smallHeap      = 48 << 20
	defaultPercent = 100
	maxPercent     = 400
)

// tuneCollector sets how often the garbage collector runs, and again after each of its runs.
// It does nothing if the variable GOGC of the environment has another value than Go's
// default.
func tuneCollector() {
	percent := maxPercent
	if set := debug.SetGCPercent(percent); set != defaultPercent {
		debug.SetGCPercent(set)
		return
	}
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	var watch func(*[16]byte)
	watch = func(*[16]byte) {
		metrics.Read(live)
		if p := collectorPercent(live[0].Value.Uint64()); p != percent {
			percent = p
			debug.SetGCPercent(percent)
		}
		// The object is garbage at once: its finalizer runs after the next collection.
		runtime.SetFinalizer(new([16]byte), watch)
	}
	runtime.SetFinalizer(new([16]byte), watch)
}

// collectorPercent returns by how many percent of the live bytes the heap may grow until the
// next collection.
func collectorPercent(live uint64) int {
	if live >= smallHeap/2 {
		return defaultPercent
	}
	return int(min(maxPercent, smallHeap*100/max(live, 1)-100))
}
