package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/rest"

	"github.com/regmigrate/regmigrate/internal/testcluster"
	"github.com/regmigrate/regmigrate/pkg/inventory"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

func testRules(t testing.TB) *rules.Set {
	t.Helper()
	list, err := rules.Preset("k8s")
	if err != nil {
		t.Fatal(err)
	}
	set, err := rules.New(list)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// list lists a server, without waiting between attempts.
func list(t testing.TB, f *testcluster.Fake, o Options, timeout time.Duration) *Report {
	t.Helper()
	r, err := tryList(t.Context(), t, f, o, timeout)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func tryList(ctx context.Context, t testing.TB, f *testcluster.Fake, o Options, timeout time.Duration) (*Report, error) {
	t.Helper()
	c, err := NewClient("c", &rest.Config{Host: f.URL}, timeout)
	if err != nil {
		t.Fatal(err)
	}
	c.wait = func(context.Context, int) {}
	set := testRules(t)
	o.Custom = inventory.New(inventory.Options{Rules: set})
	r := NewReport(set)
	return r, c.List(ctx, r, o)
}

// lines returns a line for each use.
func lines(r *Report) []string {
	var out []string
	for _, m := range r.Images() {
		for _, u := range m.Uses {
			text := fmt.Sprintf("%s > %s | %s | %s | %s", m.Ref, m.New, u.Owner, u.Field, u.State)
			if u.Object != u.Owner {
				text += " | by " + u.Object.String()
			}
			if u.Pods > 0 {
				text += fmt.Sprintf(" | %d pods", u.Pods)
			}
			if u.Waiting > 0 {
				text += fmt.Sprintf(" | %d waiting: %s", u.Waiting, u.Reason)
			}
			for _, d := range u.Digests {
				text += " | " + d
			}
			for _, m := range u.Managers {
				text += fmt.Sprintf(" | %s %s", m.Kind, m.Name)
			}
			if u.IsStatic {
				text += " | static"
			}
			if u.ByOperator {
				text += " | by an operator"
			}
			if u.Labels != nil {
				text += fmt.Sprintf(" | %v", u.Labels)
			}
			out = append(out, text)
		}
	}
	return out
}

func problems(r *Report) []string {
	var out []string
	for _, p := range r.Problems {
		out = append(out, p.Kind+": "+p.Err.Error())
	}
	return out
}

const owned = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: a, labels: {team: red}, annotations: {meta.helm.sh/release-name: shop, meta.helm.sh/release-namespace: a}}
spec: {replicas: 2, template: {spec: {containers: [{name: app, image: "k8s.gcr.io/pause:3.1"}]}}}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web-2, namespace: a, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: Deployment/a/web, controller: true}]}
spec: {replicas: 2, template: {spec: {containers: [{name: app, image: "k8s.gcr.io/pause:3.1"}]}}}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web-1, namespace: a, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: Deployment/a/web, controller: true}]}
spec: {replicas: 0, template: {spec: {containers: [{name: app, image: "k8s.gcr.io/pause:3.0"}]}}}
---
apiVersion: v1
kind: Pod
metadata: {name: web-2-x, namespace: a, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-2, uid: ReplicaSet/a/web-2, controller: true}]}
spec: {containers: [{name: app, image: "k8s.gcr.io/pause:3.1"}]}
status: {phase: Running, containerStatuses: [{name: app, image: "other/name:1", imageID: "docker-pullable://registry.k8s.io/pause@sha256:aaa"}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web-2-y, namespace: a, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-2, uid: ReplicaSet/a/web-2, controller: true}]}
spec: {containers: [{name: app, image: "k8s.gcr.io/pause:3.1"}]}
status: {phase: Pending, containerStatuses: [{name: app, image: x, imageID: "", state: {waiting: {reason: ImagePullBackOff, message: not found}}}]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: night, namespace: a, labels: {kustomize.toolkit.fluxcd.io/name: apps, kustomize.toolkit.fluxcd.io/namespace: flux-system}}
spec: {schedule: "0 0 * * *", jobTemplate: {spec: {template: {spec: {containers: [{name: job, image: "gcr.io/google_containers/busybox:1"}]}}}}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: night-1, namespace: a, ownerReferences: [{apiVersion: batch/v1, kind: CronJob, name: night, uid: CronJob/a/night, controller: true}]}
spec: {template: {spec: {containers: [{name: job, image: "gcr.io/google_containers/busybox:0"}]}}}
status: {conditions: [{type: Complete, status: "True"}]}
---
apiVersion: v1
kind: Pod
metadata: {name: night-1-x, namespace: a, ownerReferences: [{apiVersion: batch/v1, kind: Job, name: night-1, uid: Job/a/night-1, controller: true}]}
spec: {containers: [{name: job, image: "gcr.io/google_containers/busybox:0"}]}
status: {phase: Succeeded}
---
apiVersion: v1
kind: Pod
metadata: {name: etcd-n1, namespace: kube-system, annotations: {kubernetes.io/config.mirror: x}, ownerReferences: [{apiVersion: v1, kind: Node, name: n1, uid: n1, controller: true}]}
spec: {containers: [{name: etcd, image: "k8s.gcr.io/etcd:3.5"}]}
status: {phase: Running}
---
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: main, namespace: b, annotations: {"argocd.argoproj.io/tracking-id": "mon:monitoring.coreos.com/Prometheus:b/main"}}
spec: {image: "k8s.gcr.io/prometheus:1"}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: prom, namespace: b, ownerReferences: [{apiVersion: monitoring.coreos.com/v1, kind: Prometheus, name: main, uid: Prometheus/b/main, controller: true}]}
spec: {replicas: 1, template: {spec: {containers: [{name: p, image: "k8s.gcr.io/prometheus:1"}]}}}
---
apiVersion: v1
kind: Pod
metadata: {name: prom-0, namespace: b, ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: prom, uid: StatefulSet/b/prom, controller: true}]}
spec: {containers: [{name: p, image: "k8s.gcr.io/prometheus:1"}]}
---
apiVersion: v1
kind: Pod
metadata: {name: alone, namespace: b, labels: {app.kubernetes.io/managed-by: Helm, app.kubernetes.io/instance: one}}
spec: {containers: [{name: c, image: nginx}], initContainers: [{name: i, image: "nginx:1"}], volumes: [{name: v, image: {reference: "k8s.gcr.io/model:1"}}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: asleep, namespace: b}
spec: {replicas: 0, template: {spec: {containers: [{name: c, image: "k8s.gcr.io/db:1"}]}}}
`

// Owners are followed to the top, and pods of one owner are one use.
func TestOwners(t *testing.T) {
	r := list(t, testcluster.StartFake(t, owned), Options{Labels: []string{"team"}}, 0)
	want := []string{
		`nginx >  | Pod b/alone | container "c" | running | 1 pods | Helm chart one`,
		`nginx:1 >  | Pod b/alone | init container "i" | running | 1 pods | Helm chart one`,
		`gcr.io/google_containers/busybox:0 > registry.k8s.io/busybox:0 | CronJob a/night | container "job" | finished | by Job a/night-1 | Flux Kustomization flux-system/apps`,
		`gcr.io/google_containers/busybox:1 > registry.k8s.io/busybox:1 | CronJob a/night | container "job" | declared | Flux Kustomization flux-system/apps`,
		`k8s.gcr.io/db:1 > registry.k8s.io/db:1 | StatefulSet b/asleep | container "c" | scaled to zero`,
		`k8s.gcr.io/etcd:3.5 > registry.k8s.io/etcd:3.5 | Node n1 | container "etcd" | running | by Pod kube-system/etcd-n1 | 1 pods | static`,
		`k8s.gcr.io/model:1 > registry.k8s.io/model:1 | Pod b/alone | volume "v" | running | 1 pods | Helm chart one`,
		`k8s.gcr.io/pause:3.0 > registry.k8s.io/pause:3.0 | Deployment a/web | container "app" | old | by ReplicaSet a/web-1 | Helm release a/shop | map[team:red]`,
		`k8s.gcr.io/pause:3.1 > registry.k8s.io/pause:3.1 | Deployment a/web | container "app" | running | 2 pods | 1 waiting: ImagePullBackOff: not found | sha256:aaa | Helm release a/shop | map[team:red]`,
		`k8s.gcr.io/prometheus:1 > registry.k8s.io/prometheus:1 | Prometheus b/main | container "p" | running | by Pod b/prom-0 | 1 pods | Argo CD application mon | by an operator`,
	}
	if diff := cmp.Diff(want, lines(r)); diff != "" {
		t.Error(diff)
	}
	if len(r.Problems) > 0 || r.Pods != 6 {
		t.Errorf("got %d pods and the problems %v", r.Pods, problems(r))
	}
}

// Custom resources are read with Options.CRDs only, and namespaces limit all lists.
func TestCustomResources(t *testing.T) {
	f := testcluster.StartFake(t, owned)
	got := lines(list(t, f, Options{CRDs: true, Namespaces: []string{"b"}}, 0))
	want := `k8s.gcr.io/prometheus:1 > registry.k8s.io/prometheus:1 | Prometheus b/main | .spec.image | declared | Argo CD application mon`
	if !slices.Contains(got, want) {
		t.Errorf("got\n%s\nwithout %s", strings.Join(got, "\n"), want)
	}
	for _, l := range got {
		if strings.Contains(l, " a/") || strings.Contains(l, "Node") {
			t.Errorf("another namespace: %s", l)
		}
	}
	for _, q := range f.Requests() {
		if !strings.Contains(q, "/namespaces/b") && q != "/apis" {
			t.Errorf("a request outside of the namespace: %s", q)
		}
	}
}

// manyPods returns a server with n pods.
func manyPods(t testing.TB, n int) *testcluster.Fake {
	f := testcluster.StartFake(t, "")
	for i := range n {
		f.Add(map[string]any{"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": fmt.Sprintf("p%05d", i), "namespace": "a"},
			"spec": map[string]any{"containers": []any{map[string]any{"name": "c", "image": fmt.Sprintf("k8s.gcr.io/x:%d", i%7)}}}})
	}
	return f
}

// faults responds to the n-th request of a path with the fault, 1-based.
func faults(f *testcluster.Fake, path string, n int32, fault func(w http.ResponseWriter, r *http.Request)) {
	var count atomic.Int32
	f.Fault = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != path || count.Add(1) != n {
			return false
		}
		fault(w, r)
		return true
	}
}

// Every pod is listed once, whatever happens to single pages.
func TestPages(t *testing.T) {
	const total = 1300
	for name, c := range map[string]struct {
		fault func(f *testcluster.Fake, w http.ResponseWriter, r *http.Request)
		note  string
	}{
		"none": {fault: nil},
		"410 with a token": {
			fault: func(_ *testcluster.Fake, w http.ResponseWriter, r *http.Request) {
				testcluster.Status(w, http.StatusGone, "Expired", "too old", r.URL.Query().Get("continue"))
			},
			note: "pods: the server dropped the state that the list began with; the rest is of a later state",
		},
		"410 without a token": {
			fault: func(_ *testcluster.Fake, w http.ResponseWriter, _ *http.Request) {
				testcluster.Status(w, http.StatusGone, "Expired", "too old", "")
			},
			note: "pods: the server dropped the state that the list began with; it was listed again",
		},
		"500": {fault: func(_ *testcluster.Fake, w http.ResponseWriter, _ *http.Request) {
			testcluster.Status(w, http.StatusInternalServerError, "InternalError", "etcd leader changed", "")
		}},
		"503 of a proxy": {fault: func(_ *testcluster.Fake, w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "<html>upstream", http.StatusServiceUnavailable)
		}},
		"cut": {fault: func(f *testcluster.Fake, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "1000000")
			f.List(w, r)
		}},
		"reset": {fault: func(_ *testcluster.Fake, w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }},
		"slow":  {fault: func(_ *testcluster.Fake, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }},
	} {
		t.Run(name, func(t *testing.T) {
			f := manyPods(t, total)
			if c.fault != nil {
				faults(f, "/api/v1/pods", 2, func(w http.ResponseWriter, r *http.Request) { c.fault(f, w, r) })
			}
			timeout := time.Duration(0)
			if name == "slow" {
				timeout = 2 * time.Second
			}
			r := list(t, f, Options{}, timeout)
			uses := 0
			for _, m := range r.Images() {
				uses += len(m.Uses)
				for _, u := range m.Uses {
					if u.Pods != 1 {
						t.Fatalf("%s: %d pods, want 1", u.Owner, u.Pods)
					}
				}
			}
			var notes []string
			for _, n := range r.Notes {
				notes = append(notes, n.Text)
			}
			if uses != total || r.Pods != total || len(r.Problems) > 0 || strings.Join(notes, "\n") != c.note {
				t.Errorf("%d uses, %d pods, problems %v, notes %q", uses, r.Pods, problems(r), notes)
			}
		})
	}
}

// Faults that last end after maxAttempts, name the kind, and the rest is listed.
func TestLastingFaults(t *testing.T) {
	for name, c := range map[string]struct {
		fault    func(w http.ResponseWriter, r *http.Request)
		want     string
		requests int
	}{
		"forbidden": {func(w http.ResponseWriter, _ *http.Request) {
			testcluster.Status(w, http.StatusForbidden, "Forbidden", `deployments.apps is forbidden: User "x" cannot list`, "")
		}, `deployments.apps: the user may not list it: deployments.apps is forbidden: User "x" cannot list`, 1},
		"500": {func(w http.ResponseWriter, _ *http.Request) {
			testcluster.Status(w, http.StatusInternalServerError, "InternalError", "etcd is away", "")
		}, "deployments.apps: after 5 attempts: etcd is away", maxAttempts},
		"404 of a kind that every cluster has": {func(w http.ResponseWriter, _ *http.Request) {
			testcluster.Status(w, http.StatusNotFound, "NotFound", "the server could not find the requested resource", "")
		}, "deployments.apps: the server could not find the requested resource", 1},
		"not a list": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte("{}"))
		}, "deployments.apps: after 5 attempts: the response is not a list of objects", maxAttempts},
	} {
		t.Run(name, func(t *testing.T) {
			f := testcluster.StartFake(t, owned)
			n := 0
			f.Fault = func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path != "/apis/apps/v1/deployments" {
					return false
				}
				n++
				c.fault(w, r)
				return true
			}
			r := list(t, f, Options{}, 0)
			if got := problems(r); len(got) != 1 || got[0] != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if n != c.requests {
				t.Errorf("%d requests, want %d", n, c.requests)
			}
			// The Deployment is known by the owner reference of its ReplicaSet.
			if got := lines(r); !slices.ContainsFunc(got, func(s string) bool {
				return strings.Contains(s, "pause:3.1") && strings.Contains(s, "Deployment a/web")
			}) {
				t.Errorf("got %q", got)
			}
		})
	}
}

// A server that does not accept the credentials, and one that is not there.
func TestUnusableServers(t *testing.T) {
	f := testcluster.StartFake(t, owned)
	f.Fault = func(w http.ResponseWriter, _ *http.Request) bool {
		testcluster.Status(w, http.StatusUnauthorized, "Unauthorized", "Unauthorized", "")
		return true
	}
	if _, err := tryList(t.Context(), t, f, Options{}, 0); err == nil || !strings.Contains(err.Error(), `context "c": the server does not accept the credentials`) {
		t.Errorf("got %v", err)
	}
	f.URL = "http://" + testcluster.FreeAddress(t)
	if _, err := tryList(t.Context(), t, f, Options{}, 0); err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("got %v", err)
	}
}

// An interrupted list has the pages that were read.
func TestInterrupt(t *testing.T) {
	f := manyPods(t, 1300)
	ctx, cancel := context.WithCancel(t.Context())
	faults(f, "/api/v1/pods", 2, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	r, err := tryList(ctx, t, f, Options{}, 0)
	if err != nil || !r.Interrupted || r.Pods != pageSize {
		t.Errorf("got %v, interrupted %v, %d pods", err, r.Interrupted, r.Pods)
	}
}

// A namespace that does not exist is no proof that nothing is left.
func TestMissingNamespace(t *testing.T) {
	r := list(t, testcluster.StartFake(t, owned), Options{Namespaces: []string{"b", "nowhere"}}, 0)
	if len(r.Problems) != 1 || r.Problems[0].Namespace != "nowhere" || r.Problems[0].Err.Error() != "the namespace does not exist" {
		t.Errorf("got %+v", r.Problems)
	}
}

// A response that is not a list of custom resources is a problem, not an empty list.
func TestBadLists(t *testing.T) {
	for _, body := range []string{"", "{}", "[]", `{"items":{}}`, `{"items":[`, `{"metadata":{"continue":1},"items":[]}`, "<html>"} {
		if _, err := readList(strings.NewReader(body), func(json.RawMessage) error { return nil }); err == nil {
			t.Errorf("%q: no error", body)
		}
	}
	for _, body := range []string{`{"items":[]}`, `{"items":null,"metadata":{}}`} {
		if _, err := readList(strings.NewReader(body), func(json.RawMessage) error { return nil }); err != nil {
			t.Errorf("%q: %v", body, err)
		}
	}
}

// An object that cannot be read is a problem, and the others are listed.
func TestBadObjects(t *testing.T) {
	const objects = `
apiVersion: example.com/v1
kind: Database
metadata: {name: bad, namespace: a, creationTimestamp: bad}
spec: {image: "k8s.gcr.io/bad:1"}
---
apiVersion: example.com/v1
kind: Database
metadata: {name: good, namespace: a}
spec: {image: "k8s.gcr.io/good:1", replicas: many}
---
apiVersion: v1
kind: Pod
metadata: {name: x, namespace: a, ownerReferences: [{apiVersion: example.com/v1, kind: Database, name: good, uid: Database/a/good}]}
spec: {containers: [{name: c, image: nginx}]}
`
	for _, o := range []Options{{CRDs: true}, {}} {
		r := list(t, testcluster.StartFake(t, objects), o, 0)
		if got := problems(r); len(got) != 1 || !strings.HasPrefix(got[0], "Database a/bad: reading the object: parsing time") {
			t.Errorf("CRDs %v: got %q", o.CRDs, got)
		}
		if got := strings.Join(lines(r), "\n"); o.CRDs && !strings.Contains(got, "k8s.gcr.io/good:1") || !strings.Contains(got, "nginx") {
			t.Errorf("CRDs %v: got %s", o.CRDs, got)
		}
	}
}

// A namespace that may not be read may not exist, unless an object of it is listed.
func TestUnreadNamespace(t *testing.T) {
	for name, fault := range map[string]func(w http.ResponseWriter){
		"forbidden": func(w http.ResponseWriter) {
			testcluster.Status(w, http.StatusForbidden, "Forbidden", `namespaces is forbidden: User "x" cannot get`, "")
		},
		"500": func(w http.ResponseWriter) {
			testcluster.Status(w, http.StatusInternalServerError, "InternalError", "etcd is away", "")
		},
	} {
		f := testcluster.StartFake(t, owned)
		f.Fault = func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasPrefix(r.URL.Path, "/api/v1/namespaces/") || strings.Count(r.URL.Path, "/") > 4 {
				return false
			}
			fault(w)
			return true
		}
		r := list(t, f, Options{Namespaces: []string{"b", "typo"}}, 0)
		if len(r.Problems) != 1 || r.Problems[0].Namespace != "typo" || !strings.HasPrefix(r.Problems[0].Err.Error(), "no object was listed, and the namespace cannot be read; it may not exist: ") {
			t.Errorf("%s: got %+v", name, r.Problems)
		}
	}
}

// A response that is not the list of kinds is a problem, not a server without kinds.
func TestBadDiscovery(t *testing.T) {
	const groups = `{"kind":"APIGroupList","groups":[{"name":"example.com","preferredVersion":{"groupVersion":"example.com/v1","version":"v1"}}]}`
	for _, c := range []struct {
		groups, resources string
		want              string // "": no problem
	}{
		{`{}`, ``, `: reading the kinds of the server: after 5 attempts: the response has the kind "", expected APIGroupDiscoveryList or APIGroupList`},
		{`null`, ``, `: reading the kinds of the server: after 5 attempts: the response has the kind ""`},
		{`{"kind":"Status","status":"Success"}`, ``, `: reading the kinds of the server: after 5 attempts: the response has the kind "Status"`},
		{groups, `{}`, `example.com/v1: after 5 attempts: the response has the kind "", expected APIResourceList`},
		{groups, `{"kind":"APIResourceList","resources":[]}`, ""},
		{`{"kind":"APIGroupDiscoveryList","items":[]}`, ``, ""},
	} {
		f := testcluster.StartFake(t, "")
		f.Fault = func(w http.ResponseWriter, r *http.Request) bool {
			body, ok := map[string]string{"/apis": c.groups, "/apis/example.com/v1": c.resources}[r.URL.Path]
			if ok {
				_, _ = w.Write([]byte(body))
			}
			return ok
		}
		got := problems(list(t, f, Options{CRDs: true}, 0))
		if c.want == "" && len(got) > 0 || c.want != "" && (len(got) == 0 || !strings.HasPrefix(got[0], c.want)) {
			t.Errorf("%s, %s: got %q, want %q", c.groups, c.resources, got, c.want)
		}
	}
}
