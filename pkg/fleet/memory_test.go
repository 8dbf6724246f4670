package fleet

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
)

func readFile(t *testing.T, name string) string {
	t.Helper()
	src, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}

// A manyFindings is a report that has one file with n findings. It exists only while it is
// read.
func manyFindings(repository string, n int) io.Reader {
	head, tail, _ := strings.Cut(plan(repository, "01", "sha256:a", "@a", 0), `"findings":[`)
	one := strings.Repeat(`{"status":"rewritten","reason":"","implicit":false,"line":1,"column":1,"start":1,"end":2,"old":"k8s.gcr.io/pause:3.9","new":"registry.k8s.io/pause:3.9","scope":"manifests"},`, 1000)
	readers := []io.Reader{strings.NewReader(head + `"findings":[`)}
	for range n / 1000 {
		readers = append(readers, strings.NewReader(one))
	}
	return io.MultiReader(append(readers, strings.NewReader(tail))...)
}

// What a merge keeps does not depend on the size of the reports.
func TestMemory(t *testing.T) {
	held := func(n int) uint64 {
		var m Merger
		for i := range 10 {
			m.Read(manyFindings(fmt.Sprintf("h/o/r%d", i), n), "a.json")
		}
		runtime.GC()
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		if got := m.State(now, "").Totals.References.ToMove; got != 10*n {
			t.Fatalf("got %d references, want %d", got, 10*n)
		}
		return s.HeapAlloc
	}
	small, large := held(1000), held(100_000)
	if large > small+1<<20 {
		t.Errorf("ten reports with 100,000 findings hold %d bytes, those with 1,000 hold %d", large, small)
	}
}

func BenchmarkRead(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		var m Merger
		m.Read(manyFindings("h/o/r", 10_000), "a.json")
	}
}
