package registry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// A Pair is a reference before and after a move. Old is empty when nothing is
// known of it: then the question is whether New exists.
type Pair struct{ Old, New string }

// A Verdict says whether the new reference is the image of the old one.
type Verdict uint8

// The verdicts. What nobody asked about is unreachable.
const (
	Unreachable Verdict = iota // the new registry did not answer, so that it is not known
	Same                       // both exist, with the same digest
	Exists                     // the new one exists; the old one cannot be asked, or does not have it
	Different                  // both exist, with different digests
	Missing                    // the new one does not exist
	Skipped                    // it is no reference that a registry could be asked about
)

func (v Verdict) String() string {
	return [...]string{"unreachable", "same", "exists", "different", "missing", "skipped"}[v]
}

// A Result is what registries say of a pair.
type Result struct {
	Pair
	Verdict              Verdict
	OldDigest, NewDigest string     // sha256:…; "" when it is not known
	Detail               string     // a line that says more; may be empty
	Platforms            []Platform // when the digests differ: how, sorted by name
}

// A Platform is how the images of one platform compare.
type Platform struct {
	Name     string // linux/arm64/v8
	Old, New string // digests; "" when there is none
}

// Check asks about every pair. Result i is that of pair i. Progress, when not
// nil, is called with the number of pairs that are done, from one goroutine at
// a time. When ctx is done, what is left is unreachable.
func (c *Client) Check(ctx context.Context, pairs []Pair, progress func(done int)) []Result {
	out := make([]Result, len(pairs))
	for i, p := range pairs {
		out[i] = Result{Pair: p, Detail: "not asked: interrupted"}
	}
	var mu sync.Mutex
	done := 0
	forEach(ctx, c.o.Jobs, len(pairs), func(i int) {
		out[i] = c.checkPair(ctx, pairs[i])
		if progress != nil {
			mu.Lock()
			defer mu.Unlock()
			done++
			progress(done)
		}
	})
	return out
}

func (c *Client) checkPair(ctx context.Context, p Pair) Result {
	ctx, cancel := context.WithTimeout(ctx, c.o.Timeout)
	defer cancel()
	r := Result{Pair: p}
	to, why := parseConcrete(p.New)
	if why != "" {
		r.Verdict, r.Detail = Skipped, why
		return r
	}
	is := c.query(ctx, to)
	r.NewDigest = is.digest
	var from name.Reference
	if p.Old != "" && p.Old != p.New {
		if from, why = parseConcrete(p.Old); why != "" {
			r.Verdict, r.Detail = Skipped, why
			return r
		}
	}
	switch {
	case is.missing:
		r.Verdict, r.Detail = Missing, c.describeMissing(ctx, from, &r)
		return r
	case is.err != nil:
		r.Verdict, r.Detail = Unreachable, describeError(to, is.err)
		return r
	case from == nil:
		r.Verdict = Exists
		return r
	case from.Identifier() == is.digest:
		r.Verdict, r.OldDigest = Same, is.digest // the digest is what was asked for
		return r
	}
	was := c.query(ctx, from)
	r.OldDigest = was.digest
	switch {
	case was.missing:
		r.Verdict, r.Detail = Exists, displayName(from.Context().Registry)+" does not have it"
	case was.err != nil:
		r.Verdict, r.Detail = Exists, describeError(from, was.err)
	case was.digest == is.digest:
		r.Verdict = Same
		if was.via != "" && (was.via == to.Context().RegistryStr() || was.via == is.via) {
			r.Detail = displayName(from.Context().Registry) + " redirects to " + displayHost(was.via)
		}
	default:
		r.Verdict = Different
		r.Platforms, r.Detail = c.comparePlatforms(ctx, from, to, was.digest, is.digest)
	}
	return r
}

// describeMissing says whether the old registry has what the new one has not.
func (c *Client) describeMissing(ctx context.Context, from name.Reference, r *Result) string {
	if from == nil {
		return ""
	}
	was := c.query(ctx, from)
	r.OldDigest = was.digest
	switch host := displayName(from.Context().Registry); {
	case was.missing:
		return host + " does not have it either"
	case was.err != nil:
		return describeError(from, was.err)
	default:
		return host + " has it"
	}
}

// describeError is what an error says about the reference that was asked about.
func describeError(ref name.Reference, err error) string {
	_, why := classifyError(err)
	return cmp.Or(errorHost(err), displayName(ref.Context().Registry)) + ": " + why
}

// parseConcrete reads a reference; why says why a registry cannot be asked about it.
func parseConcrete(text string) (ref name.Reference, why string) {
	if strings.ContainsAny(text, "{}$<>%()") {
		return nil, "it has a variable in it"
	}
	ref, err := parse(text)
	if err != nil {
		return nil, "it is no whole reference"
	}
	return ref, ""
}

// An queryResult is what a registry says of a reference.
type queryResult struct {
	digest  string
	via     string // the host it redirected to, "" for none
	missing bool
	err     error
}

// query asks for the digest of a reference: the cache first, then with a request
// that has no body in its answer.
func (c *Client) query(ctx context.Context, ref name.Reference) queryResult {
	key := ref.Name()
	if e, ok := c.o.Cache.get(key); ok && (c.o.Offline || c.o.Cache.fresh(e, time.Now())) {
		return queryResult{digest: e.Digest, via: e.Via}
	}
	if c.o.Offline {
		return queryResult{err: errOffline}
	}
	ctx, trail := recordRedirects(ctx)
	desc, err := c.puller.Head(ctx, ref)
	var digest string
	if err == nil {
		digest = desc.Digest.String()
	} else if f, _ := classifyError(err); f == FaultNone {
		// An answer to HEAD without the headers that it should have.
		got, getErr := c.puller.Get(ctx, ref)
		if err = getErr; err == nil {
			digest = got.Digest.String()
		}
	}
	if err != nil {
		return queryResult{err: err, missing: isMissing(err)}
	}
	via := trail.target(ref.Context().RegistryStr())
	// A cache that cannot be written is no reason to fail.
	_ = c.o.Cache.put(entry{Reference: key, Digest: digest, Via: via, Time: time.Now()})
	return queryResult{digest: digest, via: via}
}

var errOffline = errors.New("not in the cache, and --offline asks nobody")

// target is the last host of a trail that is not host, "" when there is none.
// Where tokens come from is none either: that is asked first.
func (t *redirects) target(host string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.hosts) == 0 || t.hosts[len(t.hosts)-1] == host {
		return ""
	}
	return t.hosts[len(t.hosts)-1]
}

// isMissing reports whether a registry said that it does not have something.
func isMissing(err error) bool {
	e := (*transport.Error)(nil)
	if !errors.As(err, &e) {
		return false
	}
	if e.StatusCode == http.StatusNotFound {
		return true
	}
	for _, d := range e.Errors {
		if d.Code == transport.ManifestUnknownErrorCode || d.Code == transport.NameUnknownErrorCode {
			return true
		}
	}
	return false
}

// readManifest returns the manifest of a digest, out of the cache if it is there.
func (c *Client) readManifest(ctx context.Context, repo name.Repository, digest string) ([]byte, error) {
	if data, ok := c.o.Cache.manifest(digest); ok {
		return data, nil
	}
	if c.o.Offline {
		return nil, errOffline
	}
	got, err := c.puller.Get(ctx, repo.Digest(digest))
	if err != nil {
		return nil, fmt.Errorf("reading the manifest %s: %w", digest, err)
	}
	_ = c.o.Cache.putManifest(digest, got.Manifest) // as above
	return got.Manifest, nil
}
