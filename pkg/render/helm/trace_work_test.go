package helm

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// TestTraceWork traces a chart whose values have 50, 100 and 200 images. The number of
// renderings must not depend on it, and what a trace allocates must not grow faster.
func TestTraceWork(t *testing.T) {
	for _, shape := range []struct{ name, line string }{
		{"equal images", "a%[1]d: {repository: k8s.gcr.io/a, tag: 1}\n"},
		{"different images", "a%[1]d: {repository: k8s.gcr.io/a%[1]d, tag: 1.%[1]d}\n"},
	} {
		t.Run(shape.name, func(t *testing.T) {
			var objects [3]uint64
			var renderings [3]int
			for _, i := range []int{0, 0, 1, 2} { // the first trace fills caches
				var values strings.Builder
				for k := range 50 << i {
					fmt.Fprintf(&values, shape.line, k)
				}
				chart := &Chart{Files: map[string][]byte{
					"Chart.yaml":       []byte("apiVersion: v2\nname: c\nversion: 1.0.0\n"),
					"values.yaml":      []byte(values.String()),
					"templates/a.yaml": []byte("{{ range $k, $v := .Values }}\n---\nkind: Pod\nmetadata: {name: {{ $k }}}\nspec: {containers: [{image: \"{{ $v.repository }}:{{ $v.tag }}\"}]}\n{{ end }}\n"),
				}}
				limits := render.Limits{Timeout: time.Hour, CPU: time.Hour, Memory: 1 << 40, MaxOutput: 1 << 30, MaxRenderings: 1000}
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				trace, err := traceChart(&renderRequest{Chart: chart}, limits)
				runtime.ReadMemStats(&after)
				if err != nil {
					t.Fatal(err)
				}
				if n := 50 << i; len(trace.Refs) != n || len(trace.Untraced) != 0 {
					t.Fatalf("expected %d references, got %d and %d that are not traced", n, len(trace.Refs), len(trace.Untraced))
				}
				objects[i], renderings[i] = after.Mallocs-before.Mallocs, trace.Renderings
			}
			if renderings[0] != renderings[1] || renderings[1] != renderings[2] {
				t.Errorf("the number of renderings depends on the number of images: %d", renderings)
			}
			first, second := objects[1]-objects[0], objects[2]-objects[1]
			if second > 23*first/10 {
				t.Errorf("the number of allocated objects grows faster than the number of images: %d", objects)
			}
			t.Logf("renderings %d, objects %d", renderings, objects)
		})
	}
}
