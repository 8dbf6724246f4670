package testcluster

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/regmigrate/regmigrate/internal/podspec"
)

// A Fake is an API server that lists objects in pages, and that can fail.
type Fake struct {
	URL string

	// Fault, if not nil, is called before each response. If it returns true, it has
	// written the response.
	Fault func(w http.ResponseWriter, r *http.Request) bool

	mu       sync.Mutex
	lists    map[string][]map[string]any // by path without namespaces
	kinds    map[string]string           // by path of the kinds that are not part of Kubernetes
	requests []string
}

// fakeResources are the plural names of the kinds whose name is not the kind and an s.
var fakeResources = map[string]string{"Prometheus": "prometheuses", "Policy": "policies"}

// StartFake starts a server with the objects of a stream of YAML. It ends with the test.
func StartFake(t testing.TB, objects string) *Fake {
	t.Helper()
	f := &Fake{lists: map[string][]map[string]any{}, kinds: map[string]string{}}
	for _, doc := range strings.Split("\n"+objects, "\n---\n") {
		var o map[string]any
		if err := yaml.Unmarshal([]byte(doc), &o); err != nil {
			t.Fatalf("%v in %s", err, doc)
		}
		if o != nil {
			f.Add(o)
		}
	}
	s := httptest.NewServer(http.HandlerFunc(f.serve))
	t.Cleanup(s.Close)
	f.URL = s.URL
	return f
}

// Add adds an object.
func (f *Fake) Add(o map[string]any) {
	apiVersion, kind := o["apiVersion"].(string), o["kind"].(string)
	resource := fakeResources[kind]
	if resource == "" {
		resource = strings.ToLower(kind) + "s"
	}
	path := "/api/" + apiVersion + "/" + resource
	group, _, ok := strings.Cut(apiVersion, "/")
	if ok {
		path = "/apis/" + apiVersion + "/" + resource
	}
	meta := o["metadata"].(map[string]any)
	if meta["uid"] == nil {
		meta["uid"] = fmt.Sprintf("%s/%v/%v", kind, meta["namespace"], meta["name"])
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if strings.Contains(group, ".") && !strings.HasSuffix(group, ".k8s.io") {
		f.kinds[path] = kind
	}
	f.lists[path] = append(f.lists[path], o)
}

// Requests returns the paths and parameters of the requests so far.
func (f *Fake) Requests() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.requests)
}

// Kubeconfig writes a kubeconfig with a context for each server, and returns its path.
// The first context is the current one.
func Kubeconfig(t testing.TB, servers map[string]*Fake, current string) string {
	t.Helper()
	var clusters, contexts []any
	for name, s := range servers {
		clusters = append(clusters, map[string]any{"name": name, "cluster": map[string]any{"server": s.URL}})
		contexts = append(contexts, map[string]any{"name": name, "context": map[string]any{"cluster": name, "user": "user"}})
	}
	text, err := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "Config", "current-context": current, "clusters": clusters, "contexts": contexts,
		"users": []any{map[string]any{"name": "user", "user": map[string]any{"token": "token"}}}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// Status writes a status object, as the API server does for an error. The token is that
// of ListMeta; it may be empty.
func Status(w http.ResponseWriter, code int, reason, message, token string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]any{"apiVersion": "v1", "kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": message,
		"metadata": map[string]any{"continue": token}})
}

func (f *Fake) serve(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.requests = append(f.requests, r.URL.RequestURI())
	f.mu.Unlock()
	if f.Fault != nil && f.Fault(w, r) {
		return
	}
	f.List(w, r)
}

// List responds to a request as a server without faults does.
func (f *Fake) List(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if r.URL.Path == "/apis" {
		f.discover(w)
		return
	}
	path, namespace := r.URL.Path, ""
	if name, ok := strings.CutPrefix(path, "/api/v1/namespaces/"); ok && !strings.Contains(name, "/") {
		f.getNamespace(w, name)
		return
	}
	if before, rest, ok := strings.Cut(path, "/namespaces/"); ok {
		var resource string
		namespace, resource, _ = strings.Cut(rest, "/")
		path = before + "/" + resource
	}
	f.mu.Lock()
	all, known := f.lists[path]
	f.mu.Unlock()
	if !known && strings.Count(path, ".") > 0 {
		Status(w, http.StatusNotFound, "NotFound", "the server could not find the requested resource", "")
		return
	}
	var items []any
	for _, o := range all {
		if namespace == "" || o["metadata"].(map[string]any)["namespace"] == namespace {
			items = append(items, o)
		}
	}
	q := r.URL.Query()
	start, _ := strconv.Atoi(q.Get("continue"))
	limit, _ := strconv.Atoi(q.Get("limit"))
	end := len(items)
	next := ""
	if limit > 0 && start+limit < end {
		end, next = start+limit, strconv.Itoa(start+limit)
	}
	apiVersion, kind := strings.TrimPrefix(strings.TrimPrefix(path[:strings.LastIndex(path, "/")], "/apis/"), "/api/"), "List"
	for _, r := range podspec.Workloads() {
		if strings.HasSuffix(path, r.Version+"/"+r.Resource) {
			kind = r.Kind + "List"
		}
	}
	if len(all) > 0 {
		kind = all[0]["kind"].(string) + "List"
	}
	if items == nil {
		items = []any{}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"apiVersion": apiVersion, "kind": kind, "metadata": map[string]any{"continue": next, "resourceVersion": "1"}, "items": items[min(start, len(items)):end]})
}

// getNamespace responds as if the namespaces of all objects existed.
func (f *Fake) getNamespace(w http.ResponseWriter, name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, all := range f.lists {
		for _, o := range all {
			if o["metadata"].(map[string]any)["namespace"] == name {
				_ = json.NewEncoder(w).Encode(map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": name}})
				return
			}
		}
	}
	Status(w, http.StatusNotFound, "NotFound", fmt.Sprintf("namespaces %q not found", name), "")
}

// discover writes the kinds that are not part of Kubernetes, as aggregated discovery.
func (f *Fake) discover(w http.ResponseWriter) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var groups []any
	for path, kind := range f.kinds {
		parts := strings.Split(path, "/") // "", apis, group, version, resource
		groups = append(groups, map[string]any{"metadata": map[string]any{"name": parts[2]}, "versions": []any{map[string]any{"version": parts[3], "resources": []any{
			map[string]any{"resource": parts[4], "responseKind": map[string]any{"kind": kind}, "scope": "Namespaced", "verbs": []any{"list", "watch"}},
		}}}})
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": groups})
}
