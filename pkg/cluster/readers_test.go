package cluster

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/regmigrate/regmigrate/internal/podspec"
	"github.com/regmigrate/regmigrate/internal/testcluster"
	"github.com/regmigrate/regmigrate/pkg/inventory"
)

// podSpecs are pod specs whose images all readers must find alike.
var podSpecs = map[string]string{
	"all lists": `{"initContainers":[{"name":"i","image":"k8s.gcr.io/i:1"}],"containers":[{"name":"a","image":"k8s.gcr.io/pause"},{"name":"b","image":"nginx:1"}],
		"ephemeralContainers":[{"name":"e","image":"quay.io/e@sha256:` + strings.Repeat("a", 64) + `"}],"volumes":[{"name":"v","image":{"reference":"gcr.io/google_containers/m:1"}},{"name":"w","emptyDir":{}}]}`,
	"short names":                     `{"containers":[{"name":"a","image":"busybox"},{"name":"b","image":"bitnami/redis:7"},{"name":"c","image":"index.docker.io/library/nginx:1"}]}`,
	"tag and digest, ports, two uses": `{"containers":[{"name":"a","image":"localhost:5000/x:1"},{"name":"b","image":"k8s.gcr.io/x:1@sha256:` + strings.Repeat("b", 64) + `"},{"name":"c","image":"localhost:5000/x:1"}]}`,
	"no image":                        `{"containers":[{"name":"a"}]}`,
}

// The typed reader, the general reader and podspec find the same images, in the same
// fields, with the same new references, for every kind of Kubernetes.
func TestReadersAgree(t *testing.T) {
	set := testRules(t)
	general := inventory.New(inventory.Options{Rules: set})
	for _, k := range builtinKinds() {
		for name, spec := range podSpecs {
			var podSpec any
			if err := json.Unmarshal([]byte(spec), &podSpec); err != nil {
				t.Fatal(err)
			}
			steps := podspec.Steps(k.Path)
			value := podSpec
			for i := len(steps) - 1; i >= 0; i-- {
				value = map[string]any{steps[i]: value}
			}
			object := value.(map[string]any)
			object["apiVersion"], object["kind"] = strings.TrimPrefix(k.Group+"/"+k.Version, "/"), k.Kind
			object["metadata"] = map[string]any{"name": "x", "namespace": "n"}
			src, err := json.Marshal(object)
			if err != nil {
				t.Fatal(err)
			}

			list := k.newList()
			if err := json.Unmarshal(fmt.Appendf(nil, `{"items":[%s]}`, src), list); err != nil {
				t.Fatal(err)
			}
			var typed, pointers, read []string
			eachWorkload(list, func(w workload) {
				for _, x := range w.specImages() {
					m := inventory.ReadReference(x.ref, set)
					typed = append(typed, fmt.Sprintf("%s %s %s %s/%s %v", x.field, m.Ref, m.New, m.Registry, m.Repository, m.Advice))
					pointers = append(pointers, x.field+" "+x.ref)
				}
			})
			images, err := general.ReadObject(src)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range images {
				field := m.Uses[0].Container
				if field == "" { // a volume: the general reader names the path
					field = `volume "v"`
				}
				read = append(read, fmt.Sprintf("%s %s %s %s/%s %v", field, m.Ref, m.New, m.Registry, m.Repository, m.Advice))
			}
			slices.Sort(typed)
			slices.Sort(read)
			if diff := cmp.Diff(typed, read); diff != "" {
				t.Errorf("%s, %s: typed and general reader: %s", k.Kind, name, diff)
			}
			var want []string
			for _, i := range k.Images(object) {
				want = append(want, i.Field+" "+i.Ref)
			}
			if diff := cmp.Diff(want, pointers); diff != "" {
				t.Errorf("%s, %s: podspec and typed reader: %s", k.Kind, name, diff)
			}
		}
	}
}

