// Package registry queries container registries and copies images.
//
// [New] returns a [Client]. [Client.Check] reports whether a new reference is the
// same image as an old one. [Client.Mirror] copies images to another registry.
// [Ping] tests the connection to a registry step by step. [MirrorConfig] returns
// the configuration of nodes that pull through a mirror.
//
// A client limits its connections, obeys Retry-After, reuses tokens until they
// expire, and caches digests on disk. It uses the protocol implementation of
// go-containerregistry. Credentials come from the Docker keychain and are sent
// only to their own host.
package registry

import (
	"fmt"
	"net/http"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// Options configure a Client. The zero value is a client without a cache.
type Options struct {
	Jobs      int               // images that are processed at the same time; 0: 8
	Timeout   time.Duration     // of the check of one image; 0: one minute
	Backoff   time.Duration     // the wait before the first repetition of a request; 0: half a second
	Cache     *Cache            // nil: no cache
	Offline   bool              // use only the cache, regardless of its age
	UserAgent string            // "": that of go-containerregistry
	Transport http.RoundTripper // nil: a transport with the proxy of the environment
	Keychain  authn.Keychain    // nil: the Docker keychain
}

// A Client sends requests to registries. It is safe for concurrent use.
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
		remote.WithTransport(newGuardTransport(c.transport)), remote.WithAuthFromKeychain(o.Keychain), remote.WithJobs(o.Jobs),
		// retryTransport repeats requests: it obeys Retry-After.
		remote.WithRetryBackoff(remote.Backoff{Duration: o.Backoff, Factor: 2, Jitter: 0.1, Steps: 1}),
		remote.WithRetryStatusCodes(), remote.WithRetryPredicate(func(error) bool { return false }),
	}
	if o.UserAgent != "" {
		options = append(options, remote.WithUserAgent(o.UserAgent))
	}
	var err error
	if c.puller, err = remote.NewPuller(options...); err != nil {
		return nil, fmt.Errorf("preparing to read from registries: %w", err)
	}
	if c.pusher, err = remote.NewPusher(options...); err != nil {
		return nil, fmt.Errorf("preparing to write to registries: %w", err)
	}
	return c, nil
}

// Requests returns the number of requests that were sent so far, including
// repetitions.
func (c *Client) Requests() int { return int(c.transport.requests.Load()) }

// parse parses a reference as a container runtime does: `nginx` is
// docker.io/library/nginx:latest.
func parse(text string) (name.Reference, error) {
	return name.ParseReference(text, name.WithDefaultTag("latest"))
}

// displayName returns the host of a registry as users write it.
func displayName(r name.Registry) string { return displayHost(r.RegistryStr()) }

func displayHost(host string) string {
	if host == name.DefaultRegistry {
		return "docker.io"
	}
	return host
}
