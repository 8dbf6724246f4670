package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/regmigrate/regmigrate/internal/testcluster"
)

// A replica is a process of the webhook.
type replica struct {
	cmd     *exec.Cmd
	address string // of reviews
}

// startReplica starts the webhook with the certificate in dir.
func startReplica(t *testing.T, dir string) *replica {
	t.Helper()
	r := &replica{cmd: exec.Command("regmigrate", "webhook", "serve", "--tls-cert", filepath.Join(dir, "tls.crt"), "--tls-key", filepath.Join(dir, "tls.key"), "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0")}
	log, err := r.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.cmd.Process.Kill(); _ = r.cmd.Wait() })
	lines := bufio.NewReader(log)
	line, err := lines.ReadBytes('\n')
	var start struct{ Reviews string }
	if err != nil || json.Unmarshal(line, &start) != nil {
		t.Fatalf("the webhook did not start: %v %s", err, line)
	}
	r.address, _, _ = strings.Cut(start.Reviews, "/")
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	return r
}

// balance forwards connections to the replicas in turn, as a Service does; a replica that
// does not accept a connection is passed over only for the next one.
func balance(t *testing.T, replicas []*replica) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for n := 0; ; n++ {
			in, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer in.Close()
				out, err := net.Dial("tcp", replicas[n%len(replicas)].address)
				if err != nil {
					return
				}
				defer out.Close()
				go func() { _, _ = io.Copy(out, in); out.Close() }()
				_, _ = io.Copy(in, out)
			}()
		}
	}()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return "https://localhost:" + port + "/mutate"
}

// manifests returns the objects that webhook manifests writes.
func manifests(t *testing.T, args ...string) []map[string]any {
	t.Helper()
	cmd := exec.Command("regmigrate", append([]string{"webhook", "manifests", "--image", "ghcr.io/regmigrate/regmigrate:1.2.3"}, args...)...)
	cmd.Stderr = os.Stderr
	cmd.Dir = t.TempDir()
	text, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]any
	for _, doc := range strings.Split(string(text), "\n---\n")[1:] {
		var o map[string]any
		if err := yaml.Unmarshal([]byte(doc), &o); err != nil {
			t.Fatal(err)
		}
		out = append(out, o)
	}
	return out
}

// collectionOf returns the API path of the collection of an object.
func collectionOf(o map[string]any) string {
	version, kind := o["apiVersion"].(string), o["kind"].(string)
	path := "/apis/" + version
	if version == "v1" {
		path = "/api/v1"
	}
	plural := strings.ToLower(kind) + "s"
	if strings.HasSuffix(kind, "y") {
		plural = strings.ToLower(strings.TrimSuffix(kind, "y")) + "ies"
	}
	if namespace, ok := o["metadata"].(map[string]any)["namespace"].(string); ok {
		return path + "/namespaces/" + namespace + "/" + plural
	}
	return path + "/" + plural
}

// The manifests with each --cert pass a server-side dry run, with all fields known and
// without warnings.
func dryRunManifests(t *testing.T, c *testcluster.Cluster, dir string) {
	for _, kind := range []string{"Issuer", "Certificate"} { // a small form of cert-manager's kinds
		plural := strings.ToLower(kind) + "s"
		crd := map[string]any{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": map[string]any{"name": plural + ".cert-manager.io"},
			"spec": map[string]any{"group": "cert-manager.io", "scope": "Namespaced", "names": map[string]any{"plural": plural, "kind": kind},
				"versions": []any{map[string]any{"name": "v1", "served": true, "storage": true, "schema": map[string]any{"openAPIV3Schema": map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}}}}
		if r := c.Do(t, "admin", "POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd); r.Status != http.StatusCreated {
			t.Fatal(r.Message())
		}
		testcluster.Eventually(t, "the kind "+kind, func() bool {
			return c.Do(t, "admin", "GET", "/apis/cert-manager.io/v1/namespaces/default/"+plural, nil).Status == http.StatusOK
		})
	}
	for _, args := range [][]string{{"--cert", "cert-manager"}, {"--cert", "files", "--ca-file", "tls.crt"}, {"--cert", "self-signed"}, {"--cert", "files", "--except-owner", "a.example/B", "--except-namespace", "other", "--rule", "docker.io=harbor.example.com/hub"}} {
		args = append([]string{}, args...)
		for i := range args {
			if args[i] == "tls.crt" {
				args[i] = filepath.Join(dir, "tls.crt")
			}
		}
		objects := manifests(t, args...)
		if r := c.Do(t, "admin", "GET", "/api/v1/namespaces/regmigrate", nil); r.Status == http.StatusNotFound { // a dry run does not create it
			if r := c.Do(t, "admin", "POST", "/api/v1/namespaces", objects[0]); r.Status != http.StatusCreated {
				t.Fatal(r.Message())
			}
		}
		for _, o := range objects[1:] {
			r := c.Do(t, "admin", "POST", collectionOf(o)+"?dryRun=All&fieldValidation=Strict", o)
			if r.Status != http.StatusCreated || len(r.Warnings) > 0 {
				t.Errorf("%v: %v: %d %s %v", args, o["kind"], r.Status, r.Message(), r.Warnings)
			}
		}
		t.Logf("%v: a server-side dry run of %d objects", args, len(objects))
	}
}

// A pod of the namespace default with containers.
func aPod(name string, containers ...any) map[string]any {
	return map[string]any{"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": name, "namespace": "default"}, "spec": map[string]any{"containers": containers}}
}

