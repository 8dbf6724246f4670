package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// hostile are files of n parts that would take the square of n if something
// looked at all of them for each.
var hostile = []struct {
	name, file string
	n          int
	text       func(n int) string
}{
	{"words of one line", "a.yaml", 8000, func(n int) string { return "a: " + strings.Repeat("k8s.gcr.io/pause:3.9 ", n) + "\n" }},
	{"one word", "a.txt", 8000, func(n int) string { return strings.Repeat("k8s.gcr.io/pause:3.9", n) + "\n" }},
	{"flow list", "a.yaml", 8000, func(n int) string { return "a: [" + strings.Repeat("k8s.gcr.io/pause:3.9, ", n) + "x]\n" }},
	{"lines of a block scalar", "a.yaml", 8000, func(n int) string { return "a: |\n" + strings.Repeat("  run k8s.gcr.io/pause:3.9\n", n) }},
	{"escaped string", "a.json", 8000, func(n int) string {
		return `{"a": "` + strings.Repeat(`k8s.gcr.io/pause:3.9\n`, n) + `"}`
	}},
	{"keys of one mapping", "a.yaml", 20000, func(n int) string { return "x: k8s.gcr.io/pause:3.9\n" + numbered(n, "key%d: value\n") }},
	{"images", "a.yaml", 10000, func(n int) string { return numbered(n, "k%d:\n  image: k8s.gcr.io/pause:3.9\n") }},
	{"comments alike", "a.yaml", 10000, func(n int) string { return numbered(n, "k%d: 1 # k8s.gcr.io/pause:3.9\n") }},
	{"one registry for all", "values.yaml", 5000, func(n int) string {
		return "registry: k8s.gcr.io\n" + numbered(n, "k%[1]d: {repository: a%[1]d, tag: 1}\n")
	}},
	{"one anchored name", "a.yaml", 5000, func(n int) string {
		return "n: &n pause\n" + numbered(n, "k%d: {registry: k8s.gcr.io, repository: *n}\n")
	}},
	{"documents", "a.yaml", 8000, func(n int) string { return strings.Repeat("---\nimage: k8s.gcr.io/pause:3.9\n", n) }},
	{"template", "a.yaml", 5000, func(n int) string {
		return "a:\n" + numbered(n, "- image: {{ .Values.x%d | default \"k8s.gcr.io/pause:3.9\" }}\n")
	}},
	{"variables that do not end", "a.sh", 8000, func(n int) string { return strings.Repeat("k8s.gcr.io/${", n) }},
	{"stages of one argument", "Dockerfile", 4000, func(n int) string {
		return "ARG R=k8s.gcr.io\n" + numbered(n, "FROM ${R}/pause:%d\n")
	}},
}

func numbered(n int, line string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, line, i)
	}
	return b.String()
}

// BenchmarkHostile: planning files that are made to take long. The metric
// x-4n is how many times as long four times as many parts take: about 4 when
// all is well, 16 when something takes the square.
func BenchmarkHostile(b *testing.B) {
	scopes, err := format.ParseScopes([]string{"all"})
	if err != nil {
		b.Fatal(err)
	}
	for _, h := range hostile {
		b.Run(h.name, func(b *testing.B) {
			var took [2]time.Duration
			for b.Loop() {
				for i, n := range []int{h.n, 4 * h.n} {
					o := rewrite.Options{Walk: walk.Options{Root: b.TempDir()}, Rules: preset(b), Scopes: scopes}
					if err := os.WriteFile(filepath.Join(o.Walk.Root, h.file), []byte(h.text(n)), 0o666); err != nil {
						b.Fatal(err)
					}
					start := time.Now()
					p, err := rewrite.PlanFiles(context.Background(), o)
					took[i] += time.Since(start)
					if err != nil || p.Count().Mentions() == 0 {
						b.Fatalf("no mention was found: %v", err)
					}
				}
			}
			b.ReportMetric(float64(took[0].Milliseconds())/float64(b.N), "n-ms")
			b.ReportMetric(float64(took[1])/float64(took[0]), "x-4n")
			b.ReportMetric(0, "ns/op")
		})
	}
}
