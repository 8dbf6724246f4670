// Package testcluster starts real clusters for tests: kube-apiserver and etcd, and kwok
// where nodes and pods must run. The programs are those that make test-real provides.
//
// A cluster has no controllers and no scheduler: a test creates the objects that these
// would create.
package testcluster

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A Cluster is a real kube-apiserver with etcd.
type Cluster struct {
	URL    string
	Client *http.Client // accepts the certificate of the server
	dir    string
}

// A User can log in with the token token-NAME.
type User struct {
	Name   string
	Groups []string
}

// Masters is the group whose users may do everything.
const Masters = "system:masters"

// Admin may do everything. Every cluster has this user.
var Admin = User{"admin", []string{"system:authenticated", Masters}}

// Start starts a cluster that ends with the test, with the given users and [Admin]. It
// skips the test if REGMIGRATE_REAL is not set.
func Start(t testing.TB, users ...User) *Cluster {
	t.Helper()
	if os.Getenv("REGMIGRATE_REAL") == "" {
		t.Skip("REGMIGRATE_REAL is not set: make test-real runs this test with a real kube-apiserver and etcd")
	}
	dir := t.TempDir()
	etcd, peer := "http://"+FreeAddress(t), "http://"+FreeAddress(t)
	run(t, "etcd", "--data-dir", filepath.Join(dir, "etcd"), "--listen-client-urls", etcd, "--advertise-client-urls", etcd,
		"--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", "default="+peer)
	keyFile, tokens := filepath.Join(dir, "key.pem"), filepath.Join(dir, "tokens.csv")
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	for i, u := range append([]User{Admin}, users...) {
		fmt.Fprintf(&lines, "token-%s,%s,%d,\"%s\"\n", u.Name, u.Name, i, strings.Join(u.Groups, ","))
	}
	writeFile(t, keyFile, pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
	writeFile(t, tokens, []byte(lines.String()))
	address := FreeAddress(t)
	_, port, _ := net.SplitHostPort(address)
	run(t, "kube-apiserver", "--etcd-servers", etcd, "--bind-address=127.0.0.1", "--secure-port="+port, "--cert-dir="+dir,
		"--authorization-mode=RBAC", "--token-auth-file="+tokens, "--disable-admission-plugins=ServiceAccount", "--endpoint-reconciler-type=none",
		"--service-account-issuer=https://localhost", "--service-account-key-file="+keyFile, "--service-account-signing-key-file="+keyFile,
		"--service-cluster-ip-range=10.0.0.0/24", "--allow-privileged=true")
	c := &Cluster{"https://" + address, &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, MaxIdleConnsPerHost: 16}}, dir} // the server makes its own certificate
	Eventually(t, "the namespace default", func() bool {
		return c.Do(t, Admin.Name, "GET", "/api/v1/namespaces/default", nil).Status == http.StatusOK
	})
	return c
}

// Kubeconfig writes a kubeconfig for the user and returns its path. The name of its only
// context is context.
func (c *Cluster) Kubeconfig(t testing.TB, user, context string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "kubeconfig")
	config := map[string]any{
		"apiVersion": "v1", "kind": "Config", "current-context": context,
		"clusters": []any{map[string]any{"name": context, "cluster": map[string]any{"server": c.URL, "insecure-skip-tls-verify": true}}},
		"users":    []any{map[string]any{"name": user, "user": map[string]any{"token": "token-" + user}}},
		"contexts": []any{map[string]any{"name": context, "context": map[string]any{"cluster": context, "user": user}}},
	}
	text, err := json.Marshal(config) // JSON is YAML
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, file, text)
	return file
}

// kwokStages make nodes ready and run their pods. They remove pods that the API server
// marks as deleted.
const kwokStages = `apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: {name: node-ready}
spec:
  resourceRef: {apiGroup: v1, kind: Node}
  selector: {matchExpressions: [{key: '.status.phase', operator: NotIn, values: [Running]}]}
  next:
    statusTemplate: |
      conditions: [{type: Ready, status: "True", reason: KubeletReady, message: ready, lastHeartbeatTime: {{ Now | Quote }}, lastTransitionTime: {{ Now | Quote }}}]
      phase: Running
---
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: {name: pod-running}
spec:
  resourceRef: {apiGroup: v1, kind: Pod}
  selector: {matchExpressions: [{key: '.metadata.deletionTimestamp', operator: DoesNotExist}, {key: '.status.phase', operator: In, values: [Pending]}]}
  next:
    statusTemplate: |
      phase: Running
      startTime: {{ Now | Quote }}
      conditions: [{type: Ready, status: "True", lastTransitionTime: {{ Now | Quote }}}]
      containerStatuses:
      {{ range .spec.containers }}
      - {name: {{ .name | Quote }}, image: {{ .image | Quote }}, ready: true, restartCount: 0, state: {running: {startedAt: {{ Now | Quote }}}}}
      {{ end }}
---
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: {name: pod-deleted}
spec:
  resourceRef: {apiGroup: v1, kind: Pod}
  selector: {matchExpressions: [{key: '.metadata.deletionTimestamp', operator: Exists}]}
  next: {finalizers: {empty: true}, delete: true}
`

// StartKwok starts kwok, which makes the nodes and pods of the cluster ready. It skips
// the test if there is no kwok.
func (c *Cluster) StartKwok(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath("kwok"); err != nil {
		t.Skip("kwok is not in PATH: make test-real builds it")
	}
	stages := filepath.Join(t.TempDir(), "stages.yaml")
	writeFile(t, stages, []byte(kwokStages))
	run(t, "kwok", "--kubeconfig", c.Kubeconfig(t, Admin.Name, "kwok"), "--config", stages, "--manage-all-nodes=true", "--server-address="+FreeAddress(t))
}

// FreeAddress returns an address of this machine that nothing listens on.
func FreeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// run starts a program, which ends with the test; its output is shown if the test
// fails.
func run(t testing.TB, name string, args ...string) {
	t.Helper()
	var out bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("the last output of %s: %s", name, out.Bytes()[max(0, out.Len()-1000):])
		}
	})
}

// Eventually waits until ok returns true. Servers start, and policies come into force,
// without a signal.
func Eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s did not happen in five minutes", what)
		case <-tick.C:
		}
	}
}

// A Response is the response of the API server.
type Response struct {
	Status   int // 0 if the server did not respond
	Warnings []string
	Body     map[string]any
}

// Message returns the message of a status object.
func (r Response) Message() string {
	m, _ := r.Body["message"].(string)
	return m
}

// Do sends object as the user. The method PATCH is a strategic merge patch, and APPLY a
// server-side apply.
func (c *Cluster) Do(t testing.TB, user, method, path string, object any) Response {
	t.Helper()
	body, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	mediaType := "application/json"
	switch method {
	case "PATCH":
		mediaType = "application/strategic-merge-patch+json"
	case "APPLY":
		method, mediaType = "PATCH", "application/apply-patch+yaml"
	}
	req, err := http.NewRequestWithContext(t.Context(), method, c.URL+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer token-"+user)
	req.Header.Set("Content-Type", mediaType)
	res, err := c.Client.Do(req)
	if err != nil {
		return Response{}
	}
	defer res.Body.Close()
	out := Response{Status: res.StatusCode, Warnings: res.Header.Values("Warning")}
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if json.Unmarshal(text, &out.Body) != nil {
		out.Body = map[string]any{"message": string(text)} // while the server starts
	}
	return out
}

func writeFile(t testing.TB, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