func container(name, image string) map[string]any {
	return map[string]any{"name": name, "image": image}
}

// containerImages returns the images of the lists of a pod by name of the container.
func containerImages(o map[string]any, list string) map[string]string {
	out := map[string]string{}
	spec, _ := o["spec"].(map[string]any)
	items, _ := spec[list].([]any)
	for _, x := range items {
		c := x.(map[string]any)
		out[c["name"].(string)], _ = c["image"].(string)
	}
	return out
}

// serveSidecar serves another webhook, which adds a container with an old image.
func serveSidecar(t *testing.T, certificate tls.Certificate) string {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}})
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var review struct {
			Request struct {
				UID    string
				Object map[string]any
			}
		}
		if err := json.NewDecoder(r.Body).Decode(&review); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		response := map[string]any{"uid": review.Request.UID, "allowed": true}
		metadata, _ := review.Request.Object["metadata"].(map[string]any)
		labels, _ := metadata["labels"].(map[string]any)
		if _, has := containerImages(review.Request.Object, "containers")["sidecar"]; !has && labels["sidecar"] == "true" {
			response["patchType"] = "JSONPatch"
			response["patch"] = []byte(`[{"op":"add","path":"/spec/containers/-","value":{"name":"sidecar","image":"k8s.gcr.io/sidecar:1"}}]`)
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response})
	})}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { server.Close() })
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return "https://localhost:" + port + "/"
}

// withURL changes a webhook configuration so that the API server calls the URL.
func withURL(o map[string]any, url string, change func(hook map[string]any)) map[string]any {
	hook := o["webhooks"].([]any)[0].(map[string]any)
	client := hook["clientConfig"].(map[string]any)
	delete(client, "service")
	client["url"] = url
	if change != nil {
		change(hook)
	}
	return o
}

const webhookConfigurations = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"

// The webhook in a real API server.
func TestRealWebhook(t *testing.T) {
	c := testcluster.Start(t, testcluster.User{Name: "rotation", Groups: []string{"system:authenticated"}})
	dir := t.TempDir()
	certificate := testcluster.WriteCertificate(t, dir)
	dryRunManifests(t, c, dir)

	t.Run("rotation", func(t *testing.T) { realRotation(t, c) })

	replicas := []*replica{startReplica(t, dir), startReplica(t, dir)}
	configuration := func(url, policy string) map[string]any {
		objects := manifests(t, "--cert", "files", "--ca-file", filepath.Join(dir, "tls.crt"))
		return withURL(objects[len(objects)-1], url, func(hook map[string]any) { hook["failurePolicy"] = policy })
	}
	apply := func(o map[string]any) {
		t.Helper()
		name := o["metadata"].(map[string]any)["name"].(string)
		c.Do(t, "admin", "DELETE", webhookConfigurations+"/"+name, nil)
		if r := c.Do(t, "admin", "POST", webhookConfigurations, o); r.Status != http.StatusCreated {
			t.Fatalf("%d %s", r.Status, r.Message())
		}
	}
	const pods = "/api/v1/namespaces/default/pods"
	inForce := func(t *testing.T, want string) {
		testcluster.Eventually(t, "the webhook", func() bool {
			r := c.Do(t, "admin", "POST", pods+"?dryRun=All", aPod("probe", container("app", "k8s.gcr.io/pause:3.9")))
			return containerImages(r.Body, "containers")["app"] == want
		})
	}
	apply(configuration(balance(t, replicas), "Ignore"))
	inForce(t, "registry.k8s.io/pause:3.9")

	t.Run("pods", func(t *testing.T) { realPods(t, c) })
	t.Run("sidecar", func(t *testing.T) {
		// Webhooks are called in the order of the names of their configurations: zz is the last.
		objects := manifests(t, "--cert", "files", "--name", "zz", "--ca-file", filepath.Join(dir, "tls.crt"))
		apply(withURL(objects[len(objects)-1], serveSidecar(t, certificate), func(hook map[string]any) { delete(hook, "matchConditions") }))
		pod := aPod("with-sidecar", container("app", "k8s.gcr.io/pause:3.9"))
		pod["metadata"].(map[string]any)["labels"] = map[string]any{"sidecar": "true"}
		var got map[string]string
		testcluster.Eventually(t, "the other webhook", func() bool {
			got = containerImages(c.Do(t, "admin", "POST", pods+"?dryRun=All", pod).Body, "containers")
			return got["sidecar"] != ""
		})
		if got["sidecar"] != "registry.k8s.io/sidecar:1" || got["app"] != "registry.k8s.io/pause:3.9" {
			t.Errorf("got %v", got)
		}
		c.Do(t, "admin", "DELETE", webhookConfigurations+"/zz", nil)
	})
	for _, policy := range []string{"Ignore", "Fail"} {
		t.Run("kill with "+policy, func(t *testing.T) {
			replicas := []*replica{startReplica(t, dir), startReplica(t, dir)}
			apply(configuration(balance(t, replicas), policy))
			inForce(t, "registry.k8s.io/pause:3.9")
			killDuringCreations(t, c, policy, replicas)
		})
	}
}

