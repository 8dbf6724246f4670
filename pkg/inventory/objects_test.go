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

// stream makes an inventory of a stream of objects.
func stream(t *testing.T, o Options, r io.Reader) *Inventory {
	t.Helper()
	v := New(o)
	if err := v.AddObjects(context.Background(), r); err != nil {
		t.Fatal(err)
	}
	return v
}

// pods is what `kubectl get pods -A -o json` prints of two pods.
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

var podsWant = []string{
	"bitnami/redis:7 -> bitnamilegacy/redis:7 | - .spec.initContainers[0].image in Pod kube-system/dns (v1)",
	"busybox:1 | - .spec.ephemeralContainers[0].image in Pod kube-system/dns (v1)",
	"nginx | - .spec.containers[1].image in Pod kube-system/dns (v1) runs sha256:aaaa",
	"k8s.gcr.io/coredns:1.7.0 -> registry.k8s.io/coredns:1.7.0 | - .spec.containers[0].image in Pod default/web (v1)",
	"k8s.gcr.io/coredns:1.7.0 -> registry.k8s.io/coredns:1.7.0 | - .spec.containers[0].image in Pod kube-system/dns (v1) runs sha256:bbbb",
	"quay.io/x/model | - .spec.volumes[0].image.reference in Pod kube-system/dns (v1)",
}

// without takes the positions out of lines, which JSON has none of, and sorts them.
func without(lines []string) []string {
	for i, l := range lines {
		a, b, _ := strings.Cut(l, "| -")
		_, b, _ = strings.Cut(b, " ")
		lines[i] = a + "| - " + b
	}
	slices.Sort(lines)
	return lines
}

func TestObjects(t *testing.T) {
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
	compact, err := json.Marshal(tree) // kind behind items, as kubectl writes it
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"JSON":                  pods,
		"compact JSON":          string(compact),
		"JSON behind a BOM":     "\uFEFF  " + pods,
		"an array":              "[" + pods[strings.Index(pods, "[")+1:strings.LastIndex(pods, "]")] + "]",
		"objects in a row":      strings.ReplaceAll(pods[strings.Index(pods, "[")+1:strings.LastIndex(pods, "]")], "},\n        {\n", "}\n{\n"),
		"YAML":                  string(asYAML),
		"YAML with CRLF":        strings.ReplaceAll(string(asYAML), "\n", "\r\n"),
		"YAML, indented":        indented,
		"YAML, a document each": strings.ReplaceAll("\n"+items, "\n- ", "\n---\n- "),
		"YAML, behind another":  "# comment\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: x}\n---\n" + string(asYAML) + "---\n",
		"the input of a function": strings.Replace(strings.Replace(string(asYAML), "apiVersion: v1\nitems", "apiVersion: config.kubernetes.io/v1\nitems", 1), "kind: List\n",
			"kind: ResourceList\nfunctionConfig: {spec: {image: \"quay.io/x/function:1\"}}\n", 1),
	} {
		t.Run(name, func(t *testing.T) {
			v := stream(t, options(t), iotest.OneByteReader(strings.NewReader(text)))
			if len(v.Failures) > 0 {
				t.Fatalf("%v\n%s", v.Failures, text)
			}
			if d := differ(slices.Sorted(slices.Values(podsWant)), without(shown(v))); d != "" {
				t.Errorf("%s\nof\n%s", d, text)
			}
		})
	}
}

func TestObjectsPositions(t *testing.T) {
	v := stream(t, options(t), strings.NewReader("apiVersion: v1\nitems:\n- kind: Pod\n  apiVersion: v1\n  spec:\n    containers:\n    - image: quay.io/x/y:1\n- kind: Pod\n  apiVersion: v1\n  spec:\n    containers:\n    - image: quay.io/x/z:1\nkind: List\n---\nimage: quay.io/a/b:1\n"))
	want := []string{
		"quay.io/a/b:1 | -:15:8 .image",
		"quay.io/x/y:1 | -:7:14 .spec.containers[0].image in Pod (v1)",
		"quay.io/x/z:1 | -:12:14 .spec.containers[0].image in Pod (v1)",
	}
	if d := differ(want, shown(v)); d != "" {
		t.Error(d)
	}
}

// A text in an item that looks like the next one belongs to the item.
func TestObjectsBlockScalar(t *testing.T) {
	v := stream(t, options(t), strings.NewReader("items:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: a}\n  data:\n    x: |\n      - apiVersion: v1\n\n      items:\n      - image: quay.io/x/y:1\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: b}\nkind: List\nimage: quay.io/x/behind:1\n"))
	if want := []string{"quay.io/x/y:1 | -:10:16 .data.x in ConfigMap a (v1)"}; differ(want, shown(v)) != "" || v.ScannedObjects != 2 {
		t.Errorf("%d objects; %s", v.ScannedObjects, differ(want, shown(v)))
	}
}

