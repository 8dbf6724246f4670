// Package bench measures the command regmigrate and compares it with other tools
// for the same task. It contains only benchmarks; `make bench` runs them.
//
// The compared commands run in turns (A B A B), and the result is the median of
// each, so that other load on the machine affects all commands alike. The results
// are custom metrics (ms, ratios, MB).
package bench

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A generatedTree is a folder of generated files.
type generatedTree struct {
	root     string
	mentions map[string][]byte // the content of the files with a mention, by path
	files    int
	bytes    int64
}

// makeTree writes n files similar to those of a repository of manifests: YAML with
// one or more documents, some JSON, Markdown and Go. The files are the same in every
// run. Most have size[0] to size[1] bytes, and one in a hundred is ten times as
// large. One file in interval mentions k8s.gcr.io; 0 means no file.
func makeTree(tb testing.TB, n, interval int, size [2]int) generatedTree {
	tb.Helper()
	t := generatedTree{root: tb.TempDir(), mentions: map[string][]byte{}, files: n}
	for i := range n {
		if i%200 == 0 {
			if err := os.MkdirAll(filepath.Join(t.root, fmt.Sprintf("apps/team-%03d/base", i/200)), 0o777); err != nil {
				tb.Fatal(err)
			}
		}
		r := rand.New(rand.NewPCG(uint64(i), 1))
		minimum := size[0] + r.IntN(size[1]-size[0])
		if r.IntN(100) == 0 {
			minimum *= 10
		}
		mention := interval > 0 && i%interval == interval/2
		ext, text := content(r, i, minimum, mention)
		name := filepath.Join(t.root, fmt.Sprintf("apps/team-%03d/base/app-%05d%s", i/200, i, ext))
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			tb.Fatal(err)
		}
		if mention {
			t.mentions[name] = []byte(text)
		}
		t.bytes += int64(len(text))
	}
	return t
}

// restore writes the original content of the files with a mention.
func (t generatedTree) restore(tb testing.TB) {
	tb.Helper()
	for name, data := range t.mentions {
		if err := os.WriteFile(name, data, 0o666); err != nil {
			tb.Fatal(err)
		}
	}
}

// content returns the extension and the content of a file of at least size bytes.
// With mention, the file is a manifest and mentions the old name once.
func content(r *rand.Rand, i, size int, mention bool) (ext, text string) {
	image := fmt.Sprintf("registry.k8s.io/team/app-%d:v1.%d.0", i, r.IntN(40))
	if mention {
		image = fmt.Sprintf("k8s.gcr.io/team/app-%d:v1.%d.0", i, r.IntN(40))
	}
	var b strings.Builder
	kind := r.IntN(20)
	if mention {
		kind = 19 // a manifest
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
