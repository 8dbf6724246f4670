package engines

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

	"sigs.k8s.io/yaml"
)

// A cluster is a real kube-apiserver with etcd, without controllers and nodes.
type cluster struct {
	url    string
	client *http.Client
}

// The users of the cluster. All may do everything, so that only policies refuse.
var users = []struct{ name, group string }{
	{"admin", "system:authenticated"},
	{"mallory", "system:authenticated"},
	{"system:serviceaccount:kube-system:replicaset-controller", "system:serviceaccounts"},
	{"system:serviceaccount:kube-system:deployment-controller", "system:serviceaccounts"},
	{"system:node:n", "system:nodes"},
}

// startCluster starts a cluster that ends with the test. It skips the test if
// REGMIGRATE_REAL is not set.
func startCluster(t *testing.T) *cluster {
	t.Helper()
	if os.Getenv("REGMIGRATE_REAL") == "" {
		t.Skip("REGMIGRATE_REAL is not set: make test-real runs this test with a real kube-apiserver and etcd")
	}
	dir := t.TempDir()
	etcd, peer := "http://"+freeAddress(t), "http://"+freeAddress(t)
	start(t, "etcd", "--data-dir", filepath.Join(dir, "etcd"), "--listen-client-urls", etcd, "--advertise-client-urls", etcd,
		"--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", "default="+peer)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	keyFile, tokens := filepath.Join(dir, "key.pem"), filepath.Join(dir, "tokens.csv")
	var lines strings.Builder
	for i, u := range users {
		fmt.Fprintf(&lines, "token-%s,%s,%d,\"%s,system:masters\"\n", u.name, u.name, i, u.group)
	}
	for file, content := range map[string][]byte{
		keyFile: pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}),
		tokens:  []byte(lines.String()),
	} {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	address := freeAddress(t)
	_, port, _ := net.SplitHostPort(address)
	start(t, "kube-apiserver", "--etcd-servers", etcd, "--bind-address=127.0.0.1", "--secure-port="+port, "--cert-dir="+dir,
		"--authorization-mode=RBAC", "--token-auth-file="+tokens, "--disable-admission-plugins=ServiceAccount", "--endpoint-reconciler-type=none",
		"--service-account-issuer=https://localhost", "--service-account-key-file="+keyFile, "--service-account-signing-key-file="+keyFile,
		"--service-cluster-ip-range=10.0.0.0/24")
	c := &cluster{"https://" + address, &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}} // a certificate of its own
	eventually(t, "the namespace default", func() bool {
		return c.do(t, "admin", "GET", "/api/v1/namespaces/default", nil).status == http.StatusOK
	})
	return c
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// start starts a program, which ends with the test; its output is shown if the test
// fails.
func start(t *testing.T, name string, args ...string) {
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

// eventually waits until ok returns true. Servers start, and policies come into force,
// without a signal.
func eventually(t *testing.T, what string, ok func() bool) {
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

// A response is the response of the API server.
type response struct {
	status   int // 0 if the server did not respond
	warnings []string
	body     map[string]any
}

// message returns the message of a status.
func (r response) message() string {
	m, _ := r.body["message"].(string)
	return m
}

func (c *cluster) do(t *testing.T, user, method, path string, object any) response {
	t.Helper()
	body, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, c.url+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer token-"+user)
	req.Header.Set("Content-Type", "application/json")
	if method == "PATCH" {
		req.Header.Set("Content-Type", "application/strategic-merge-patch+json")
	}
	res, err := c.client.Do(req)
	if err != nil {
		return response{}
	}
	defer res.Body.Close()
	out := response{status: res.StatusCode, warnings: res.Header.Values("Warning")}
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if json.Unmarshal(text, &out.body) != nil {
		out.body = map[string]any{"message": string(text)} // while the server starts
	}
	return out
}

// apply creates the objects of a policy.
func (c *cluster) apply(t *testing.T, policy []byte) {
	t.Helper()
	for _, doc := range bytes.Split(policy, []byte("\n---\n"))[1:] {
		var o map[string]any
		if err := yaml.Unmarshal(doc, &o); err != nil {
			t.Fatal(err)
		}
		if r := c.do(t, "admin", "POST", admissionPath(o), o); r.status != http.StatusCreated {
			t.Fatalf("creating %v: %d %s", o["kind"], r.status, r.message())
		}
	}
}

// remove deletes the objects of a policy.
func (c *cluster) remove(t *testing.T, policy []byte) {
	t.Helper()
	for _, doc := range bytes.Split(policy, []byte("\n---\n"))[1:] {
		var o map[string]any
		if err := yaml.Unmarshal(doc, &o); err != nil {
			t.Fatal(err)
		}
		name := o["metadata"].(map[string]any)["name"].(string)
		if r := c.do(t, "admin", "DELETE", admissionPath(o)+"/"+name, nil); r.status != http.StatusOK {
			t.Fatalf("deleting %v: %d %s", o["kind"], r.status, r.message())
		}
	}
}

func admissionPath(o map[string]any) string {
	kind := strings.ToLower(o["kind"].(string))
	if strings.HasSuffix(kind, "policy") {
		kind = strings.TrimSuffix(kind, "y") + "ie"
	}
	return "/apis/" + o["apiVersion"].(string) + "/" + kind + "s"
}
