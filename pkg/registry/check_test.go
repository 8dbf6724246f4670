package registry

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/regmigrate/regmigrate/internal/testregistry"
)

// newNetwork returns a test network without registries.
func newNetwork(t *testing.T) *testregistry.Network {
	t.Helper()
	w, err := testregistry.Start(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

// client returns a client whose requests go to the test network, unless o has a
// transport.
func client(t *testing.T, w *testregistry.Network, o Options) *Client {
	t.Helper()
	if o.Transport == nil {
		tr := w.Transport()
		tr.OnProxyConnectResponse = checkProxyResponse
		o.Transport = tr
	}
	if o.Keychain == nil {
		o.Keychain = authn.NewMultiKeychain() // no credentials
	}
	if o.Timeout == 0 {
		o.Timeout = time.Hour // a busy machine does not reach it
	}
	o.Backoff = time.Millisecond
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// put pushes an image of one platform, or an index of several.
func put(t *testing.T, w *testregistry.Network, ref string, seed int64, platforms ...string) string {
	t.Helper()
	digest, err := w.PushImage(ref, seed, platforms...)
	if err != nil {
		t.Fatal(err)
	}
	return digest
}

func one(t *testing.T, c *Client, old, new string) Result {
	t.Helper()
	return c.Check(context.Background(), []Pair{{old, new}}, nil)[0]
}

func TestVerdicts(t *testing.T) {
	w := newNetwork(t)
	same := put(t, w, "k8s.gcr.io/pause:3.9", 1)
	put(t, w, "registry.k8s.io/pause:3.9", 1)
	put(t, w, "k8s.gcr.io/pause:3.8", 2)
	put(t, w, "registry.k8s.io/pause:3.8", 3)
	put(t, w, "k8s.gcr.io/pause:3.7", 4)
	put(t, w, "registry.k8s.io/pause:3.6", 4)
	put(t, w, "registry.k8s.io/pause:latest", 4)
	put(t, w, "k8s.gcr.io/multi:1", 5, "linux/amd64", "linux/arm64", "linux/s390x")
	put(t, w, "registry.k8s.io/multi:1", 5, "linux/amd64", "linux/arm64=9", "linux/ppc64le")
	put(t, w, "k8s.gcr.io/multi:2", 5, "linux/amd64", "linux/arm64")
	put(t, w, "registry.k8s.io/multi:2", 5)
	w.Host("old.example").SetBehavior(func(b *testregistry.Behavior) { b.Unreachable = true })
	put(t, w, "old.example/pause:3.9", 1)
	c := client(t, w, Options{})
	for _, tt := range []struct {
		name, old, new string
		want           Verdict
		detail         string
	}{
		{"equal digests", "k8s.gcr.io/pause:3.9", "registry.k8s.io/pause:3.9", Same, ""},
		{"other digests", "k8s.gcr.io/pause:3.8", "registry.k8s.io/pause:3.8", Different, "differs on linux/amd64"},
		{"only in the old registry", "k8s.gcr.io/pause:3.7", "registry.k8s.io/pause:3.7", Missing, "k8s.gcr.io has it"},
		{"in neither registry", "k8s.gcr.io/pause:0", "registry.k8s.io/pause:0", Missing, "k8s.gcr.io does not have it either"},
		{"only in the new registry", "k8s.gcr.io/pause:3.6", "registry.k8s.io/pause:3.6", Exists, "k8s.gcr.io does not have it"},
		{"an unreachable old registry", "old.example/pause:3.9", "registry.k8s.io/pause:3.9", Exists, "old.example: the proxy cannot reach the host (502 Bad Gateway)"},
		{"an unreachable new registry", "k8s.gcr.io/pause:3.9", "nowhere.example/pause:3.9", Unreachable, "nowhere.example: the proxy cannot reach the host (502 Bad Gateway)"},
		{"by digest", "k8s.gcr.io/pause@" + same, "registry.k8s.io/pause@" + same, Same, ""},
		{"a tag and a digest: the digest decides", "k8s.gcr.io/pause:0@" + same, "registry.k8s.io/pause:0@" + same, Same, ""},
		{"without a tag", "", "registry.k8s.io/pause", Exists, ""},
		{"an index with other platforms", "k8s.gcr.io/multi:1", "registry.k8s.io/multi:1", Different, "differs on linux/arm64; missing: linux/s390x; only in the new image: linux/ppc64le; same: 1"},
		{"an index and an image", "k8s.gcr.io/multi:2", "registry.k8s.io/multi:2", Different, "missing: linux/arm64; same: 1"},
		{"a variable", "k8s.gcr.io/pause:{{ .Tag }}", "registry.k8s.io/pause:{{ .Tag }}", Skipped, "contains a variable"},
		{"an incomplete reference", "k8s.gcr.io/", "registry.k8s.io/", Skipped, "not a complete reference"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := one(t, c, tt.old, tt.new)
			if got.Verdict != tt.want || got.Detail != tt.detail {
				t.Errorf("got %v %q, want %v %q", got.Verdict, got.Detail, tt.want, tt.detail)
			}
		})
	}
}

func TestRedirects(t *testing.T) {
	w := newNetwork(t)
	const backend = "europe-west1-docker.pkg.dev"
	put(t, w, backend+"/pause:3.9", 1)
	put(t, w, backend+"/multi:1", 2)
	put(t, w, "other.example/multi:1", 3)
	w.Host("registry.k8s.io").SetBehavior(func(b *testregistry.Behavior) {
		b.RedirectManifests, b.RedirectBlobs = backend, "bucket.s3.example"
		b.Auth, b.User, b.Password = "token", "me", "secret"
	})
	w.Host("k8s.gcr.io").SetBehavior(func(b *testregistry.Behavior) { b.RedirectManifests = "registry.k8s.io" })
	c := client(t, w, Options{Keychain: keys{"registry.k8s.io": {Username: "me", Password: "secret"}}})
	if got := one(t, c, "", "registry.k8s.io/pause:3.9"); got.Verdict != Exists {
		t.Errorf("after a redirect: %v %q", got.Verdict, got.Detail)
	}
	// To compare platforms, Check reads manifests and a blob, all through redirects.
	put(t, w, "bucket.s3.example/multi:1", 2)
	if got := one(t, c, "other.example/multi:1", "registry.k8s.io/multi:1"); got.Verdict != Different || got.Detail != "differs on linux/amd64" {
		t.Errorf("got %v %q", got.Verdict, got.Detail)
	}
	requests := w.Requests("registry.k8s.io")
	if !slices.ContainsFunc(requests, func(s string) bool { return strings.HasSuffix(s, "+auth") }) {
		t.Errorf("no request had credentials: %q", requests)
	}
	for _, host := range []string{backend, "bucket.s3.example"} {
		got := w.Requests(host)
		if len(got) == 0 {
			t.Errorf("%s received no request", host)
		}
		for _, r := range got {
			if strings.HasSuffix(r, "+auth") {
				t.Errorf("credentials went to %s: %s", host, r)
			}
		}
	}
}

// If the old name only redirects to the new one, equal digests prove nothing; the
// detail says so.
func TestOldRedirectsToNew(t *testing.T) {
	w := newNetwork(t)
	put(t, w, "registry.k8s.io/pause:3.9", 1)
	w.Host("k8s.gcr.io").SetBehavior(func(b *testregistry.Behavior) { b.RedirectManifests = "registry.k8s.io" })
	got := one(t, client(t, w, Options{}), "k8s.gcr.io/pause:3.9", "registry.k8s.io/pause:3.9")
	if got.Verdict != Same || got.Detail != "k8s.gcr.io redirects to registry.k8s.io" {
		t.Errorf("got %v %q", got.Verdict, got.Detail)
	}
}

// keys are credentials by host.
type keys map[string]authn.AuthConfig

func (k keys) Resolve(r authn.Resource) (authn.Authenticator, error) {
	if a, ok := k[r.RegistryStr()]; ok {
		return authn.FromConfig(a), nil
	}
	return authn.Anonymous, nil
}

func TestCredentials(t *testing.T) {
	for _, auth := range []string{"basic", "token"} {
		t.Run(auth, func(t *testing.T) {
			w := newNetwork(t)
			put(t, w, "private.example/a:1", 1)
			put(t, w, "private.example/a:2", 1)
			w.Host("private.example").SetBehavior(func(b *testregistry.Behavior) { b.Auth, b.User, b.Password = auth, "me", "secret" })
			// The Docker keychain, as docker login writes it.
			dir := t.TempDir()
			config := fmt.Sprintf(`{"auths":{"private.example":{"auth":%q}}}`, base64.StdEncoding.EncodeToString([]byte("me:secret")))
			if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(config), 0o600); err != nil {
				t.Fatal(err)
			}
			t.Setenv("DOCKER_CONFIG", dir)
			pairs := []Pair{{"", "private.example/a:1"}, {"", "private.example/a:2"}}
			c := client(t, w, Options{Keychain: authn.DefaultKeychain})
			for _, r := range c.Check(context.Background(), pairs, nil) {
				if r.Verdict != Exists {
					t.Errorf("%s: %v %q", r.New, r.Verdict, r.Detail)
				}
			}
			tokens := 0
			for _, r := range w.Requests("private.example") {
				if strings.HasPrefix(r, "GET /token") {
					tokens++
				}
			}
			if want := map[string]int{"basic": 0, "token": 1}[auth]; tokens != want {
				t.Errorf("%d tokens for one repository, want %d", tokens, want)
			}
			got := one(t, client(t, w, Options{}), "", "private.example/a:1")
			if got.Verdict != Unreachable || !strings.HasPrefix(got.Detail, "private.example: denied") {
				t.Errorf("without credentials: %v %q", got.Verdict, got.Detail)
			}
		})
	}
}
