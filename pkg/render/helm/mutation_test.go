package helm

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// An oldNew is a text in a file and its replacement in the right change.
type oldNew struct{ file, old, new string }

// rightEdits are the replacements that move the chart of mutationChart from
// k8s.gcr.io to mirror.example/k8s. Each old text occurs once in its file.
var rightEdits = []oldNew{
	{"values.yaml", "registry: k8s.gcr.io # one", "registry: mirror.example # one"},
	{"values.yaml", "repository: pause", "repository: k8s/pause"},
	{"values.yaml", "full: k8s.gcr.io/full:1.0", "full: mirror.example/k8s/full:1.0"},
	{"values.yaml", "image: k8s.gcr.io/side", "image: mirror.example/k8s/side"},
	{"values.yaml", "hub: k8s.gcr.io/group", "hub: mirror.example/k8s/group"},
	{"templates/pod.yaml", "k8s.gcr.io/literal:2", "mirror.example/k8s/literal:2"},
	{"templates/_helpers.tpl", "k8s.gcr.io/helper", "mirror.example/k8s/helper"},
	{"charts/sub/values.yaml", "image: k8s.gcr.io/sub@", "image: mirror.example/k8s/sub@"},
	{"ci/more-values.yaml", "full: k8s.gcr.io/more:7", "full: mirror.example/k8s/more:7"},
}

var mutationChart = map[string]string{
	"Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
	"values.yaml": `registry: k8s.gcr.io # one
repository: pause
tag: "3.9"
full: k8s.gcr.io/full:1.0
sidecars:
- name: side
  image: k8s.gcr.io/side
  tag: v1.2.3
hub: k8s.gcr.io/group
replicas: 2
other: quay.io/coreos/etcd:v3
`,
	"templates/_helpers.tpl": `{{ define "helper" }}k8s.gcr.io/helper:{{ .Values.tag }}{{ end }}`,
	"templates/pod.yaml": `apiVersion: v1
kind: Pod
metadata:
  name: web
  annotations:
    checksum/config: {{ include (print $.Template.BasePath "/config.yaml") . | sha256sum }}
spec:
  replicas: {{ .Values.replicas }}
  containers:
  - image: {{ .Values.registry }}/{{ .Values.repository }}:{{ .Values.tag }}
  - image: {{ .Values.full }}
  - image: k8s.gcr.io/literal:2
  - image: {{ include "helper" . }}
  - image: {{ .Values.hub }}/proxy:{{ .Values.tag }}
  - image: {{ .Values.other }}
{{- range .Values.sidecars }}
  - name: {{ .name }}
    image: "{{ .image }}:{{ .tag }}"
{{- end }}
`,
	"templates/config.yaml": `apiVersion: v1
kind: ConfigMap
metadata:
  name: web
data:
  images: "{{ .Values.full }},{{ .Values.other }}"
`,
	"charts/sub/Chart.yaml":         "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
	"charts/sub/values.yaml":        "image: k8s.gcr.io/sub@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n",
	"charts/sub/templates/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: sub\nspec:\n  containers:\n  - image: {{ .Values.image }}\n",
	"ci/more-values.yaml":           "full: k8s.gcr.io/more:7\n",
}

