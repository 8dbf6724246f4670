package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/regmigrate/regmigrate/pkg/rules"
)

// A fixture is a server with files of its own, and what it logs.
type fixture struct {
	*Server
	dir    string
	roots  *x509.CertPool
	log    bytes.Buffer
	serial string // of the last certificate that write made
	now    time.Time
	set    *rules.Set
	err    error // what LoadRules returns
}

func newFixture(t *testing.T, change func(*Options)) *fixture {
	t.Helper()
	f := &fixture{dir: t.TempDir(), roots: x509.NewCertPool(), now: time.Now(), set: ruleSet(t, "k8s")}
	f.writePair(t, time.Hour)
	o := Options{
		CertFile: filepath.Join(f.dir, "tls.crt"), KeyFile: filepath.Join(f.dir, "tls.key"),
		LoadRules: func() (*rules.Set, error) { return f.set, f.err },
		Version:   "v1.2.3", Log: slog.New(slog.NewJSONHandler(&f.log, nil)), Now: func() time.Time { return f.now },
	}
	if change != nil {
		change(&o)
	}
	var err error
	if f.Server, err = New(o); err != nil {
		t.Fatal(err)
	}
	return f
}

// issue makes a certificate, which clients of the fixture trust.
func (f *fixture) issue(t *testing.T, validity time.Duration) issued {
	t.Helper()
	c, err := issue([]string{"localhost"}, f.now, validity)
	if err != nil {
		t.Fatal(err)
	}
	f.roots.AppendCertsFromPEM(c.CA)
	return c
}

// writePair writes a new certificate and its key.
func (f *fixture) writePair(t *testing.T, validity time.Duration) {
	t.Helper()
	c := f.issue(t, validity)
	pair, err := tls.X509KeyPair(c.Cert, c.Key)
	if err != nil {
		t.Fatal(err)
	}
	f.serial = pair.Leaf.SerialNumber.String()
	f.write(t, "tls.crt", c.Cert)
	f.write(t, "tls.key", c.Key)
}

