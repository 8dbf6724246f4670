package inventory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// inventoryObjects returns the inventory of a stream of objects.
func inventoryObjects(t *testing.T, o Options, r io.Reader) *Inventory {
	t.Helper()
	v := New(o)
	if err := v.AddObjects(context.Background(), r); err != nil {
		t.Fatal(err)
	}
	return v
}

// pods is the output of `kubectl get pods -A -o json` for two pods.
const pods = `{
    "apiVersion": "v1",
    "items": [
        {
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "dns", "namespace": "kube-system",
                "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{\"spec\":{\"containers\":[{\"image\":\"k8s.gcr.io/copy:1\"}]}}\n"}},
            "spec": {
                "containers": [{"name": "b", "image": "k8s.gcr.io/coredns:1.7.0"}, {"name": "a", "image": "nginx"}],
                "initContainers": [{"name": "a", "image": "bitnami/redis:7"}],
                "ephemeralContainers": [{"name": "debug", "image": "busybox:1"}],
                "volumes": [{"name": "v", "image": {"reference": "quay.io/x/model"}}]
            },
            "status": {
                "containerStatuses": [
                    {"name": "a", "image": "docker.io/library/nginx:latest", "imageID": "docker.io/library/nginx@sha256:aaaa"},
                    {"name": "b", "image": "k8s.gcr.io/coredns:1.7.0", "imageID": "docker-pullable://k8s.gcr.io/coredns@sha256:bbbb"}
                ],
                "initContainerStatuses": [{"name": "a", "image": "x", "imageID": "sha256:cccc"}]
            }
        },
        {
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "default"},
            "spec": {"containers": [{"name": "b", "image": "k8s.gcr.io/coredns:1.7.0"}]}
        }
    ],
    "kind": "List",
    "metadata": {"resourceVersion": ""}
}
`

var podUses = []string{
	"bitnami/redis:7 -> bitnamilegacy/redis:7 | - .spec.initContainers[0].image in Pod kube-system/dns (v1)",
	"busybox:1 | - .spec.ephemeralContainers[0].image in Pod kube-system/dns (v1)",
	"nginx | - .spec.containers[1].image in Pod kube-system/dns (v1) runs sha256:aaaa",
	"k8s.gcr.io/coredns:1.7.0 -> registry.k8s.io/coredns:1.7.0 | - .spec.containers[0].image in Pod default/web (v1)",
	"k8s.gcr.io/coredns:1.7.0 -> registry.k8s.io/coredns:1.7.0 | - .spec.containers[0].image in Pod kube-system/dns (v1) runs sha256:bbbb",
	"quay.io/x/model | - .spec.volumes[0].image.reference in Pod kube-system/dns (v1)",
}

// withoutPositions removes the positions from lines, because JSON has none, and
// sorts them.
func withoutPositions(lines []string) []string {
	for i, l := range lines {
		a, b, _ := strings.Cut(l, "| -")
		_, b, _ = strings.Cut(b, " ")
		lines[i] = a + "| - " + b
	}
	slices.Sort(lines)
	return lines
}

