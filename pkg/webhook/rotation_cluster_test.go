package webhook

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A fakeAPI has the objects of a rotation, and refuses changes with an old version.
type fakeAPI struct {
	objects map[string]object
	slices  string // the list of EndpointSlices, JSON
}

func (f *fakeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if strings.HasSuffix(r.URL.Path, "/endpointslices") && r.URL.Query().Get("labelSelector") == "kubernetes.io/service-name=web" {
		_, _ = w.Write([]byte(f.slices))
		return
	}
	o, ok := f.objects[r.URL.Path]
	fail := func(code int, reason string) {
		w.WriteHeader(code)
		_ = json.NewEncoder(w).Encode(object{"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": reason, "reason": reason, "code": code})
	}
	switch {
	case !ok:
		fail(404, "NotFound")
	case r.Method == "PUT":
		var next object
		if err := json.NewDecoder(r.Body).Decode(&next); err != nil || resourceVersion(next) != resourceVersion(o) {
			fail(409, "Conflict")
			return
		}
		setResourceVersion(next, resourceVersion(o)+"1")
		f.objects[r.URL.Path] = next
		_ = json.NewEncoder(w).Encode(next)
	default:
		_ = json.NewEncoder(w).Encode(o)
	}
}

func TestClusterStore(t *testing.T) {
	const secret, hooks = "/api/v1/namespaces/ns/secrets/web-tls", "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/web"
	f := &fakeAPI{slices: `{"items":[]}`, objects: map[string]object{
		secret: {"kind": "Secret", "metadata": object{"name": "web-tls", "resourceVersion": "1"}},
		hooks:  {"kind": "MutatingWebhookConfiguration", "metadata": object{"name": "web", "resourceVersion": "1", "unknown": "kept"}, "webhooks": []any{object{"name": "a", "timeoutSeconds": 2, "clientConfig": object{"service": object{"name": "web"}}}}},
	}}
	server := httptest.NewServer(f)
	defer server.Close()
	config := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(config, []byte(`{"apiVersion":"v1","kind":"Config","current-context":"x","clusters":[{"name":"x","cluster":{"server":"`+server.URL+`"}}],"users":[{"name":"x","user":{}}],"contexts":[{"name":"x","context":{"cluster":"x","user":"x"}}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	store := &ClusterStore{Namespace: "ns", Name: "web"}
	if err := store.Connect(config, "test"); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	names := []string{"web.ns.svc"}
	run := func(want string) {
		t.Helper()
		notes, err := (&Rotation{store, names, now}).Run(t.Context())
		if err != nil || !strings.Contains(strings.Join(notes, "; "), want) || want == "" && len(notes) > 0 {
			t.Fatalf("got %q, %v, want %q", notes, err, want)
		}
	}
	run("made the first certificate")
	run("")
	if o := f.objects[hooks]; o["metadata"].(object)["unknown"] != "kept" || o["webhooks"].([]any)[0].(object)["clientConfig"].(object)["caBundle"] == nil {
		t.Errorf("got %v", o)
	}
	// A replica that serves the certificate of the Secret.
	dir := t.TempDir()
	writeServed := func() {
		data, _, err := store.Secret(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range []string{keyCert, keyKey} {
			if err := os.WriteFile(filepath.Join(dir, k), data[k], 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	writeServed()
	pair := &keyPair{certFile: filepath.Join(dir, keyCert), keyFile: filepath.Join(dir, keyKey)}
	if _, err := pair.reload(); err != nil {
		t.Fatal(err)
	}
	replica := newFixture(t, nil)
	replica.cert.current.Store(pair.current.Load())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	https := replica.httpServer(replica.Handler())
	go func() { _ = https.ServeTLS(l, "", "") }()
	defer https.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	f.slices = `{"items":[{"ports":[{"port":` + port + `}],"endpoints":[{"addresses":["127.0.0.1"],"conditions":{"ready":false}},{"addresses":["192.0.2.1"],"conditions":{"terminating":true}}]}]}`

	now = now.Add(validity - renewBefore + time.Hour)
	run("made the next certificate")
	now = now.Add(time.Hour)
	run("waiting until all API servers trust the next certificate") // from the time at which it sees the bundle
	now = now.Add(time.Hour)
	run("gave the next certificate")
	run("kept the old authority: a replica serves another certificate")
	writeServed()
	if _, err := pair.reload(); err != nil {
		t.Fatal(err)
	}
	replica.cert.current.Store(pair.current.Load())
	run("removed the old authority")
	run("")
	https.Close()

	_, version, err := store.Secret(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := store.SetSecret(t.Context(), nil, version+"old"); err == nil || !strings.Contains(err.Error(), "Conflict") {
		t.Errorf("an old version: %v", err)
	}
	if _, err := store.Serving(context.Background()); err == nil || !strings.Contains(err.Error(), "does not respond") {
		t.Errorf("a replica that is down: %v", err)
	}
	delete(f.objects, secret)
	if _, err := (&Rotation{store, names, now}).Run(t.Context()); err == nil || !strings.Contains(err.Error(), secret) {
		t.Errorf("no Secret: %v", err)
	}
}
