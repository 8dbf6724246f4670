package registry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// maxAttempts is the maximum number of times that a request is sent.
const maxAttempts = 5

// maxWait is the longest Retry-After that is obeyed. A registry that asks for more
// counts as one that rejects the request.
const maxWait = time.Minute

// newTransport returns the HTTP transport of a client. A copy within a registry
// reads and writes at the same time and needs two connections per job.
func newTransport(jobs int) *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:      true,
		MaxConnsPerHost:        2 * jobs,
		MaxIdleConns:           8 * jobs,
		MaxIdleConnsPerHost:    2 * jobs,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    10 * time.Second,
		ResponseHeaderTimeout:  30 * time.Second,
		OnProxyConnectResponse: checkProxyResponse,
	}
}

// A proxyError is the response of a proxy that did not connect to the host.
type proxyError struct{ status int }

func (e *proxyError) Error() string {
	return fmt.Sprintf("the proxy responded %d %s", e.status, http.StatusText(e.status))
}

func checkProxyResponse(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	return &proxyError{resp.StatusCode}
}

// A hostError is a connection error with its host. After a redirect, this is not
// the host of the original request.
type hostError struct {
	host string
	err  error
}

func (e *hostError) Error() string { return e.host + ": " + e.err.Error() }
func (e *hostError) Unwrap() error { return e.err }

// A retryTransport repeats requests if a registry is busy or a connection breaks.
// It sends no more requests to a host that cannot be reached, and asks each host
// only once how to authenticate.
type retryTransport struct {
	next     http.RoundTripper
	backoff  time.Duration
	requests atomic.Int64

	mu          sync.Mutex
	unreachable map[string]error         // by origin
	pings       map[string]*pingResponse // by origin
}

// A pingResponse is the response of a host to GET /v2/ without credentials.
type pingResponse struct {
	once sync.Once
	resp *http.Response // nil unless the status is 200 or 401
	body []byte
}

func newRetryTransport(next http.RoundTripper, backoff time.Duration) *retryTransport {
	return &retryTransport{next: next, backoff: backoff, unreachable: map[string]error{}, pings: map[string]*pingResponse{}}
}

// RoundTrip implements http.RoundTripper.
func (t *retryTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if hops, ok := r.Context().Value(redirectsKey{}).(*redirects); ok {
		hops.add(r.URL.Host)
	}
	if r.Method == http.MethodGet && r.URL.Path == "/v2/" && r.Header.Get("Authorization") == "" {
		return t.ping(r)
	}
	return t.sendWithRetries(r)
}

// ping answers GET /v2/ from the first response of the host. Only one request is
// in flight per host.
func (t *retryTransport) ping(r *http.Request) (*http.Response, error) {
	t.mu.Lock()
	p := t.pings[origin(r.URL)]
	if p == nil {
		p = &pingResponse{}
		t.pings[origin(r.URL)] = p
	}
	t.mu.Unlock()
	var resp *http.Response
	var err error
	p.once.Do(func() {
		if resp, err = t.sendWithRetries(r); err != nil {
			return
		}
		if resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusUnauthorized {
			p.body, err = io.ReadAll(io.LimitReader(resp.Body, 64<<10))
			resp.Body.Close()
			resp.Body = io.NopCloser(bytes.NewReader(p.body))
			p.resp = resp
		}
	})
	switch {
	case resp != nil || err != nil:
		return resp, err // this call sent the request
	case p.resp == nil:
		return t.sendWithRetries(r)
	}
	stored := *p.resp
	stored.Request, stored.Header = r, p.resp.Header.Clone()
	stored.Body = io.NopCloser(bytes.NewReader(p.body))
	return &stored, nil
}

// sendWithRetries sends a request, and repeats it while the registry is busy or
// the connection breaks, up to maxAttempts times.
func (t *retryTransport) sendWithRetries(r *http.Request) (*http.Response, error) {
	if err := t.unreachableError(origin(r.URL)); err != nil {
		return nil, err
	}
	wait := t.backoff
	for try := 1; ; try++ {
		t.requests.Add(1)
		resp, err := t.next.RoundTrip(r)
		if err != nil {
			err = &hostError{r.URL.Host, err}
		}
		if err != nil && r.Context().Err() != nil {
			return nil, err
		}
		last := try == maxAttempts || r.Body != nil && r.Body != http.NoBody && r.GetBody == nil
		pause := wait/2 + rand.N(wait)
		if err != nil {
			if !t.mayRetry(r, err, try, last) {
				return nil, err
			}
		} else {
			if last || !isBusyStatus(resp.StatusCode) {
				return resp, nil
			}
			if requested, ok := retryAfter(resp.Header.Get("Retry-After"), time.Now()); ok {
				if requested > maxWait {
					return resp, nil
				}
				pause = requested
			}
			io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection can be reused
			resp.Body.Close()
		}
		if err := sleep(r.Context(), pause); err != nil {
			return nil, err
		}
		wait *= 2
		if r, err = rewindBody(r); err != nil {
			return nil, err
		}
	}
}

// mayRetry reports whether a request that failed with err may be sent again. A
// connection that cannot be made is tried twice; afterwards the host is marked
// as unreachable.
func (t *retryTransport) mayRetry(r *http.Request, err error, try int, last bool) bool {
	unreachable := isUnreachable(err)
	if isTransient(err) && !last && !(unreachable && try == 2) {
		return true
	}
	if unreachable {
		t.markUnreachable(origin(r.URL), err)
	}
	return false
}

// rewindBody returns the request with a new body for another attempt.
func rewindBody(r *http.Request) (*http.Request, error) {
	if r.GetBody == nil {
		return r, nil
	}
	body, err := r.GetBody()
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Body = body
	return r, nil
}

// origin returns the scheme and the host of a URL. The scheme matters because
// a registry on loopback is tried with https and http.
func origin(u *url.URL) string { return u.Scheme + "://" + u.Host }

func (t *retryTransport) unreachableError(origin string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.unreachable[origin]
}

// markUnreachable records that a host cannot be reached, so that many references
// to it do not each wait for a timeout.
func (t *retryTransport) markUnreachable(origin string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.unreachable[origin] == nil {
		t.unreachable[origin] = err
	}
}

// isBusyStatus reports whether a request with this response status may succeed
// later.
func isBusyStatus(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusRequestTimeout, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// isTransient reports whether another attempt may avoid a network error.
func isTransient(err error) bool {
	if d := (*net.DNSError)(nil); errors.As(err, &d) {
		return d.IsTemporary || d.IsTimeout
	}
	var timeout net.Error
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, syscall.EPIPE) || errors.Is(err, net.ErrClosed) || errors.As(err, &timeout) && timeout.Timeout()
}

// isUnreachable reports whether an error means that the host cannot be reached.
func isUnreachable(err error) bool {
	switch f, _ := classifyError(err); f {
	case FaultDNS, FaultProxyRefused, FaultProxyUnreachable, FaultConnection, FaultUnknownAuthority, FaultCertificate, FaultTLS:
		return true
	}
	op := (*net.OpError)(nil)
	return errors.As(err, &op) && op.Op == "dial"
}

// retryAfter parses the header Retry-After, which holds seconds or a date.
func retryAfter(text string, now time.Time) (time.Duration, bool) {
	if n, err := strconv.Atoi(text); err == nil && n >= 0 {
		return time.Duration(n) * time.Second, true
	}
	if t, err := http.ParseTime(text); err == nil {
		return max(0, t.Sub(now)), true
	}
	return 0, false
}

// sleep waits for d. It returns the error of ctx if ctx is done before.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting to repeat a request: %w", ctx.Err())
	}
}
