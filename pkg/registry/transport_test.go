package registry

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/regmigrate/regmigrate/internal/testregistry"
)

func TestBusyRegistry(t *testing.T) {
	w := newNetwork(t)
	put(t, w, "registry.k8s.io/pause:3.9", 1)
	h := w.Host("registry.k8s.io")
	for _, tt := range []struct {
		name, retryAfter string
		failWith         []int
		want             Verdict
		requests         int
	}{
		{"Retry-After", "0", []int{429, 429, 429}, Exists, 5},
		{"temporary errors", "", []int{503, 500, 502}, Exists, 5},
		{"stays busy", "0", []int{429, 429, 429, 429, 429, 429, 429, 429, 429, 429}, Unreachable, 5},
		{"Retry-After is too long", "3600", []int{429, 429}, Unreachable, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h.ClearRequests()
			h.SetBehavior(func(b *testregistry.Behavior) { b.FailWith, b.RetryAfter = tt.failWith, tt.retryAfter })
			got := one(t, client(t, w, Options{}), "", "registry.k8s.io/pause:3.9")
			if got.Verdict != tt.want {
				t.Errorf("got %v %q, want %v", got.Verdict, got.Detail, tt.want)
			}
			if n := len(w.Requests("registry.k8s.io")); n != tt.requests {
				t.Errorf("%d requests, want %d: %q", n, tt.requests, w.Requests("registry.k8s.io"))
			}
			h.SetBehavior(func(b *testregistry.Behavior) { b.FailWith = nil })
		})
	}
}

// Check queries many references with few connections, one request per reference,
// and one authentication request per host.
func TestManyReferences(t *testing.T) {
	w := newNetwork(t)
	const n, jobs = 1000, 4
	var pairs []Pair
	for i := range 10 {
		put(t, w, fmt.Sprintf("registry.k8s.io/i%d:1", i), 1)
	}
	for i := range n {
		pairs = append(pairs, Pair{fmt.Sprintf("dead.example/i%d:%d", i%10, i), fmt.Sprintf("registry.k8s.io/i%d:1", i%10)})
	}
	tr := w.Transport()
	tr.OnProxyConnectResponse, tr.MaxConnsPerHost = checkProxyResponse, 2*jobs
	c := client(t, w, Options{Jobs: jobs, Transport: tr})
	last := 0
	for i, r := range c.Check(context.Background(), pairs, func(done int) { last = done }) {
		if r.Verdict != Exists || r.Pair != pairs[i] {
			t.Fatalf("%v: %v %q", r.Pair, r.Verdict, r.Detail)
		}
	}
	if last != n {
		t.Errorf("last progress is %d", last)
	}
	if got := w.Connections("registry.k8s.io"); got > 2*jobs {
		t.Errorf("%d connections", got)
	}
	pings := 0
	for _, r := range w.Requests("registry.k8s.io") {
		if r == "GET /v2/" {
			pings++
		}
	}
	if pings != 1 {
		t.Errorf("GET /v2/ was sent %d times, want 1", pings)
	}
	if got := c.Requests(); got > n+1+2*jobs {
		t.Errorf("%d requests for %d references: requests to the unreachable registry were repeated", got, n)
	}
}

// A roundTripper implements http.RoundTripper.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestTimeout(t *testing.T) {
	noResponse := roundTripper(func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	})
	got := one(t, client(t, nil, Options{Timeout: time.Millisecond, Transport: noResponse}), "", "registry.k8s.io/pause:3.9")
	if got.Verdict != Unreachable || got.Detail != "registry.k8s.io: timed out" {
		t.Errorf("got %v %q", got.Verdict, got.Detail)
	}
}

func TestUnknownAuthority(t *testing.T) {
	w := newNetwork(t)
	w.Host("registry.k8s.io").SetBehavior(func(b *testregistry.Behavior) { b.Untrusted = true })
	got := one(t, client(t, w, Options{}), "", "registry.k8s.io/pause:3.9")
	if got.Verdict != Unreachable || !strings.Contains(got.Detail, "unknown authority (untrusted authority)") {
		t.Errorf("got %v %q", got.Verdict, got.Detail)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2023, 3, 20, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"0": 0, "7": 7 * time.Second, now.Add(time.Minute).Format(http.TimeFormat): time.Minute, now.Add(-time.Minute).Format(http.TimeFormat): 0,
	} {
		if got, ok := retryAfter(text, now); !ok || got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	for _, text := range []string{"", "-1", "soon"} {
		if got, ok := retryAfter(text, now); ok {
			t.Errorf("%q: %v", text, got)
		}
	}
}