// Arguments and variables hold images too: an operator starts pods with them. Those that a
// rule moves count; pods of an owner have the same ones, and are not read again.
func TestArguments(t *testing.T) {
	f := testcluster.StartFake(t, `
apiVersion: apps/v1
kind: Deployment
metadata: {name: operator, namespace: a}
spec: {template: {spec: {containers: [{name: o, image: "quay.io/o:1", args: ["--reloader-image=k8s.gcr.io/reloader:1", "--other=quay.io/other:1"], env: [{name: RELATED_IMAGE, value: "k8s.gcr.io/db:1"}]}]}}}
---
apiVersion: v1
kind: Pod
metadata: {name: operator-x, namespace: a, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: operator, uid: Deployment/a/operator, controller: true}]}
spec: {containers: [{name: o, image: "quay.io/o:1", args: ["--reloader-image=k8s.gcr.io/reloader:1"]}]}
`)
	want := []string{
		`k8s.gcr.io/db:1 > registry.k8s.io/db:1 | Deployment a/operator | .spec.template.spec.containers[0].env[0].value | declared`,
		`k8s.gcr.io/reloader:1 > registry.k8s.io/reloader:1 | Deployment a/operator | .spec.template.spec.containers[0].args[0] | declared`,
		`quay.io/o:1 >  | Deployment a/operator | container "o" | running | 1 pods`,
	}
	if diff := cmp.Diff(want, lines(list(t, f, Options{}, 0))); diff != "" {
		t.Error(diff)
	}
}

// Every name that a node holds is listed once, with its digest; nodes that report as many
// images as a kubelet reports at most are noted.
func TestNodes(t *testing.T) {
	f := testcluster.StartFake(t, `
apiVersion: v1
kind: Node
metadata: {name: n1}
status: {images: [{names: ["k8s.gcr.io/pause@sha256:aaa", "k8s.gcr.io/pause:3.1"], sizeBytes: 1}, {names: ["quay.io/only@sha256:bbb"], sizeBytes: 1}, {names: ["localhost:5000/x:1"]}]}
`)
	var images []any
	for i := range kubeletImages {
		images = append(images, map[string]any{"names": []any{fmt.Sprintf("quay.io/many:%d", i)}})
	}
	f.Add(map[string]any{"apiVersion": "v1", "kind": "Node", "metadata": map[string]any{"name": "n2"}, "status": map[string]any{"images": images}})
	r := list(t, f, Options{Nodes: true, Namespaces: []string{"a"}}, 0)
	got := lines(r)
	for _, want := range []string{
		`k8s.gcr.io/pause:3.1 > registry.k8s.io/pause:3.1 | Node n1 | .status.images | on node | sha256:aaa`,
		`quay.io/only@sha256:bbb >  | Node n1 | .status.images | on node | sha256:bbb`,
		`localhost:5000/x:1 >  | Node n1 | .status.images | on node`,
	} {
		if !slices.Contains(got, want) {
			t.Errorf("got %q, without %q", got, want)
		}
	}
	if len(r.Notes) != 1 || !strings.Contains(r.Notes[0].Text, "1 of 2 report 50 images or more") {
		t.Errorf("got %v", r.Notes)
	}
	for _, m := range r.Images() {
		if m.Gates() {
			t.Errorf("%s on a node counts", m.Ref)
		}
	}
}

