package registry

import (
	"strings"
	"testing"
	"time"

	"github.com/regmigrate/regmigrate/internal/testregistry"
)

// A registry that reports a digest which its manifest does not have is never the same.
func TestFalseDigest(t *testing.T) {
	const schema1 = "application/vnd.docker.distribution.manifest.v1+prettyjws"
	for _, tt := range []struct {
		name, contentType string
	}{
		{"in the header", ""},
		{"as schema 1, where the header counts", schema1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newNetwork(t)
			old := put(t, w, "k8s.gcr.io/pause:3.9", 1)
			put(t, w, "mirror.example/pause:3.9", 2)
			put(t, w, "honest.example/pause:3.9", 1)
			w.Host("mirror.example").SetBehavior(func(b *testregistry.Behavior) { b.ReportDigest, b.ReportType = old, tt.contentType })
			c := client(t, w, Options{})
			got := one(t, c, "k8s.gcr.io/pause:3.9", "mirror.example/pause:3.9")
			if got.Verdict != Different || !strings.Contains(got.Detail, "mirror.example: reports the digest "+old+", but the manifest has ") {
				t.Errorf("got %v %q", got.Verdict, got.Detail)
			}
			if got := one(t, c, "k8s.gcr.io/pause:3.9", "honest.example/pause:3.9"); got.Verdict != Same || got.Detail != "" {
				t.Errorf("the honest registry: %v %q", got.Verdict, got.Detail)
			}
			// With a digest in both references, the old registry is not asked.
			if got := one(t, c, "k8s.gcr.io/pause@"+old, "mirror.example/pause@"+old); got.Verdict == Same {
				t.Errorf("by digest: %v %q", got.Verdict, got.Detail)
			}
		})
	}
}

// The old registry gets HEAD, which counts against no limit of pulls.
func TestOldByHEAD(t *testing.T) {
	for _, noHead := range []bool{false, true} {
		w := newNetwork(t)
		put(t, w, "k8s.gcr.io/pause:3.9", 1)
		put(t, w, "registry.k8s.io/pause:3.9", 1)
		w.Host("k8s.gcr.io").SetBehavior(func(b *testregistry.Behavior) { b.NoHead = noHead })
		got := one(t, client(t, w, Options{}), "k8s.gcr.io/pause:3.9", "registry.k8s.io/pause:3.9")
		want, detail := "GET /v2/; HEAD /v2/pause/manifests/3.9", ""
		if noHead {
			want, detail = want+"; GET /v2/pause/manifests/3.9", "k8s.gcr.io does not answer HEAD: it counts the request as a pull"
		}
		if requests := strings.Join(w.Requests("k8s.gcr.io"), "; "); requests != want {
			t.Errorf("no HEAD %v: the requests were %s, want %s", noHead, requests, want)
		}
		if got.Verdict != Same || got.Detail != detail {
			t.Errorf("no HEAD %v: %v %q", noHead, got.Verdict, got.Detail)
		}
	}
}

// A cached digest that the registry reported proves nothing.
func TestCacheOfReportedDigest(t *testing.T) {
	w := newNetwork(t)
	old := put(t, w, "k8s.gcr.io/pause:3.9", 1)
	put(t, w, "mirror.example/pause:3.9", 2)
	h := w.Host("mirror.example")
	h.SetBehavior(func(b *testregistry.Behavior) { b.ReportDigest = old })
	cache := &Cache{Dir: t.TempDir(), TTL: time.Hour}
	if got := one(t, client(t, w, Options{Cache: cache}), "", "mirror.example/pause:3.9"); got.Verdict != Exists {
		t.Fatalf("got %v %q", got.Verdict, got.Detail)
	}
	for _, offline := range []bool{true, false} {
		if got := one(t, client(t, w, Options{Cache: cache, Offline: offline}), "k8s.gcr.io/pause:3.9", "mirror.example/pause:3.9"); got.Verdict == Same {
			t.Errorf("offline %v: %v %q", offline, got.Verdict, got.Detail)
		}
	}
}

func TestRedirectLoop(t *testing.T) {
	w := newNetwork(t)
	put(t, w, "registry.k8s.io/pause:3.9", 1)
	w.Host("registry.k8s.io").SetBehavior(func(b *testregistry.Behavior) { b.RedirectToSelf = true })
	for _, old := range []string{"", "k8s.gcr.io/pause:3.9"} { // HEAD and GET
		w.Host("registry.k8s.io").ClearRequests()
		got := one(t, client(t, w, Options{}), old, "registry.k8s.io/pause:3.9")
		if got.Verdict != Unreachable || got.Detail != "registry.k8s.io: more than 9 redirects" {
			t.Errorf("got %v %q", got.Verdict, got.Detail)
		}
		if n := len(w.Requests("registry.k8s.io")); n > 1+maxRequests {
			t.Errorf("%d requests, want at most %d and the one for authentication", n, maxRequests)
		}
	}
}
