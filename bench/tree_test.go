// Package bench measures the program from outside, beside the tools that
// people use for the same work. It has no code but its benchmarks; `make
// bench` runs them.
//
// What is compared is run in turns, A B A B, and of each the median counts:
// what else the machine does then troubles both alike. The figures are
// reported as metrics of their own (ms, ratio, MB).
package bench

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A made is a tree made for a benchmark.
type made struct {
	root      string
	mentions  map[string][]byte // the files that mention the old name, by path
	files     int
	bytes     int64
	documents int
}

// makeTree writes n files that look like those of a repository of manifests,
// the same ones every time: YAML of one or several documents, some JSON,
// Markdown and Go, most of size[0] to size[1] bytes, one in a hundred ten
// times as large. One in every nth mentions k8s.gcr.io; 0 means none.
func makeTree(tb testing.TB, n, nth int, size [2]int) made {
	tb.Helper()
	t := made{root: tb.TempDir(), mentions: map[string][]byte{}, files: n}
	for i := range n {
		if i%200 == 0 {
			if err := os.MkdirAll(filepath.Join(t.root, fmt.Sprintf("apps/team-%03d/base", i/200)), 0o777); err != nil {
				tb.Fatal(err)
			}
		}
		r := rand.New(rand.NewPCG(uint64(i), 1))
		want := size[0] + r.IntN(size[1]-size[0])
		if r.IntN(100) == 0 {
			want *= 10
		}
		old := nth > 0 && i%nth == nth/2
		ext, text := content(r, i, want, old)
		name := filepath.Join(t.root, fmt.Sprintf("apps/team-%03d/base/app-%05d%s", i/200, i, ext))
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			tb.Fatal(err)
		}
		if old {
			t.mentions[name] = []byte(text)
		}
		t.bytes += int64(len(text))
		t.documents += 1 + strings.Count(text, "\n---\n")
	}
	return t
}

// restore writes the files that a run has changed as they were.
func (t made) restore(tb testing.TB) {
	tb.Helper()
	for name, data := range t.mentions {
		if err := os.WriteFile(name, data, 0o666); err != nil {
			tb.Fatal(err)
		}
	}
}

// content makes a file of about size bytes; old says that it mentions the old
// name, in one place.
func content(r *rand.Rand, i, size int, old bool) (ext, text string) {
	image := fmt.Sprintf("registry.k8s.io/team/app-%d:v1.%d.0", i, r.IntN(40))
	if old {
		image = fmt.Sprintf("k8s.gcr.io/team/app-%d:v1.%d.0", i, r.IntN(40))
	}
	var b strings.Builder
	kind := r.IntN(20)
	if old {
		kind = 19 // a manifest, so that there is something to rewrite
	}
	switch kind {
	case 0:
		fmt.Fprintf(&b, "# App %d\n\nIts image is %s.\n", i, image)
		for b.Len() < size {
			fmt.Fprintf(&b, "\n## Step %d\n\nApply the manifest. Then wait until version 1.%d is there, e.g. with kubectl.\n", b.Len(), r.IntN(90))
		}
		return ".md", b.String()
	case 1:
		fmt.Fprintf(&b, "{\n  \"image\": %q,\n  \"items\": [\n", image)
		for b.Len() < size {
			fmt.Fprintf(&b, "    {\"name\": \"item-%d\", \"host\": \"a%d.corp.example\", \"port\": %d},\n", b.Len(), r.IntN(1000), r.IntN(65536))
		}
		b.WriteString("    {}\n  ]\n}\n")
		return ".json", b.String()
	case 2:
		fmt.Fprintf(&b, "package app%d\n\nconst image = %q\n", i, image)
		for b.Len() < size {
			fmt.Fprintf(&b, "\nfunc f%d(ctx context.Context) error { return errors.New(\"step %d of strings.Builder\") }\n", b.Len(), r.IntN(100))
		}
		return ".go", b.String()
	}
	b.WriteString(manifest(r, i, image))
	for b.Len() < size {
		b.WriteString("---\n")
		if r.IntN(3) == 0 {
			b.WriteString(configMap(r, b.Len()))
		} else {
			b.WriteString(manifest(r, b.Len(), fmt.Sprintf("registry.k8s.io/team/sidecar:1.%d", r.IntN(30))))
		}
	}
	return ".yaml", b.String()
}

func manifest(r *rand.Rand, i int, image string) string {
	return fmt.Sprintf(`apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-%d
  labels:
    app.kubernetes.io/name: app-%[1]d
    app.kubernetes.io/version: "1.%d"
spec:
  replicas: %d
  selector:
    matchLabels: {app.kubernetes.io/name: app-%[1]d}
  template:
    spec:
      containers:
      - name: app
        image: %[4]s # pinned by the team
        args: ["--listen=:8080", "--log.level=info", "--upstream=http://db-%[1]d.data.svc:5432"]
        env:
        - {name: REGION, value: eu-central-%[2]d}
        - name: POD_NAME
          valueFrom:
            fieldRef:
              fieldPath: metadata.name
        resources:
          limits: {cpu: %[3]dm, memory: 128Mi}
`, i, r.IntN(30), 1+r.IntN(9), image)
}

func configMap(r *rand.Rand, i int) string {
	return fmt.Sprintf(`apiVersion: v1
kind: ConfigMap
metadata:
  name: settings-%d
data:
  server.properties: |
    listen.port=%d
    log.dir=/var/log/app
    metrics.url=https://metrics.corp.example/v1/push
  feature: "%v"
`, i, r.IntN(65536), r.IntN(2) == 0)
}
