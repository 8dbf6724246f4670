package bench

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// listSize is the size of a stream of objects, in bytes.
const listSize = 100 << 20

// BenchmarkImagesStream measures the inventory of a large cluster in the output
// formats of kubectl. For JSON it compares with jq, which counts only the containers
// of pods. The metrics in MB are the maximum resident set sizes.
func BenchmarkImagesStream(b *testing.B) {
	jq := tool(b, "jq")
	sh := tool(b, "sh")
	bin := build(b, "../cmd/regmigrate")
	for _, format := range []string{"json", "ndjson", "yaml", "documents"} {
		b.Run(format, func(b *testing.B) {
			file := makePodList(b, format)
			commands := []command{{name: "regmigrate", args: []string{sh, "-c", `exec "$0" images -o csv - <"$1" >/dev/null`, bin, file}}}
			switch format {
			case "json":
				commands = append(commands, command{name: "jq", args: []string{sh, "-c", `"$0" -r '.items[].spec|.containers[].image,.initContainers[]?.image' <"$1" | sort | uniq -c >/dev/null`, jq, file}})
			case "ndjson":
				commands = append(commands, command{name: "jq", args: []string{sh, "-c", `"$0" -r '.spec|.containers[].image,.initContainers[]?.image' <"$1" | sort | uniq -c >/dev/null`, jq, file}})
			}
			for i, u := range compare(b, 1, commands...) {
				b.ReportMetric(float64(u.memory)/1e6, commands[i].name+"-MB")
			}
		})
	}
}

// makePodList writes a list of pods in an output format of kubectl to a file of at
// least listSize bytes, and returns its path.
func makePodList(tb testing.TB, format string) string {
	tb.Helper()
	name := filepath.Join(tb.TempDir(), "list")
	f, err := os.Create(name)
	if err != nil {
		tb.Fatal(err)
	}
	w := bufio.NewWriter(f)
	head, tail := "", ""
	switch format {
	case "json":
		head, tail = "{\n    \"apiVersion\": \"v1\",\n    \"items\": [\n", "\n    ],\n    \"kind\": \"List\"\n}\n"
	case "yaml":
		head, tail = "apiVersion: v1\nitems:\n", "kind: List\nmetadata:\n  resourceVersion: \"\"\n"
	}
	n, _ := w.WriteString(head)
	for i := 0; n < listSize; i++ {
		var text []byte
		var err error
		before := ""
		switch format {
		case "json":
			if i > 0 {
				before = ",\n"
			}
			text, err = json.MarshalIndent(pod(i), "        ", "    ")
			before += "        "
		case "ndjson":
			text, err = json.Marshal(pod(i))
			text = append(text, '\n')
		case "yaml":
			text, err = yaml.Marshal([]any{pod(i)})
		case "documents":
			before = "---\n"
			text, err = yaml.Marshal(pod(i))
		}
		if err != nil {
			tb.Fatal(err)
		}
		m, _ := w.WriteString(before)
		k, _ := w.Write(text)
		n += m + k
	}
	if _, err := w.WriteString(tail); err != nil {
		tb.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		tb.Fatal(err)
	}
	if err := f.Close(); err != nil {
		tb.Fatal(err)
	}
	return name
}

// pod returns a pod of about 4 KB with the fields that a cluster reports.
func pod(i int) map[string]any {
	env := []any{}
	for k := range 20 {
		env = append(env, map[string]any{"name": fmt.Sprintf("VARIABLE_%d", k), "value": fmt.Sprintf("value-%d", i%(k+1))})
	}
	conditions := []any{}
	for _, kind := range []string{"Initialized", "Ready", "ContainersReady", "PodScheduled"} {
		conditions = append(conditions, map[string]any{"type": kind, "status": "True", "lastProbeTime": nil, "lastTransitionTime": "2026-01-01T00:00:00Z"})
	}
	app := fmt.Sprintf("k8s.gcr.io/app-%d:1.%d", i%200, i%7)
	return map[string]any{
		"apiVersion": "v1", "kind": "Pod",
		"metadata": map[string]any{
			"name": fmt.Sprintf("app-%d", i), "namespace": fmt.Sprintf("team-%d", i%50), "labels": map[string]any{"app.kubernetes.io/name": "app"},
			"annotations": map[string]any{"kubectl.kubernetes.io/last-applied-configuration": `{"spec":{"containers":[{"image":"` + app + `"}]}}` + "\n"},
		},
		"spec": map[string]any{
			"containers":     []any{map[string]any{"name": "app", "image": app, "env": env}, map[string]any{"name": "proxy", "image": fmt.Sprintf("docker.io/envoyproxy/envoy:v1.%d.0", i%30)}},
			"initContainers": []any{map[string]any{"name": "init", "image": "busybox:1.36"}},
			"volumes":        []any{map[string]any{"name": "config", "configMap": map[string]any{"name": "config", "defaultMode": 420}}},
		},
		"status": map[string]any{
			"phase": "Running", "conditions": conditions,
			"containerStatuses": []any{map[string]any{"name": "app", "image": app, "imageID": fmt.Sprintf("k8s.gcr.io/app@sha256:%064x", i), "ready": true}},
		},
	}
}