// With the permissions of the manifests alone, rotate makes the first certificate, and
// repairs a configuration. The manifests can be applied again. There are no replicas.
func realRotation(t *testing.T, c *testcluster.Cluster) {
	objects := map[string]map[string]any{}
	for _, o := range manifests(t, "--cert", "self-signed") {
		kind := o["kind"].(string)
		objects[kind] = o
		if list, ok := o["subjects"]; ok {
			list.([]any)[0] = map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "rotation"}
		}
		switch kind {
		case "Secret", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding", "MutatingWebhookConfiguration":
			if r := c.Do(t, "admin", "POST", collectionOf(o)+"?fieldManager=apply", o); r.Status != http.StatusCreated {
				t.Fatalf("%s: %s", kind, r.Message())
			}
		}
	}
	config := c.Kubeconfig(t, "rotation", "real")
	rotate := func() string {
		t.Helper()
		text, err := exec.Command("regmigrate", "webhook", "rotate", "--kubeconfig", config).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		return string(text)
	}
	secret, hooks := collectionOf(objects["Secret"])+"/regmigrate-webhook-tls", webhookConfigurations+"/regmigrate-webhook"
	bundle := func() any {
		hook := c.Do(t, "admin", "GET", hooks, nil).Body["webhooks"].([]any)[0].(map[string]any)
		return hook["clientConfig"].(map[string]any)["caBundle"]
	}
	data := func() map[string]any {
		out, _ := c.Do(t, "admin", "GET", secret, nil).Body["data"].(map[string]any)
		return out
	}
	testcluster.Eventually(t, "the permissions", func() bool { return c.Do(t, "rotation", "GET", secret, nil).Status == http.StatusOK })
	if got := rotate(); !strings.Contains(got, "made the first certificate") || bundle() == nil || bundle() != data()["ca.crt"] {
		t.Fatalf("got %s, bundle %v", got, bundle())
	}
	if got := rotate(); got != "nothing to do\n" {
		t.Errorf("again: %s", got)
	}
	first := data()
	for _, kind := range []string{"Secret", "MutatingWebhookConfiguration"} { // the manifests are applied again
		o := objects[kind]
		path := collectionOf(o) + "/" + o["metadata"].(map[string]any)["name"].(string)
		if r := c.Do(t, "admin", "APPLY", path+"?fieldManager=kubectl", o); r.Status != http.StatusOK {
			t.Fatal(r.Message())
		}
	}
	if got := rotate(); !strings.Contains(got, "nothing to do") && !strings.Contains(got, "wrote the authorities") || bundle() != first["ca.crt"] || data()["tls.crt"] != first["tls.crt"] {
		t.Errorf("after the manifests were applied again: %s", got)
	}
	if r := c.Do(t, "rotation", "GET", collectionOf(objects["Secret"]), nil); r.Status != http.StatusForbidden {
		t.Errorf("rotate can list secrets: %d", r.Status)
	}
	c.Do(t, "admin", "DELETE", hooks, nil)
}

