package pullrequest

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// testSession returns a session for the repository acme/shop of a forge.
func testSession(t *testing.T, kind *forgeKind, api, token string, o Options) *Session {
	t.Helper()
	o.Getenv = func(string) string { return "" }
	u, err := url.Parse(api)
	if err != nil {
		t.Fatal(err)
	}
	s := &Session{o: o, kind: kind, api: api, Base: "main", slug: "acme/shop"}
	s.o.Branch = "x"
	if s.forge, err = kind.connect(connection{kind: kind, client: newAPIClient(kind, u, token, &s.o), api: api, repo: s.slug, fork: s.slug}); err != nil {
		t.Fatal(err)
	}
	return s
}

// A request that the forge defers is repeated, unless the wait is longer than
// MaxWait.
func TestRateLimit(t *testing.T) {
	for _, x := range []struct {
		name, after string
		waits       int
		ok          bool
	}{
		{"shorter than MaxWait", "20", 1, true},
		{"longer than MaxWait", "61", 0, false},
	} {
		asked := 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if asked++; asked == 1 {
				w.Header().Set("Retry-After", x.after)
				w.WriteHeader(http.StatusForbidden)
				w.Write([]byte(`{"message":"slow down","documentation_url":"https://docs.github.com/x#about-secondary-rate-limits"}`))
				return
			}
			w.Write([]byte("[]"))
		}))
		var waited []time.Duration
		s := testSession(t, &githubKind, server.URL+"/api/v3", "t", Options{MaxWait: time.Minute, Sleep: func(_ context.Context, d time.Duration) error {
			waited = append(waited, d)
			return nil
		}})
		_, _, err := s.findPull(t.Context())
		server.Close()
		if (err == nil) != x.ok || len(waited) != x.waits {
			t.Errorf("%s: error %v after waiting %v", x.name, err, waited)
		}
		if p := (*Problem)(nil); !x.ok && (!errors.As(err, &p) || !strings.Contains(p.Hint, "in 1m1s")) {
			t.Errorf("%s: %v", x.name, err)
		}
	}
}

// The token is not sent to the target of a redirect.
func TestRedirect(t *testing.T) {
	var seen []string
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = append(seen, r.Header.Get("Authorization")) }))
	defer other.Close()
	server := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	_, _, err := testSession(t, &githubKind, server.URL, "token", Options{}).findPull(t.Context())
	if err == nil || !strings.Contains(err.Error(), "are not followed") || len(seen) > 0 {
		t.Errorf("error %v; the other server received %q", err, seen)
	}
}
