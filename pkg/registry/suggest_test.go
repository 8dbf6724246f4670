package registry

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/internal/testregistry"
)

// suggestOne returns the suggestion for one missing image.
func suggestOne(t *testing.T, c *Client, old, reference, oldDigest string) *Suggestion {
	t.Helper()
	return c.Suggest(t.Context(), []Result{{Pair: Pair{old, reference}, Verdict: Missing, OldDigest: oldDigest}}, nil)[0]
}

func TestSuggest(t *testing.T) {
	w := newNetwork(t)
	same := put(t, w, "registry.k8s.io/app:v1.8.0", 1)
	put(t, w, "registry.k8s.io/app:v1.8.6", 2)
	other := put(t, w, "k8s.gcr.io/app:1.8.0", 3)
	for _, x := range []struct {
		name, reference, digest string
		same                    bool
		why                     string // of the first tag, or the detail
	}{
		{"the digest", "registry.k8s.io/app:1.8.0", same, true, "the same version, with v; the digest of the old image"},
		{"another digest", "registry.k8s.io/app:1.8.0", other, false, "the same version, with v; another digest than the old image"},
		{"no old image", "registry.k8s.io/app:1.8.0", "", false, "the same version, with v; there is no digest of the old image to compare with"},
		{"another version", "registry.k8s.io/app:v1.8.1", "", false, "the newest patch of the same minor version"},
		{"no repository", "registry.k8s.io/none:v1.8.1", "", false, "the registry does not have the repository registry.k8s.io/none"},
		{"a digest", "registry.k8s.io/app@" + other, "", false, "a reference by digest has no other tags"},
		{"no host", "gone.example/app:1", "", false, "the tags of gone.example/app cannot be listed: gone.example: "},
	} {
		t.Run(x.name, func(t *testing.T) {
			got := suggestOne(t, client(t, w, Options{}), "k8s.gcr.io/app:1.8.0", x.reference, x.digest)
			text := got.Detail
			if len(got.Near) > 0 {
				text = got.Near[0].Why
			}
			if got.Same != x.same || !strings.HasPrefix(text, x.why) {
				t.Errorf("got %+v, want %v %q", got, x.same, x.why)
			}
		})
	}
}

// The list of a repository is read once, and only for missing images.
func TestSuggestRequests(t *testing.T) {
	w := newNetwork(t)
	put(t, w, "registry.k8s.io/app:v1.8.6", 2)
	var results []Result
	for i := range 20 {
		v := Missing
		if i%2 == 0 {
			v = Exists
		}
		results = append(results, Result{Pair: Pair{New: fmt.Sprintf("registry.k8s.io/app:v1.8.%d", 10+i)}, Verdict: v})
	}
	last := 0
	for i, s := range client(t, w, Options{}).Suggest(t.Context(), results, func(done int) { last = done }) {
		if (s != nil) != (i%2 == 1) {
			t.Errorf("%d: got %+v", i, s)
		}
	}
	n := strings.Count(strings.Join(w.Requests("registry.k8s.io"), "\n"), "/tags/list")
	if n != 1 || last != 10 {
		t.Errorf("%d requests for tags, progress %d", n, last)
	}
}

// If a registry does not list its tags, the tag with another spelling is queried.
func TestSuggestWithoutList(t *testing.T) {
	w := newNetwork(t)
	put(t, w, "registry.k8s.io/app:v1.8.0", 1)
	w.Host("registry.k8s.io").SetBehavior(func(b *testregistry.Behavior) { b.StallPath = "/tags/list" })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := client(t, w, Options{}).Suggest(ctx, []Result{{Pair: Pair{New: "registry.k8s.io/app:1.8.0"}, Verdict: Missing}}, nil); got[0] != nil {
		t.Errorf("got %+v after the end of the context", got[0])
	}

	h := tagServer{pages: 1, fail: true}
	c := client(t, nil, Options{Transport: h.transport()})
	got := suggestOne(t, c, "", "a.example/app:1.8.0", fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(`{"schemaVersion": 2}`))))
	if !got.Same || len(got.Near) != 1 || !strings.Contains(got.Detail, "cannot be listed") {
		t.Errorf("got %+v", got)
	}
}

// A registry whose list of tags has no end, or is too large, costs a bounded number of requests.
func TestSuggestLimits(t *testing.T) {
	h := tagServer{pages: 1 << 30}
	got := suggestOne(t, client(t, nil, Options{Transport: h.transport()}), "", "a.example/app:1.8.7", "")
	if h.lists != maxTagPages || !strings.Contains(got.Detail, "the others were not read") {
		t.Errorf("%d pages: %+v", h.lists, got)
	}
	h = tagServer{pages: 1, padding: maxTagPageSize}
	got = suggestOne(t, client(t, nil, Options{Transport: h.transport()}), "", "a.example/app:1.8.7", "")
	if !strings.Contains(got.Detail, "cannot be listed") {
		t.Errorf("got %+v", got)
	}
}

// A tagServer is a registry with pages of tags and one image.
type tagServer struct {
	pages, padding int
	fail           bool
	lists          int
}

func (s *tagServer) transport() http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		rec := httptest.NewRecorder()
		switch {
		case strings.HasSuffix(r.URL.Path, "/tags/list") && s.fail:
			rec.WriteHeader(http.StatusForbidden)
		case strings.HasSuffix(r.URL.Path, "/tags/list"):
			s.lists++
			if s.lists < s.pages {
				rec.Header().Set("Link", fmt.Sprintf(`</v2/app/tags/list?last=%d>; rel="next"`, s.lists))
			}
			fmt.Fprintf(rec, `{"name": "app", %s "tags": ["2.%d.0"]}`, strings.Repeat(" ", s.padding), s.lists)
		case strings.HasSuffix(r.URL.Path, "/manifests/v1.8.0"):
			rec.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
			rec.WriteString(`{"schemaVersion": 2}`)
		case r.URL.Path != "/v2/":
			rec.WriteHeader(http.StatusNotFound)
		}
		resp := rec.Result()
		resp.Request = r
		return resp, nil
	})
}