func (f *fixture) write(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(f.dir, name), content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// metric returns the value of a metric with its labels, as Prometheus reads it.
func (f *fixture) metric(t *testing.T, name string) string {
	t.Helper()
	w := httptest.NewRecorder()
	f.MetricsHandler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for line := range strings.Lines(w.Body.String()) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// do sends a request to the handler.
func (f *fixture) do(method, path, contentType, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	f.Handler().ServeHTTP(w, r)
	return w
}

func TestServeReview(t *testing.T) {
	review := string(reviewOf(t, fullPod("k8s.gcr.io/pause:3.9"), nil))
	f := newFixture(t, nil)
	for _, c := range []struct {
		name, method, contentType, body string
		status                          int
		want                            string
	}{
		{"moved", "POST", "application/json", review, 200, `"patchType":"JSONPatch"`},
		{"with a parameter", "POST", "application/json; charset=utf-8", review, 200, `"patchType":"JSONPatch"`},
		{"unchanged", "POST", "application/json", string(reviewOf(t, fullPod("quay.io/a/b"), nil)), 200, `"allowed":true}}`},
		{"method", "GET", "application/json", "", 405, "expected POST"},
		{"content type", "POST", "text/yaml", review, 415, "expected application/json"},
		{"no content type", "POST", "", review, 415, "expected application/json"},
		{"truncated", "POST", "application/json", review[:len(review)-2], 400, "not an AdmissionReview"},
		{"empty", "POST", "application/json", "", 400, "not an AdmissionReview"},
		{"version", "POST", "application/json", strings.Replace(review, "k8s.io/v1", "k8s.io/v2", 1), 400, "expected admission.k8s.io/v1"},
		{"too large", "POST", "application/json", review + strings.Repeat(" ", maxBody), 413, "larger than"},
		{"largest", "POST", "application/json", review + strings.Repeat(" ", maxBody-len(review)), 200, "patch"},
	} {
		w := f.do(c.method, Path, c.contentType, c.body)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s: got %d %s", c.name, w.Code, w.Body)
		}
		if c.status != 200 && strings.Contains(w.Body.String(), "patch") {
			t.Errorf("%s: a patch with an error: %s", c.name, w.Body)
		}
	}
	for name, want := range map[string]string{
		`regmigrate_webhook_requests_total{result="moved"}`:                             "3",
		`regmigrate_webhook_requests_total{result="unchanged"}`:                         "1",
		`regmigrate_webhook_requests_total{result="invalid"}`:                           "7",
		`regmigrate_webhook_requests_total{result="mirror_pod"}`:                        "0",
		`regmigrate_webhook_images_moved_total{from="k8s.gcr.io",to="registry.k8s.io"}`: "3",
		`regmigrate_webhook_request_duration_seconds_count`:                             "11",
		`regmigrate_webhook_rules_info{digest="` + f.set.Table().Digest() + `"}`:        "1",
		`regmigrate_webhook_info{dry_run="false",version="v1.2.3"}`:                     "1",
		`regmigrate_webhook_reload_failing{object="rules"}`:                             "0",
		`regmigrate_webhook_certificate_not_after_timestamp_seconds`:                    strconv.FormatFloat(float64(f.now.Add(time.Hour).Unix()), 'g', -1, 64),
		`regmigrate_webhook_certificate_not_before_timestamp_seconds`:                   strconv.FormatFloat(float64(f.now.Add(-clockSkew).Unix()), 'g', -1, 64),
	} {
		if got := f.metric(t, name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	var line map[string]any
	if err := json.Unmarshal([]byte(strings.SplitN(f.log.String(), "\n", 2)[0]), &line); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"msg": "moved an image", "object": "Pod default/web", "field": `init container "c0"`, "old": "k8s.gcr.io/pause:3.9", "new": "registry.k8s.io/pause:3.9", "rule": "k8s.gcr.io", "uid": "u1"} {
		if line[key] != want {
			t.Errorf("log: %s: got %v, want %s", key, line[key], want)
		}
	}
}

func TestServeReviewDryRun(t *testing.T) {
	f := newFixture(t, func(o *Options) { o.DryRun = true })
	w := f.do("POST", Path, "application/json", string(reviewOf(t, fullPod("k8s.gcr.io/pause:3.9"), nil)))
	if w.Code != 200 || strings.Contains(w.Body.String(), "patch") || !strings.Contains(w.Body.String(), "would replace") {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	if !strings.Contains(f.log.String(), "an image would move") {
		t.Errorf("log: %s", f.log.String())
	}
}

func TestHealth(t *testing.T) {
	f := newFixture(t, nil)
	check := func(when string, status int, want string) {
		t.Helper()
		for _, h := range []http.Handler{f.Handler(), f.MetricsHandler()} {
			for path, status := range map[string]int{"/healthz": 200, "/readyz": status} {
				w := httptest.NewRecorder()
				h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
				if w.Code != status || path == "/readyz" && !strings.Contains(w.Body.String(), want) {
					t.Errorf("%s: %s: got %d %s", when, path, w.Code, w.Body)
				}
			}
		}
	}
	check("valid", 200, "ok")
	start := f.now
	f.now = start.Add(time.Hour + time.Minute)
	check("expired", 503, "the certificate expired at")
	f.now = start.Add(-clockSkew - time.Minute)
	check("early", 503, "the certificate is not valid before")
	f.now = start
	check("valid again", 200, "ok")
	f.draining.Store(true)
	check("draining", 503, "shutting down")
}

func TestNewErrors(t *testing.T) {
	dir := t.TempDir()
	for name, o := range map[string]Options{
		"no certificate": {CertFile: filepath.Join(dir, "none"), KeyFile: filepath.Join(dir, "none")},
	} {
		o.Log = slog.New(slog.DiscardHandler)
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), "reading the certificate") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestReloadRules(t *testing.T) {
	f := newFixture(t, func(o *Options) { o.WatchRules = true })
	moved := func(image string) bool {
		w := f.do("POST", Path, "application/json", string(reviewOf(t, fullPod(image), nil)))
		return strings.Contains(w.Body.String(), "patch")
	}
	old := f.set
	f.Reload()
	if got := f.metric(t, `regmigrate_webhook_reloads_total{object="rules",result="success"}`); got != "0" {
		t.Errorf("without a change: %s reloads", got)
	}
	f.err = errors.New("rules.yaml:1:1: broken")
	f.Reload()
	f.Reload() // the same failure counts once
	if !moved("k8s.gcr.io/a") || f.metric(t, `regmigrate_webhook_reload_failing{object="rules"}`) != "1" || f.metric(t, `regmigrate_webhook_reloads_total{object="rules",result="failure"}`) != "1" {
		t.Error("broken rules: expected the old ones, and one failure")
	}
	if !strings.Contains(f.log.String(), "rules.yaml:1:1: broken") {
		t.Errorf("log: %s", f.log.String())
	}
	f.err, f.set = nil, ruleSet(t, "quay.io/a=quay.io/b")
	f.Reload()
	if moved("k8s.gcr.io/a") || !moved("quay.io/a/x") || f.metric(t, `regmigrate_webhook_reload_failing{object="rules"}`) != "0" {
		t.Error("new rules are not in use")
	}
	if f.metric(t, `regmigrate_webhook_rules_info{digest="`+f.set.Table().Digest()+`"}`) != "1" || f.metric(t, `regmigrate_webhook_rules_info{digest="`+old.Table().Digest()+`"}`) != "" {
		t.Error("the metric of the rules is wrong")
	}

	f = newFixture(t, nil) // without WatchRules
	f.set = ruleSet(t, "quay.io/a=quay.io/b")
	f.Reload()
	if !moved("k8s.gcr.io/a") {
		t.Error("the rules changed without WatchRules")
	}
}

// The files of a Secret change by a symbolic link.
func TestReloadCertificateThroughLinks(t *testing.T) {
	f := newFixture(t, nil)
	data := func(name string) {
		dir := filepath.Join(f.dir, name)
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		for _, file := range []string{"tls.crt", "tls.key"} {
			if err := os.Rename(filepath.Join(f.dir, file), filepath.Join(dir, file)); err != nil {
				t.Fatal(err)
			}
		}
		link := filepath.Join(f.dir, "..data.tmp")
		if err := os.Symlink(name, link); err != nil {
			t.Skip("no symbolic links: ", err)
		}
		if err := os.Rename(link, filepath.Join(f.dir, "..data")); err != nil {
			t.Fatal(err)
		}
	}
	data("..1")
	f.cert.certFile, f.cert.keyFile = filepath.Join(f.dir, "..data", "tls.crt"), filepath.Join(f.dir, "..data", "tls.key")
	f.Reload()
	if strings.Contains(f.log.String(), "new certificate") {
		t.Errorf("the same content: %s", f.log.String())
	}
	f.writePair(t, 2*time.Hour)
	data("..2")
	f.Reload()
	if got := f.cert.current.Load().Leaf.SerialNumber.String(); got != f.serial {
		t.Errorf("serial %s, want %s", got, f.serial)
	}
	if got := f.metric(t, "regmigrate_webhook_certificate_not_after_timestamp_seconds"); got != strconv.FormatFloat(float64(f.now.Add(2*time.Hour).Unix()), 'g', -1, 64) {
		t.Errorf("the metric of the expiry is %s", got)
	}
}

// 20 certificates are replaced while clients send requests, with broken pairs between
// them: no request fails. REGMIGRATE_REAL sends 20,000 requests.
func TestCertificateSwaps(t *testing.T) {
	const swaps, clients = 20, 4
	requests := 400
	if os.Getenv("REGMIGRATE_REAL") != "" {
		requests = 20_000
	}
	f := newFixture(t, nil)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := f.httpServer(f.Handler())
	done := make(chan struct{})
	go func() { defer close(done); _ = server.ServeTLS(listener, "", "") }()
	defer func() { server.Close(); <-done }()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	url := "https://localhost:" + port + Path
	body := reviewOf(t, fullPod("k8s.gcr.io/pause:3.9"), nil)
	roots := x509.NewCertPool()
	type certificate struct{ cert, key []byte }
	var good []certificate
	for range swaps {
		c := f.issue(t, time.Hour)
		good = append(good, certificate{c.Cert, c.Key})
	}
	roots = f.roots.Clone()
	client := func(keepAlive bool) *http.Client {
		return &http.Client{Transport: &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: keepAlive, DisableKeepAlives: !keepAlive,
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) { // localhost may be ::1
				return new(net.Dialer).DialContext(ctx, network, listener.Addr().String())
			},
		}}
	}
	send := func(c *http.Client) (serial string, err error) {
		res, err := c.Post(url, "application/json", bytes.NewReader(body))
		if err != nil {
			return "", err
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != 200 || !bytes.Contains(text, []byte("JSONPatch")) {
			return "", fmt.Errorf("%d %s %w", res.StatusCode, text, err)
		}
		return res.TLS.PeerCertificates[0].SerialNumber.String(), nil
	}
	var failures sync.Map
	before := f.cert.current.Load().Leaf.SerialNumber.String()
	for i, next := range good {
		var wg sync.WaitGroup
		for k := range clients {
			wg.Add(1)
			go func() {
				defer wg.Done()
				c := client(k%2 == 0)
				defer c.CloseIdleConnections()
				for n := range requests / swaps / clients {
					if _, err := send(c); err != nil {
						failures.Store(fmt.Sprint(i, k, n), err)
					}
				}
			}()
		}
		for _, broken := range []certificate{{next.cert, good[(i+1)%swaps].key}, {next.cert[:len(next.cert)/2], next.key}, {nil, next.key}, {next.cert, []byte("x")}} {
			f.write(t, "tls.crt", broken.cert)
			f.write(t, "tls.key", broken.key)
			f.Reload()
		}
		if err := os.Remove(filepath.Join(f.dir, "tls.key")); err != nil {
			t.Fatal(err)
		}
		f.Reload()
		if got, err := send(client(false)); err != nil || got != before {
			t.Errorf("swap %d: with broken files the certificate is %s, %v; want %s", i, got, err, before)
		}
		f.write(t, "tls.crt", next.cert)
		f.write(t, "tls.key", next.key)
		f.Reload()
		before = f.cert.current.Load().Leaf.SerialNumber.String()
		if got, err := send(client(false)); err != nil || got != before {
			t.Errorf("swap %d: a new connection has certificate %s, %v; want %s", i, got, err, before)
		}
		wg.Wait()
	}
	count := 0
	failures.Range(func(_, err any) bool {
		if count++; count < 5 {
			t.Error(err)
		}
		return true
	})
	t.Logf("%d requests, %d swaps, %d broken pairs: %d failures", requests, swaps, 5*swaps, count)
	for result, want := range map[string]int{"success": swaps, "failure": 5 * swaps} {
		if got := f.metric(t, `regmigrate_webhook_reloads_total{object="certificate",result="`+result+`"}`); got != fmt.Sprint(want) {
			t.Errorf("%s: %s reloads, want %d", result, got, want)
		}
	}
}

// A request that the server has when it shuts down is answered.
func TestRunDrains(t *testing.T) {
	f := newFixture(t, nil)
	listen := func() net.Listener {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	reviews, metrics := listen(), listen()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- f.Run(ctx, reviews, metrics, 0) }()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: f.roots, ServerName: "localhost"}, ExpectContinueTimeout: time.Minute}}
	if res, err := http.Get("http://" + metrics.Addr().String() + "/readyz"); err != nil || res.StatusCode != 200 {
		t.Fatalf("readyz: %v, %v", res, err)
	}
	reading := make(chan struct{}) // the server reads the body
	body, pipe := io.Pipe()
	r, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got100Continue: func() { close(reading) }}),
		"POST", "https://"+reviews.Addr().String()+Path, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Expect", "100-continue")
	answered := make(chan error, 1)
	go func() {
		res, err := client.Do(r)
		if err == nil && res.StatusCode != 200 {
			err = fmt.Errorf("status %d", res.StatusCode)
		}
		answered <- err
	}()
	<-reading
	cancel()
	if _, err := pipe.Write(reviewOf(t, fullPod("k8s.gcr.io/pause"), nil)); err != nil {
		t.Fatal(err)
	}
	pipe.Close()
	if err := <-answered; err != nil {
		t.Errorf("the request: %v", err)
	}
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
	if _, err := client.Get("https://" + reviews.Addr().String() + "/healthz"); err == nil {
		t.Error("the server still accepts connections")
	}
}
