// Package registry asks registries about images and copies them.
//
// [New] makes a [Client]. [Client.Check] says of pairs of references whether
// the new one is the image of the old one; [Client.Mirror] copies images to a
// private registry; [Ping] looks at the way to a registry step by step;
// [MirrorConfig] writes the settings of a pull-through cache.
//
// A client bounds its connections, waits as long as a registry asks it to,
// uses a token for as long as it is good, and remembers digests on disk. What
// it sends is what go-containerregistry sends; credentials come from the
// Docker keychain, and go to the host that they are for and no other.
// Nothing here knows of files, rules or plans.
package registry

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// Options say how a Client works. The zero value is a client without a cache.
type Options struct {
	Jobs      int               // images worked on at a time; 0: 8
	Timeout   time.Duration     // for one image that is checked; 0: one minute
	Backoff   time.Duration     // the first wait before a request is repeated; 0: half a second
	Cache     *Cache            // nil: nothing is remembered
	Offline   bool              // the cache alone answers, however old it is
	UserAgent string            // "": that of the library
	Transport http.RoundTripper // nil: one that takes the proxy from the environment
	Keychain  authn.Keychain    // nil: the Docker keychain
}

// A Client speaks to registries. Its methods may be called at the same time.
type Client struct {
	o         Options
	transport *retryTransport
	puller    *remote.Puller
	pusher    *remote.Pusher
}

// New returns a client.
func New(o Options) (*Client, error) {
	if o.Jobs <= 0 {
		o.Jobs = 8
	}
	if o.Timeout <= 0 {
		o.Timeout = time.Minute
	}
	if o.Backoff <= 0 {
		o.Backoff = 500 * time.Millisecond
	}
	if o.Transport == nil {
		o.Transport = newTransport(o.Jobs)
	}
	if o.Keychain == nil {
		o.Keychain = authn.DefaultKeychain
	}
	c := &Client{o: o, transport: newRetryTransport(o.Transport, o.Backoff)}
	options := []remote.Option{
		remote.WithTransport(c.transport), remote.WithAuthFromKeychain(o.Keychain), remote.WithJobs(o.Jobs),
		// Requests are repeated by way, which heeds Retry-After.
		remote.WithRetryBackoff(remote.Backoff{Duration: o.Backoff, Factor: 2, Jitter: 0.1, Steps: 1}),
		remote.WithRetryStatusCodes(), remote.WithRetryPredicate(func(error) bool { return false }),
	}
	if o.UserAgent != "" {
		options = append(options, remote.WithUserAgent(o.UserAgent))
	}
	var err error
	if c.puller, err = remote.NewPuller(options...); err != nil {
		return nil, fmt.Errorf("preparing to ask registries: %w", err)
	}
	if c.pusher, err = remote.NewPusher(options...); err != nil {
		return nil, fmt.Errorf("preparing to write to a registry: %w", err)
	}
	return c, nil
}

// Requests is how many requests went out so far, repeated ones included.
func (c *Client) Requests() int { return int(c.transport.requests.Load()) }

// parse reads a reference as a container runtime does: `nginx` is
// docker.io/library/nginx:latest.
func parse(text string) (name.Reference, error) {
	return name.ParseReference(text, name.WithDefaultTag("latest"))
}

// displayName is a registry as people know it.
func displayName(r name.Registry) string { return displayHost(r.RegistryStr()) }

func displayHost(host string) string {
	if host == name.DefaultRegistry {
		return "docker.io"
	}
	return host
}

// forEach calls do for 0 ≤ i < n, up to jobs of them at a time. When ctx is done
// no further one is begun.
func forEach(ctx context.Context, jobs, n int, do func(i int)) {
	next := make(chan int)
	done := make(chan struct{})
	workers := min(jobs, n)
	for range workers {
		go func() {
			for i := range next {
				do(i)
			}
			done <- struct{}{}
		}()
	}
	for i := range n {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	for range workers {
		<-done
	}
}
