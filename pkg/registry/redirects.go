package registry

import (
	"context"
	"sync"
)

type redirectsKey struct{}

// A redirects value records the hosts that requests are sent to, in order.
type redirects struct {
	mu    sync.Mutex
	hosts []string
}

// recordRedirects returns a context that records the hosts of its requests.
func recordRedirects(ctx context.Context) (context.Context, *redirects) {
	r := &redirects{}
	return context.WithValue(ctx, redirectsKey{}, r), r
}

func (r *redirects) add(host string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hosts = append(r.hosts, host)
}

// target returns the last host if it is not host, and "" otherwise. Token
// servers do not count: they are contacted first.
func (r *redirects) target(host string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.hosts) == 0 || r.hosts[len(r.hosts)-1] == host {
		return ""
	}
	return r.hosts[len(r.hosts)-1]
}

type digestKey struct{}

// A reportedDigest is the digest in the header of the last answer about a manifest.
type reportedDigest struct {
	mu   sync.Mutex
	text string
}

// recordDigest returns a context that records the digest that the registry reports.
func recordDigest(ctx context.Context) (context.Context, *reportedDigest) {
	d := &reportedDigest{}
	return context.WithValue(ctx, digestKey{}, d), d
}

func (d *reportedDigest) set(text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.text = text
}

func (d *reportedDigest) value() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text
}
