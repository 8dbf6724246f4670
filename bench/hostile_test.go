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

// hostile are files with n similar parts. An algorithm that compares each part with
// all others needs quadratic time for them.
var hostile = []struct {
	name, file string
	n          int
	text       func(n int) string
}{
	{"words in one line", "a.yaml", 8000, func(n int) string { return "a: " + strings.Repeat("k8s.gcr.io/pause:3.9 ", n) + "\n" }},
	{"one word", "a.txt", 8000, func(n int) string { return strings.Repeat("k8s.gcr.io/pause:3.9", n) + "\n" }},
	{"flow list", "a.yaml", 8000, func(n int) string { return "a: [" + strings.Repeat("k8s.gcr.io/pause:3.9, ", n) + "x]\n" }},
	{"lines in a block scalar", "a.yaml", 8000, func(n int) string { return "a: |\n" + strings.Repeat("  run k8s.gcr.io/pause:3.9\n", n) }},
	{"escaped string", "a.json", 8000, func(n int) string {
		return `{"a": "` + strings.Repeat(`k8s.gcr.io/pause:3.9\n`, n) + `"}`
	}},
	{"keys in one mapping", "a.yaml", 20000, func(n int) string { return "x: k8s.gcr.io/pause:3.9\n" + numbered(n, "key%d: value\n") }},
	{"images", "a.yaml", 10000, func(n int) string { return numbered(n, "k%d:\n  image: k8s.gcr.io/pause:3.9\n") }},
	{"identical comments", "a.yaml", 10000, func(n int) string { return numbered(n, "k%d: 1 # k8s.gcr.io/pause:3.9\n") }},
	{"shared registry", "values.yaml", 5000, func(n int) string {
		return "registry: k8s.gcr.io\n" + numbered(n, "k%[1]d: {repository: a%[1]d, tag: 1}\n")
	}},
	{"shared anchor", "a.yaml", 5000, func(n int) string {
		return "n: &n pause\n" + numbered(n, "k%d: {registry: k8s.gcr.io, repository: *n}\n")
	}},
	{"documents", "a.yaml", 8000, func(n int) string { return strings.Repeat("---\nimage: k8s.gcr.io/pause:3.9\n", n) }},
	{"template", "a.yaml", 5000, func(n int) string {
		return "a:\n" + numbered(n, "- image: {{ .Values.x%d | default \"k8s.gcr.io/pause:3.9\" }}\n")
	}},
	{"unterminated variables", "a.sh", 8000, func(n int) string { return strings.Repeat("k8s.gcr.io/${", n) }},
	{"stages with one ARG", "Dockerfile", 4000, func(n int) string {
		return "ARG R=k8s.gcr.io\n" + numbered(n, "FROM ${R}/pause:%d\n")
	}},
}

// numbered returns n copies of the format line with the arguments 0 to n-1.
func numbered(n int, line string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, line, i)
	}
	return b.String()
}

// BenchmarkHostile plans the hostile files with n and 4n parts. The metric x-4n is
// the ratio of the two times: about 4 for linear time, 16 for quadratic time.
func BenchmarkHostile(b *testing.B) {
	scopes, err := format.ParseScopes([]string{"all"})
	if err != nil {
		b.Fatal(err)
	}
	for _, h := range hostile {
		b.Run(h.name, func(b *testing.B) {
			var elapsed [2]time.Duration
			for b.Loop() {
				for i, n := range []int{h.n, 4 * h.n} {
					o := rewrite.Options{Walk: walk.Options{Root: b.TempDir()}, Rules: defaultRules(b), Scopes: scopes}
					if err := os.WriteFile(filepath.Join(o.Walk.Root, h.file), []byte(h.text(n)), 0o666); err != nil {
						b.Fatal(err)
					}
					start := time.Now()
					p, err := rewrite.PlanFiles(context.Background(), o)
					elapsed[i] += time.Since(start)
					if err != nil || p.Count().Mentions() == 0 {
						b.Fatalf("expected mentions, got none, error %v", err)
					}
				}
			}
			b.ReportMetric(float64(elapsed[0].Milliseconds())/float64(b.N), "n-ms")
			b.ReportMetric(float64(elapsed[1])/float64(elapsed[0]), "x-4n")
			b.ReportMetric(0, "ns/op")
		})
	}
}