// The hooks of releases are listed, without those that ran already.
func TestHelm(t *testing.T) {
	pack := func(text string) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write([]byte(text))
		_ = z.Close()
		return base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString(b.Bytes())))
	}
	secret := func(name, data string) map[string]any {
		return map[string]any{"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": name, "namespace": "a"}, "type": "helm.sh/release.v1", "data": map[string]any{"release": data}}
	}
	f := testcluster.StartFake(t, "")
	f.Add(secret("good", pack(`{"name":"shop","namespace":"a","hooks":[{"path":"shop/templates/migrate.yaml","manifest":"apiVersion: batch/v1\nkind: Job\nmetadata: {name: migrate}\nspec: {template: {spec: {containers: [{name: m, image: \"k8s.gcr.io/migrate:1\"}]}}}\n"}]}`)))
	large := strings.Repeat("# 456789\\n", maxHooks/20)
	f.Add(secret("large", pack(`{"name":"large","namespace":"a","hooks":[{"path":"a","manifest":"`+large+`"},{"path":"b","manifest":"`+large+large+`"}]}`)))
	f.Add(secret("bad", base64.StdEncoding.EncodeToString([]byte("no base64"))))
	r := list(t, f, Options{Helm: true}, 0)
	want := []string{`k8s.gcr.io/migrate:1 > registry.k8s.io/migrate:1 | Job a/migrate | container "m" | hook | Helm release a/shop`}
	if diff := cmp.Diff(want, lines(r)); diff != "" {
		t.Error(diff)
	}
	if got := problems(r); len(got) != 2 || got[0] != "Secret a/large: reading the Helm release: the hook b: the hooks of the release are larger than 4 MiB" || !strings.HasPrefix(got[1], "Secret a/bad: reading the Helm release: ") {
		t.Errorf("got %q", got)
	}
	if got := f.Requests(); !slices.Contains(got, "/api/v1/secrets?fieldSelector=type%3Dhelm.sh%2Frelease.v1&labelSelector=owner%3Dhelm%2Cstatus%3Ddeployed&limit=20") {
		t.Errorf("got %q", got)
	}
	for _, q := range list(t, testcluster.StartFake(t, ""), Options{}, 0).Notes {
		t.Errorf("a note: %v", q)
	}
}

// Without Options.Helm, no secret is requested.
func TestNoSecrets(t *testing.T) {
	f := testcluster.StartFake(t, owned)
	list(t, f, Options{Nodes: true, CRDs: true}, 0)
	for _, q := range f.Requests() {
		if strings.Contains(q, "secrets") {
			t.Errorf("a request of secrets: %s", q)
		}
	}
}

func TestAdvise(t *testing.T) {
	f := testcluster.StartFake(t, owned)
	r := list(t, f, Options{}, 0)
	text := fmt.Sprint(Advise(r.Images()), AdviseOperators(r.Images()))
	for _, want := range []string{
		"c: Deployment a/web 1 of 2 pods did not get the image k8s.gcr.io/pause:3.1 (ImagePullBackOff: not found); the others run",
		"c: Prometheus b/main its operator makes pods with k8s.gcr.io/prometheus:1:",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s\nwithout %s", text, want)
		}
	}
	if strings.Contains(text, "pull secret") { // registry.k8s.io needs no login
		t.Errorf("got %s", text)
	}
}

func TestHistory(t *testing.T) {
	file := t.TempDir() + "/state.jsonl"
	r := list(t, testcluster.StartFake(t, owned), Options{}, 0)
	p := r.NewPoint(time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), nil)
	if p.ToMove != 6 || p.Moved != 0 || p.Uses != 8 || p.Pods != 5 {
		t.Errorf("got %+v", p)
	}
	for range 2 {
		if err := AppendHistory(file, p); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		text string
		want int
		err  string
	}{
		"whole":             {"", 2, ""},
		"interrupted write": {`{"time":"2026-01-02T03:0`, 2, ""},
		"then another run":  {"{\"time\":\"2026-01-02T03:0\n", 2, ""},
		"another file":      {"hello\n", 0, "line 3: expected a JSON object that --history wrote"},
	} {
		src := mustRead(t, file) + c.text
		got, err := ReadHistory(strings.NewReader(src))
		if len(got) != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: got %d points, %v", name, len(got), err)
		}
		if c.want == 2 {
			if diff := cmp.Diff(p, got[1]); diff != "" {
				t.Error(name, diff)
			}
		}
	}
}

