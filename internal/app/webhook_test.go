package app

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/internal/testcluster"
)

// webhookFiles writes a certificate for localhost and a configuration to a folder.
func webhookFiles(t *testing.T) (dir string, roots *x509.CertPool) {
	t.Helper()
	dir, roots = t.TempDir(), x509.NewCertPool()
	roots.AddCert(testcluster.WriteCertificate(t, dir).Leaf)
	if err := os.WriteFile(filepath.Join(dir, "rules.yaml"), []byte("rules: [{from: quay.io/a, to: mirror.example/a}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, roots
}

// The command serves reviews and metrics with the rules of the configuration, and ends
// without an error when its context ends.
func TestServeWebhook(t *testing.T) {
	dir, roots := webhookFiles(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	log, out := io.Pipe()
	var grace time.Duration
	ended := make(chan error, 1)
	go func() {
		defer out.Close()
		ended <- ServeWebhook(ctx, session.Streams{Out: io.Discard, Err: out, SetGracePeriod: func(d time.Duration) { grace = d }},
			&session.Flags{Config: filepath.Join(dir, "rules.yaml")}, &WebhookFlags{
				CertFile: filepath.Join(dir, "tls.crt"), KeyFile: filepath.Join(dir, "tls.key"),
				Listen: "127.0.0.1:0", Metrics: "127.0.0.1:0", WatchConfig: true, Version: "v1",
			})
	}()
	lines := bufio.NewScanner(log)
	if !lines.Scan() {
		t.Fatal(<-ended)
	}
	var start struct{ Msg, Reviews, Metrics, Config, Digest string }
	if err := json.Unmarshal(lines.Bytes(), &start); err != nil || start.Msg != "serving" || !strings.HasSuffix(start.Config, "rules.yaml") {
		t.Fatalf("%v: %s", err, lines.Bytes())
	}
	go func() {
		for lines.Scan() { // the command does not wait for its log
		}
	}()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "localhost"}}}
	body := `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u","operation":"CREATE","resource":{"version":"v1","resource":"pods"},"object":{"spec":{"containers":[{"name":"c","image":"quay.io/a/b:1"}]}}}}`
	res, err := client.Post("https://"+start.Reviews, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(res.Body)
	var answer struct{ Response struct{ Patch []byte } }
	if err := json.Unmarshal(text, &answer); err != nil || !bytes.Contains(answer.Response.Patch, []byte(`"mirror.example/a/b:1"`)) {
		t.Errorf("%v: %s", err, text)
	}
	res, err = http.Get("http://" + start.Metrics + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	if text, _ := io.ReadAll(res.Body); !bytes.Contains(text, []byte(`digest="`+start.Digest+`"`)) {
		t.Error("the metrics have no digest of the rules")
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if grace < 15*time.Second {
		t.Errorf("the grace period is %v", grace)
	}
}

// New rules are read from the same configuration. Without it, the rules are not those of
// the default.
func TestWebhookRules(t *testing.T) {
	dir, _ := webhookFiles(t)
	t.Chdir(dir)
	if err := os.Rename("rules.yaml", session.ConfigName); err != nil {
		t.Fatal(err)
	}
	w := webhookRules{flags: &session.Flags{Color: "never"}}
	set, err := w.read()
	if err != nil || len(set.Rules()) != 1 {
		t.Fatal(set, err)
	}
	if err := os.WriteFile(session.ConfigName, []byte("rules: [{from: quay.io/a, to: mirror.example/a}, {from: quay.io/b, to: mirror.example/b}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if set, err = w.read(); err != nil || len(set.Rules()) != 2 {
		t.Error(set, err)
	}
	// A file that is written in place is empty for a moment: that is not the default.
	for _, text := range []string{"", "rules: []\n", "scope: [manifests]\n", "rules: [{from: https://charts.example/a, to: https://charts.example/b}]\n"} {
		if err := os.WriteFile(session.ConfigName, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if set, err = w.read(); err == nil {
			t.Errorf("%q: got the rules %v", text, set.Rules())
		}
	}
	if err := os.WriteFile(session.ConfigName, []byte("rules: [{from"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err = w.read(); err == nil || !strings.Contains(err.Error(), session.ConfigName+":1:") {
		t.Error(err)
	}
	if err := os.Remove(session.ConfigName); err != nil {
		t.Fatal(err)
	}
	if _, err = w.read(); err == nil || !strings.Contains(err.Error(), "does not exist any more") {
		t.Error(err)
	}
}

// An address that cannot be used is an error that says why.
func TestListen(t *testing.T) {
	l, err := listen("--listen", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for address, want := range map[string]string{
		l.Addr().String(): "another process uses this address",
		"nonsense":        "expected an address such as :8443",
	} {
		if _, err := listen("--listen", address); err == nil || !strings.HasPrefix(err.Error(), "--listen ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", address, err, want)
		}
	}
}
