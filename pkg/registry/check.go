package registry

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// A Pair is a reference before and after a move. If Old is empty, Check only
// tests whether New exists.
type Pair struct{ Old, New string }

// A Verdict says whether the new reference is the same image as the old one.
type Verdict uint8

// The verdicts. The zero value is Unreachable.
const (
	Unreachable Verdict = iota // the new registry did not answer
	Same                       // both references exist and have the same digest, which the manifest of New has
	Exists                     // the new reference exists; the old one cannot be queried or does not exist
	Different                  // both references exist and have different digests
	Missing                    // the new reference does not exist
	Skipped                    // the text is not a complete reference
)

func (v Verdict) String() string {
	return [...]string{"unreachable", "same", "exists", "different", "missing", "skipped"}[v]
}

// A Result is the result of the check of a pair.
type Result struct {
	Pair
	Verdict              Verdict
	OldDigest, NewDigest string     // sha256:…; "" if unknown
	Detail               string     // a line for a person; may be empty
	Platforms            []Platform // if the digests differ: the comparison by platform, sorted by name
}

// A Platform compares the images of one platform.
type Platform struct {
	Name     string // linux/arm64/v8
	Old, New string // digests; "" if there is no image
}

// Check queries the registries about every pair. Result i is that of pair i. If
// progress is not nil, Check calls it with the number of finished pairs, never
// concurrently. When ctx is done, the remaining pairs are Unreachable.
func (c *Client) Check(ctx context.Context, pairs []Pair, progress func(done int)) []Result {
	out := make([]Result, len(pairs))
	for i, p := range pairs {
		out[i] = Result{Pair: p, Detail: "not queried: interrupted"}
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
	to, reason := parseConcrete(p.New)
	if reason != "" {
		r.Verdict, r.Detail = Skipped, reason
		return r
	}
	var from name.Reference
	if p.Old != "" && p.Old != p.New {
		if from, reason = parseConcrete(p.Old); reason != "" {
			r.Verdict, r.Detail = Skipped, reason
			return r
		}
	}
	newAnswer := c.query(ctx, to, from != nil)
	r.NewDigest = newAnswer.digest
	switch {
	case newAnswer.missing:
		r.Verdict, r.Detail = Missing, c.describeMissing(ctx, from, &r)
		return r
	case newAnswer.err != nil:
		r.Verdict, r.Detail = Unreachable, describeError(to, newAnswer.err)
		return r
	case from == nil:
		r.Verdict = Exists
		return r
	case newAnswer.mismatch != "":
		r.Verdict, r.Detail = Different, displayName(to.Context().Registry)+": "+newAnswer.mismatch
		return r
	case from.Identifier() == newAnswer.digest:
		r.Verdict, r.OldDigest = Same, newAnswer.digest // from is a reference by digest
		return r
	}
	oldAnswer := c.query(ctx, from, false)
	r.OldDigest = oldAnswer.digest
	switch {
	case oldAnswer.missing:
		r.Verdict, r.Detail = Exists, displayName(from.Context().Registry)+" does not have it"
	case oldAnswer.err != nil:
		r.Verdict, r.Detail = Exists, describeError(from, oldAnswer.err)
	case oldAnswer.digest == newAnswer.digest:
		r.Verdict = Same
		if oldAnswer.via != "" && (oldAnswer.via == to.Context().RegistryStr() || oldAnswer.via == newAnswer.via) {
			r.Detail = displayName(from.Context().Registry) + " redirects to " + displayHost(oldAnswer.via)
		} else if oldAnswer.pulled {
			r.Detail = displayName(from.Context().Registry) + " does not answer HEAD: it counts the request as a pull"
		}
	default:
		r.Verdict = Different
		r.Platforms, r.Detail = c.comparePlatforms(ctx, from, to, oldAnswer.digest, newAnswer.digest)
	}
	return r
}

// describeMissing says whether the old registry has an image that the new one
// does not have.
func (c *Client) describeMissing(ctx context.Context, from name.Reference, r *Result) string {
	if from == nil {
		return ""
	}
	oldAnswer := c.query(ctx, from, false)
	r.OldDigest = oldAnswer.digest
	switch host := displayName(from.Context().Registry); {
	case oldAnswer.missing:
		return host + " does not have it either"
	case oldAnswer.err != nil:
		return describeError(from, oldAnswer.err)
	default:
		return host + " has it"
	}
}

// describeError returns the text of an error of a request for ref, with the host.
func describeError(ref name.Reference, err error) string {
	_, why := classifyError(err)
	return cmp.Or(errorHost(err), displayName(ref.Context().Registry)) + ": " + why
}

// parseConcrete parses a reference. reason says why a registry cannot be queried
// about it, or is empty.
func parseConcrete(text string) (ref name.Reference, reason string) {
	if strings.ContainsAny(text, "{}$<>%()") {
		return nil, "contains a variable"
	}
	ref, err := parse(text)
	if err != nil {
		return nil, "not a complete reference"
	}
	return ref, ""
}

// A queryResult is the answer of a registry about a reference.
type queryResult struct {
	digest   string
	via      string // the host that the request was redirected to; "" if none
	missing  bool
	err      error
	pulled   bool   // the registry does not answer HEAD, so that GET was used
	mismatch string // the registry reports another digest than that of the manifest; "" if not
}

// isComputed reports whether digest is that of the bytes of the manifest.
func (q queryResult) isComputed(digest string) bool {
	return q.err == nil && q.mismatch == "" && q.digest == digest
}

// query returns the digest of a reference, from the cache or with a HEAD request,
// which counts against no limit of pulls. If compute is true, the digest is that of
// the bytes of the manifest.
func (c *Client) query(ctx context.Context, ref name.Reference, compute bool) queryResult {
	key := ref.Name()
	if e, ok := c.o.Cache.get(key); ok && (e.Computed || !compute) && (c.o.Offline || c.o.Cache.fresh(e, time.Now())) {
		return queryResult{digest: e.Digest, via: e.Via}
	}
	if c.o.Offline {
		return queryResult{err: errOffline}
	}
	ctx, hops := recordRedirects(ctx)
	var q queryResult
	if compute {
		q = c.getDigest(ctx, ref)
	} else {
		q = c.headDigest(ctx, ref)
	}
	if q.err != nil {
		q.missing = isMissing(q.err)
		return q
	}
	q.via = hops.target(ref.Context().RegistryStr())
	if q.mismatch == "" {
		// The check does not depend on the cache, so a write error is ignored.
		_ = c.o.Cache.put(entry{Reference: key, Digest: q.digest, Computed: compute || q.pulled, Via: q.via, Time: time.Now()})
	}
	return q
}

// headDigest returns the digest that the registry reports.
func (c *Client) headDigest(ctx context.Context, ref name.Reference) queryResult {
	desc, err := c.puller.Head(ctx, ref)
	if err == nil {
		return queryResult{digest: desc.Digest.String()}
	}
	if f, _ := classifyError(err); f != FaultNone || errors.Is(err, errRedirects) || errors.Is(err, errPlainHTTP) {
		return queryResult{err: err}
	}
	// The registry does not answer HEAD, or the answer lacks required headers.
	q := c.getDigest(ctx, ref)
	q.pulled = true
	return q
}

// getDigest returns the digest of the bytes of a manifest, and compares it with the
// digest that the registry reports, if it reports one.
func (c *Client) getDigest(ctx context.Context, ref name.Reference) queryResult {
	ctx, header := recordDigest(ctx)
	got, err := c.puller.Get(ctx, ref)
	if err != nil {
		return queryResult{err: err}
	}
	computed, err := digestOf(got.Manifest, got.Digest.Algorithm)
	if err != nil {
		return queryResult{err: err}
	}
	q := queryResult{digest: computed}
	if reported := cmp.Or(header.value(), got.Digest.String()); reported != computed || got.Digest.String() != computed {
		q.mismatch = "reports the digest " + reported + ", but the manifest has " + computed
	}
	return q
}

// digestOf returns the digest of the bytes of a manifest.
func digestOf(data []byte, algorithm string) (string, error) {
	h, err := v1.Hasher(algorithm)
	if err != nil {
		return "", fmt.Errorf("computing a digest: %w", err)
	}
	h.Write(data)
	return algorithm + ":" + hex.EncodeToString(h.Sum(nil)), nil
}

var errOffline = errors.New("not in the cache, and --offline sends no requests")

// isMissing reports whether err is a response that the registry does not have the
// object.
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

// readManifest returns the manifest with a digest, from the cache if possible.
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
	// go-containerregistry believes the registry about manifests of schema 1.
	if computed, err := digestOf(got.Manifest, got.Digest.Algorithm); err != nil || computed != digest {
		return nil, fmt.Errorf("reading the manifest %s: its bytes have the digest %s", digest, computed)
	}
	_ = c.o.Cache.putManifest(digest, got.Manifest) // a write error is ignored, as above
	return got.Manifest, nil
}