// The arguments of pods are read if nothing else that was read has their pod spec.
func TestArgumentsOfPods(t *testing.T) {
	const args = `args: ["--sidecar-image=k8s.gcr.io/pause:3.1"]`
	owner := func(apiVersion, kind, name string) string {
		return fmt.Sprintf("ownerReferences: [{apiVersion: %s, kind: %s, name: %s, uid: %s/a/%s, controller: true}]", apiVersion, kind, name, kind, name)
	}
	pod := func(owner, spec string) string {
		return "\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: x, namespace: a, " + owner + "}\nspec: " + spec + "\n"
	}
	const plain = `{containers: [{name: o, image: "quay.io/o:1", ` + args + `}]}`
	const debug = `{containers: [{name: o, image: "quay.io/o:1"}], ephemeralContainers: [{name: e, image: "quay.io/e:1", ` + args + `}]}`
	const replicaSet = "apiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {name: r, namespace: a}\nspec: {template: {spec: " + plain + "}}\n"
	const rollout = "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: r, namespace: a}\nspec: {template: {spec: " + plain + "}}\n"
	const injected = `{containers: [{name: o, image: "quay.io/o:1"}, {name: p, image: "quay.io/p:1", ` + args + `}]}`
	const deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d, namespace: a}\nspec: {template: {spec: {containers: [{name: o, image: \"quay.io/o:2\"}]}}}\n---\n"
	older := func(replicas int) string {
		return deployment + strings.Replace(strings.Replace(replicaSet, "namespace: a", "namespace: a, "+owner("apps/v1", "Deployment", "d"), 1), "spec: {", fmt.Sprintf("spec: {replicas: %d, ", replicas), 1)
	}
	const custom = "apiVersion: db.example.com/v1\nkind: Database\nmetadata: {name: d, namespace: a}\nspec: {}\n"
	for name, c := range map[string]struct {
		objects, want string
	}{
		"a static pod":                  {pod(owner("v1", "Node", "n1"), plain), "Node n1 | .spec.containers[0].args[0] | running"},
		"of a custom resource":          {custom + pod(owner("db.example.com/v1", "Database", "d"), plain), "Database a/d | .spec.containers[0].args[0] | running"},
		"of a custom resource, unknown": {pod(owner("db.example.com/v1", "Database", "d"), plain), "Database a/d | .spec.containers[0].args[0] | running"},
		"of a ReplicaSet not read":      {pod(owner("apps/v1", "ReplicaSet", "r"), plain), "ReplicaSet a/r | .spec.containers[0].args[0] | running"},
		"of a ReplicaSet":               {replicaSet + pod(owner("apps/v1", "ReplicaSet", "r"), plain), "ReplicaSet a/r | .spec.template.spec.containers[0].args[0] | declared"},
		"of a Rollout":                  {rollout + pod(owner("argoproj.io/v1alpha1", "Rollout", "r"), plain), "Rollout a/r | .spec.template.spec.containers[0].args[0] | declared"},
		"of an injected container":      {strings.ReplaceAll(replicaSet, args, "") + pod(owner("apps/v1", "ReplicaSet", "r"), injected), "ReplicaSet a/r | .spec.containers[1].args[0] | running"},
		"of an older version":           {older(1) + pod(owner("apps/v1", "ReplicaSet", "r"), plain), "Deployment a/d | .spec.template.spec.containers[0].args[0] | declared"},
		"of an old version":             {older(0), "Deployment a/d | .spec.template.spec.containers[0].args[0] | old"},
		"of a debug container":          {pod("", debug), "Pod a/x | .spec.ephemeralContainers[0].args[0] | running"},
		"of a debug container, owned":   {strings.ReplaceAll(replicaSet, args, "") + pod(owner("apps/v1", "ReplicaSet", "r"), debug), "ReplicaSet a/r | .spec.ephemeralContainers[0].args[0] | running"},
	} {
		r := list(t, testcluster.StartFake(t, strings.TrimPrefix(c.objects, "\n---\n")), Options{}, 0)
		var got []string
		for _, l := range lines(r) {
			if rest, ok := strings.CutPrefix(l, "k8s.gcr.io/pause:3.1 > registry.k8s.io/pause:3.1 | "); ok {
				got = append(got, rest)
			}
		}
		if len(got) != 1 || !strings.HasPrefix(got[0], c.want) || len(r.Problems) > 0 {
			t.Errorf("%s: got %q and the problems %q, want %q", name, got, problems(r), c.want)
		}
	}
}