// Pods and ephemeral containers move, with a warning; a moved pod, mirror pods and pods in
// kube-system do not.
func realPods(t *testing.T, c *testcluster.Cluster) {
	const pods = "/api/v1/namespaces/default/pods"
	pod := aPod("web", container("app", "k8s.gcr.io/pause:3.9"), container("other", "quay.io/a/b:1"))
	spec := pod["spec"].(map[string]any)
	spec["initContainers"] = []any{container("init", "gcr.io/google-containers/init")}
	spec["volumes"] = []any{map[string]any{"name": "v", "image": map[string]any{"reference": "k8s.gcr.io/model:1"}}}
	r := c.Do(t, "admin", "POST", pods, pod)
	reference := ""
	if r.Status == http.StatusCreated {
		for _, v := range r.Body["spec"].(map[string]any)["volumes"].([]any) {
			if source, ok := v.(map[string]any)["image"].(map[string]any); ok {
				reference, _ = source["reference"].(string)
			}
		}
	}
	got, init := containerImages(r.Body, "containers"), containerImages(r.Body, "initContainers")
	if got["app"] != "registry.k8s.io/pause:3.9" || got["other"] != "quay.io/a/b:1" || init["init"] != "registry.k8s.io/init" || reference != "registry.k8s.io/model:1" {
		t.Fatalf("%d %s: got %v %v %q", r.Status, r.Message(), got, init, reference)
	}
	if len(r.Warnings) != 3 || !strings.Contains(strings.Join(r.Warnings, "\n"), `Pod default/web: container \"app\": regmigrate replaced the image k8s.gcr.io/pause:3.9 with registry.k8s.io/pause:3.9`) {
		t.Errorf("warnings %q", r.Warnings)
	}
	debug := map[string]any{"spec": map[string]any{"ephemeralContainers": []any{container("debug", "k8s.gcr.io/debug:1")}}}
	r = c.Do(t, "admin", "PATCH", pods+"/web/ephemeralcontainers", debug)
	if got := containerImages(r.Body, "ephemeralContainers"); got["debug"] != "registry.k8s.io/debug:1" {
		t.Errorf("%d %s: ephemeral containers %v", r.Status, r.Message(), got)
	}
	if r := c.Do(t, "admin", "POST", pods+"?dryRun=All", aPod("again", container("app", "registry.k8s.io/pause:3.9"))); len(r.Warnings) > 0 {
		t.Errorf("a moved pod: %v", r.Warnings)
	}
	mirror := aPod("mirror", container("app", "k8s.gcr.io/pause:3.9"))
	mirror["metadata"].(map[string]any)["annotations"] = map[string]any{"kubernetes.io/config.mirror": "x"}
	mirror["spec"].(map[string]any)["nodeName"] = "node"
	system := aPod("system", container("app", "k8s.gcr.io/pause:3.9"))
	system["metadata"].(map[string]any)["namespace"] = "kube-system"
	for _, o := range []map[string]any{mirror, system} {
		r := c.Do(t, "admin", "POST", collectionOf(o)+"?dryRun=All", o)
		if got := containerImages(r.Body, "containers"); got["app"] != "k8s.gcr.io/pause:3.9" {
			t.Errorf("%v: %d %s: got %v", o["metadata"], r.Status, r.Message(), got)
		}
	}
}

// killDuringCreations kills one of the replicas while clients create 2,000 pods. With
// Ignore, no pod is refused.
func killDuringCreations(t *testing.T, c *testcluster.Cluster, policy string, replicas []*replica) {
	const total, clients, killAt = 2_000, 8, 500
	var created, refused, old, next atomic.Int64
	var reason atomic.Value
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wg sync.WaitGroup
	for range clients {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for ctx.Err() == nil {
				n := next.Add(1)
				if n > total {
					return
				}
				if n == killAt {
					if err := replicas[0].cmd.Process.Kill(); err != nil {
						t.Error(err)
					}
				}
				r := c.Do(t, "admin", "POST", "/api/v1/namespaces/default/pods", aPod(fmt.Sprintf("%s-%d", strings.ToLower(policy), n), container("app", "k8s.gcr.io/pause:3.9")))
				switch {
				case r.Status != http.StatusCreated:
					refused.Add(1)
					reason.Store(fmt.Sprintf("%d %s", r.Status, r.Message()))
				case containerImages(r.Body, "containers")["app"] == "k8s.gcr.io/pause:3.9":
					old.Add(1)
				default:
					created.Add(1)
				}
			}
		}()
	}
	wg.Wait()
	t.Logf("failurePolicy %s, SIGKILL of one of two replicas at pod %d of %d: %d created with the new name, %d with the old name, %d refused (%v)",
		policy, killAt, total, created.Load(), old.Load(), refused.Load(), reason.Load())
	if created.Load()+old.Load()+refused.Load() != total {
		t.Error("the counts do not add up")
	}
	if policy == "Ignore" && refused.Load() > 0 || policy == "Fail" && old.Load() > 0 {
		t.Errorf("failurePolicy %s: %d refused, %d with the old name", policy, refused.Load(), old.Load())
	}
}