func TestAddObjects(t *testing.T) {
	var tree any
	if err := json.Unmarshal([]byte(pods), &tree); err != nil {
		t.Fatal(err)
	}
	asYAML, err := yaml.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	indented := strings.Replace(string(asYAML), "items:\n", "items: # all\n\n", 1)
	head, tail, _ := strings.Cut(indented, "kind: List\n")
	before, items, _ := strings.Cut(head, "\n\n")
	indented = before + "\n\n    " + strings.TrimSuffix(strings.ReplaceAll(items, "\n", "\n    "), "    ") + "kind: List\n" + tail
	compact, err := json.Marshal(tree) // kind is after items, as in the output of kubectl
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"JSON":                          pods,
		"compact JSON":                  string(compact),
		"JSON after a BOM":              "\uFEFF  " + pods,
		"an array":                      "[" + pods[strings.Index(pods, "[")+1:strings.LastIndex(pods, "]")] + "]",
		"a sequence of objects":         strings.ReplaceAll(pods[strings.Index(pods, "[")+1:strings.LastIndex(pods, "]")], "},\n        {\n", "}\n{\n"),
		"YAML":                          string(asYAML),
		"YAML with CRLF":                strings.ReplaceAll(string(asYAML), "\n", "\r\n"),
		"YAML, indented":                indented,
		"YAML, one document per object": strings.ReplaceAll("\n"+items, "\n- ", "\n---\n- "),
		"YAML after another document":   "# comment\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: x}\n---\n" + string(asYAML) + "---\n",
		"a ResourceList": strings.Replace(strings.Replace(string(asYAML), "apiVersion: v1\nitems", "apiVersion: config.kubernetes.io/v1\nitems", 1), "kind: List\n",
			"kind: ResourceList\nfunctionConfig: {spec: {image: \"quay.io/x/function:1\"}}\n", 1),
	} {
		t.Run(name, func(t *testing.T) {
			v := inventoryObjects(t, options(t), iotest.OneByteReader(strings.NewReader(text)))
			if len(v.Failures) > 0 {
				t.Fatalf("expected no failures, got %v\ninput:\n%s", v.Failures, text)
			}
			if d := diff(slices.Sorted(slices.Values(podUses)), withoutPositions(formatUses(v))); d != "" {
				t.Errorf("%s\ninput:\n%s", d, text)
			}
		})
	}
}

func TestAddObjectsReportsPositionsInYAML(t *testing.T) {
	v := inventoryObjects(t, options(t), strings.NewReader("apiVersion: v1\nitems:\n- kind: Pod\n  apiVersion: v1\n  spec:\n    containers:\n    - image: quay.io/x/y:1\n- kind: Pod\n  apiVersion: v1\n  spec:\n    containers:\n    - image: quay.io/x/z:1\nkind: List\n---\nimage: quay.io/a/b:1\n"))
	want := []string{
		"quay.io/a/b:1 | -:15:8 .image",
		"quay.io/x/y:1 | -:7:14 .spec.containers[0].image in Pod (v1)",
		"quay.io/x/z:1 | -:12:14 .spec.containers[0].image in Pod (v1)",
	}
	if d := diff(want, formatUses(v)); d != "" {
		t.Error(d)
	}
}

// A block scalar whose lines look like items is part of its item.
func TestAddObjectsSplitsNoBlockScalar(t *testing.T) {
	v := inventoryObjects(t, options(t), strings.NewReader("items:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: a}\n  data:\n    x: |\n      - apiVersion: v1\n\n      items:\n      - image: quay.io/x/y:1\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: b}\nkind: List\nimage: quay.io/x/after:1\n"))
	if want := []string{"quay.io/x/y:1 | -:10:16 .data.x in ConfigMap a (v1)"}; diff(want, formatUses(v)) != "" || v.ScannedObjects != 2 {
		t.Errorf("expected 2 objects, got %d\n%s", v.ScannedObjects, diff(want, formatUses(v)))
	}
}