func TestObjectsFailures(t *testing.T) {
	broken := errors.New("the wire broke")
	small := options(t)
	small.MaxSize = 1000
	pod := `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"containers":[{"image":"quay.io/x/y:1"}]}}`
	for _, c := range []struct {
		name string
		o    Options
		r    io.Reader
		says string
		uses int
	}{
		{"nothing", options(t), strings.NewReader(""), "nothing came", 0},
		{"UTF-16 with a BOM", options(t), strings.NewReader("\xff\xfe{\x00}\x00"), "UTF-16", 0},
		{"UTF-16", options(t), strings.NewReader("\x00{\x00}"), "UTF-16", 0},
		{"what a program says that failed", options(t), strings.NewReader("Error from server (Forbidden): pods is forbidden\n"), `no object of Kubernetes: "Error from server (Forbidden): pods is forbidden"`, 0},
		{"the same behind an object", options(t), strings.NewReader("image: quay.io/x/y:1\n---\nThe connection was refused\n"), "no object", 1},
		{"a text in JSON", options(t), strings.NewReader(pod + "\n\"x\""), "no object", 1},
		{"blanks", options(t), strings.NewReader(" \n\n"), "nothing came", 0},
		{"a list that ends too early", options(t), strings.NewReader(`{"items":[` + pod + `,`), "ends before", 1},
		{"no JSON", options(t), strings.NewReader(pod + "\n{]"), "after 1 object: it is not JSON", 1},
		{"a reader that fails", options(t), io.MultiReader(strings.NewReader(pod), iotest.ErrReader(broken)), "the wire broke", 1},
		{"a reader of YAML that fails", options(t), io.MultiReader(strings.NewReader("a: b\n"), iotest.ErrReader(broken)), "the wire broke", 0},
		{"an object too large", small, strings.NewReader(`{"items":[` + pod + `,{"x":"` + strings.Repeat("y", 100_000) + `"}]}`), "which is not read", 1},
		{"an item too large", small, strings.NewReader("items:\n- x: " + strings.Repeat("y", 100_000) + "\n- image: quay.io/x/y:1\n"), "which is not read", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := stream(t, c.o, c.r)
			if len(v.Failures) != 1 || v.Failures[0].Path != Stream || !strings.Contains(v.Failures[0].Err.Error(), c.says) || len(shown(v)) != c.uses {
				t.Errorf("failures %v, uses %q", v.Failures, shown(v))
			}
		})
	}
	for name, text := range map[string]string{"comments": "# a\n---\n# Source: b\n--- # c\n", "a key in quotes": "\"a b\": c\n", "a tag": "--- !x\na: b\n", "an anchor": "&a\nb: c\n", "an empty list": `{"apiVersion":"v1","items":[],"kind":"List"}`, "no items": `{"items":null,"kind":"List"}`, "an empty list in YAML": "apiVersion: v1\nitems: []\nkind: List\n"} {
		if v := stream(t, options(t), strings.NewReader(text)); len(v.Failures) > 0 || len(v.Images()) > 0 {
			t.Errorf("%s: %v %v", name, v.Failures, v.Images())
		}
	}
}

func TestObjectsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, text := range []string{pods, "a: b\nc: d\n"} {
		if err := New(options(t)).AddObjects(ctx, strings.NewReader(text)); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want %v", err, context.Canceled)
		}
	}
}

// Of a list of 20 MB nothing is held but what is listed of it: what is live
// is measured when all of the list was read but for its end.
func TestObjectsMemory(t *testing.T) {
	const n = 2500
	filler := strings.Repeat("x", 8<<10)
	for _, c := range []struct{ name, head, item, tail string }{
		{"JSON", `{"apiVersion":"v1","items":[`, `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","annotations":{"x":"` + filler + `"}},"spec":{"containers":[{"image":"quay.io/x/y:1"}]}},`, `{}]}`},
		{"YAML", "apiVersion: v1\nitems:\n", "- apiVersion: v1\n  kind: Pod\n  metadata: {name: a, annotations: {x: " + filler + "}}\n  spec: {containers: [{image: quay.io/x/y:1}]}\n", "kind: List\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, w := io.Pipe()
			before := live()
			held := make(chan int64, 1)
			go func() {
				io.WriteString(w, c.head)
				for range n {
					io.WriteString(w, c.item)
				}
				held <- live() - before
				fmt.Fprint(w, c.tail)
				w.Close()
			}()
			v := stream(t, options(t), r)
			if got := len(v.Images()[0].Uses); got != n {
				t.Errorf("%d uses, want %d: %v", got, n, v.Failures)
			}
			if got := <-held; got > 6<<20 {
				t.Errorf("%d bytes were held of a list of %d", got, n*len(c.item))
			}
		})
	}
}

// live is how many bytes of the heap the last collection found reachable; what
// others have allocated since does not count.
func live() int64 {
	runtime.GC()
	held := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(held)
	return int64(held[0].Value.Uint64())
}