// mutate applies rightEdits, or leaves some out or changes them, and describes what
// it did.
func mutate(random *rand.Rand) (map[string]string, string) {
	files := maps.Clone(mutationChart)
	wrong := random.IntN(len(rightEdits))
	kind := random.IntN(9)
	var said string
	for i, e := range rightEdits {
		now := e.new
		if i == wrong {
			switch kind {
			case 0:
				said, now = "dropped", e.old
			case 1:
				said, now = "a wrong host", strings.Replace(e.new, "mirror.example", "mirror.exampel", 1)
			case 2:
				said, now = "the path twice", strings.Replace(e.new, "k8s/", "k8s/k8s/", 1)
			case 3:
				said, now = "without the path", strings.Replace(e.new, "k8s/", "", 1)
			case 4:
				said, now = "another key", strings.Replace(e.new, ": ", "s: ", 1)
			case 5:
				j := random.IntN(len(e.new))
				said, now = "a byte less", e.new[:j]+e.new[j+1:]
			case 6:
				j := random.IntN(len(e.new))
				said, now = "a byte more", e.new[:j]+string("ax1/.: #\n"[random.IntN(9)])+e.new[j:]
			}
		}
		files[e.file] = strings.Replace(files[e.file], e.old, now, 1)
	}
	if kind < 7 {
		return files, fmt.Sprintf("edit %d: %s", wrong, said)
	}
	// Change another byte or line of a changed file.
	name := rightEdits[wrong].file
	src := files[name]
	if kind == 7 {
		j := random.IntN(len(src))
		files[name] = src[:j] + string("ax19.:/"[random.IntN(7)]) + src[j+1:]
		return files, fmt.Sprintf("byte %d of %s", j, name)
	}
	lines := strings.Split(src, "\n")
	j := random.IntN(len(lines))
	files[name] = strings.Join(append(lines[:j:j], lines[j+1:]...), "\n")
	return files, fmt.Sprintf("line %d of %s gone", j+1, name)
}

// TestMutations verifies random wrong changes. The verdict must be Failed exactly
// when a line of the output differs both from the rendering before the change and
// from the rendering after the right change.
func TestMutations(t *testing.T) {
	const n = 640
	r := testRunner(t)
	move := rewriteOf(t, []byte("rule: k8s.gcr.io=mirror.example/k8s\n"))
	right := maps.Clone(mutationChart)
	for _, e := range rightEdits {
		if strings.Count(right[e.file], e.old) != 1 {
			t.Fatalf("%q occurs %d times", e.old, strings.Count(right[e.file], e.old))
		}
		right[e.file] = strings.Replace(right[e.file], e.old, e.new, 1)
	}
	before := lines(t, r, mutationChart)
	after := lines(t, r, right)
	if before == nil || after == nil {
		t.Fatal("the chart does not render")
	}
	random := rand.New(rand.NewPCG(1, 2))
	caught, same := 0, 0
	for range n {
		files, said := mutate(random)
		verdicts, err := Verify(context.Background(), r, inMemory(mutationChart), inMemory(files), Options{Rewrite: move})
		if err != nil || len(verdicts) != 1 {
			t.Fatalf("%s: %v, %v", said, verdicts, err)
		}
		v := verdicts[0]
		want := render.Proven
		if !rightLines(before, after, lines(t, r, files)) {
			want = render.Failed
			caught++
		} else {
			same++
		}
		if v.State != want {
			t.Errorf("%s: %s, want %s: %s", said, v.State, want, v.Summary())
		}
	}
	if caught < n/2 || same == 0 {
		t.Errorf("%d of %d mutations change what is rendered: a poor sample", caught, n)
	}
	t.Logf("%d mutations: %d change what is rendered otherwise than the rules say, %d do not", n, caught, same)
}

func inMemory(files map[string]string) fstest.MapFS {
	out := fstest.MapFS{}
	for name, src := range files {
		out[filepath.ToSlash("web/"+name)] = &fstest.MapFile{Data: []byte(src)}
	}
	return out
}

// lines returns the lines of all texts with all values files, nil when the chart does
// not render with one of them.
func lines(t *testing.T, r *render.Runner, files map[string]string) []string {
	t.Helper()
	charts, err := Charts(inMemory(files))
	if err != nil || len(charts) != 1 {
		return nil
	}
	var out []string
	for _, set := range charts[0].Values {
		got, err := Render(context.Background(), r, &charts[0], set, Capabilities{})
		if err != nil {
			return nil
		}
		for _, text := range got.Texts {
			out = append(out, text.Template)
			out = append(out, strings.Split(text.Body, "\n")...)
		}
	}
	return out
}

// rightLines reports whether each line of got is its line of before or of after.
// Checksums are not compared.
func rightLines(before, after, got []string) bool {
	if len(got) != len(before) {
		return false
	}
	for i, line := range got {
		if line != before[i] && line != after[i] && !strings.Contains(line, "checksum/") {
			return false
		}
	}
	return true
}