func TestAddObjectsFailures(t *testing.T) {
	broken := errors.New("connection reset")
	small := options(t)
	small.MaxSize = 1000
	pod := `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"containers":[{"image":"quay.io/x/y:1"}]}}`
	for _, c := range []struct {
		name string
		o    Options
		r    io.Reader
		want string
		uses int
	}{
		{"empty", options(t), strings.NewReader(""), "the input is empty", 0},
		{"UTF-16 with a BOM", options(t), strings.NewReader("\xff\xfe{\x00}\x00"), "UTF-16", 0},
		{"UTF-16", options(t), strings.NewReader("\x00{\x00}"), "UTF-16", 0},
		{"an error message of kubectl", options(t), strings.NewReader("Error from server (Forbidden): pods is forbidden\n"), `not a Kubernetes object: "Error from server (Forbidden): pods is forbidden"`, 0},
		{"an error message after an object", options(t), strings.NewReader("image: quay.io/x/y:1\n---\nThe connection was refused\n"), "not a Kubernetes object", 1},
		{"a JSON string", options(t), strings.NewReader(pod + "\n\"x\""), "not a Kubernetes object", 1},
		{"white space", options(t), strings.NewReader(" \n\n"), "the input is empty", 0},
		{"a truncated list", options(t), strings.NewReader(`{"items":[` + pod + `,`), "unexpected end of JSON", 1},
		{"invalid JSON", options(t), strings.NewReader(pod + "\n{]"), "after 1 object: invalid JSON at byte", 1},
		{"a read error in JSON", options(t), io.MultiReader(strings.NewReader(pod), iotest.ErrReader(broken)), "connection reset", 1},
		{"a read error in YAML", options(t), io.MultiReader(strings.NewReader("a: b\n"), iotest.ErrReader(broken)), "connection reset", 0},
		{"an object too large", small, strings.NewReader(`{"items":[` + pod + `,{"x":"` + strings.Repeat("y", 100_000) + `"}]}`), "was not scanned", 1},
		{"an item too large", small, strings.NewReader("items:\n- x: " + strings.Repeat("y", 100_000) + "\n- image: quay.io/x/y:1\n"), "was not scanned", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := inventoryObjects(t, c.o, c.r)
			if len(v.Failures) != 1 || v.Failures[0].Path != Stream || !strings.Contains(v.Failures[0].Err.Error(), c.want) || len(formatUses(v)) != c.uses {
				t.Errorf("expected one failure with %q and %d uses, got failures %v and uses %q", c.want, c.uses, v.Failures, formatUses(v))
			}
		})
	}
	for name, text := range map[string]string{"comments": "# a\n---\n# Source: b\n--- # c\n", "a key in quotes": "\"a b\": c\n", "a tag": "--- !x\na: b\n", "an anchor": "&a\nb: c\n", "an empty list": `{"apiVersion":"v1","items":[],"kind":"List"}`, "no items": `{"items":null,"kind":"List"}`, "an empty list in YAML": "apiVersion: v1\nitems: []\nkind: List\n"} {
		if v := inventoryObjects(t, options(t), strings.NewReader(text)); len(v.Failures) > 0 || len(v.Images()) > 0 {
			t.Errorf("%s: expected no failures and no images, got %v and %v", name, v.Failures, v.Images())
		}
	}
}

func TestAddObjectsStopsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, text := range []string{pods, "a: b\nc: d\n"} {
		if err := New(options(t)).AddObjects(ctx, strings.NewReader(text)); !errors.Is(err, context.Canceled) {
			t.Errorf("expected %v, got %v", context.Canceled, err)
		}
	}
}

// While a list of 20 MB is read, only the references and the queued objects are
// in memory. The live heap is measured just before the end of the list.
func TestAddObjectsMemory(t *testing.T) {
	const n = 2500
	filler := strings.Repeat("x", 8<<10)
	for _, c := range []struct{ name, head, item, tail string }{
		{"JSON", `{"apiVersion":"v1","items":[`, `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","annotations":{"x":"` + filler + `"}},"spec":{"containers":[{"image":"quay.io/x/y:1"}]}},`, `{}]}`},
		{"YAML", "apiVersion: v1\nitems:\n", "- apiVersion: v1\n  kind: Pod\n  metadata: {name: a, annotations: {x: " + filler + "}}\n  spec: {containers: [{image: quay.io/x/y:1}]}\n", "kind: List\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, w := io.Pipe()
			before := liveHeap()
			held := make(chan int64, 1)
			go func() {
				io.WriteString(w, c.head)
				for range n {
					io.WriteString(w, c.item)
				}
				held <- liveHeap() - before
				fmt.Fprint(w, c.tail)
				w.Close()
			}()
			v := inventoryObjects(t, options(t), r)
			if got := len(v.Images()[0].Uses); got != n {
				t.Errorf("expected %d uses, got %d; failures: %v", n, got, v.Failures)
			}
			if got := <-held; got > 6<<20 {
				t.Errorf("expected at most 6 MiB in memory for a list of %d bytes, got %d bytes", n*len(c.item), got)
			}
		})
	}
}

// liveHeap runs a garbage collection and returns the number of bytes that it
// found reachable. Later allocations of other goroutines do not count.
func liveHeap() int64 {
	runtime.GC()
	held := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(held)
	return int64(held[0].Value.Uint64())
}
