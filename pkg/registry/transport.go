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

// maxAttempts is how often a request is made at most.
const maxAttempts = 5

// maxWait is the longest that a registry may ask for before a request is
// repeated; one that asks for more has refused.
const maxWait = time.Minute

// newTransport returns the one transport of a client. A copy within a registry
// reads and writes at the same time, hence two connections for each job.
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

// A proxyError is the answer of a proxy that does not lead to the host.
type proxyError struct{ status int }

func (e *proxyError) Error() string {
	return fmt.Sprintf("the proxy answers %d %s", e.status, http.StatusText(e.status))
}

func checkProxyResponse(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	return &proxyError{resp.StatusCode}
}

// A hostError is an error on the way to a host, which need not be the one
// that was asked: requests are redirected.
type hostError struct {
	host string
	err  error
}

func (e *hostError) Error() string { return e.host + ": " + e.err.Error() }
func (e *hostError) Unwrap() error { return e.err }

// A retryTransport is how requests go out: repeated when a registry is busy or a
// connection breaks, not at all to a host that cannot be reached, and asking a
// host for its manner of authentication once.
type retryTransport struct {
	next     http.RoundTripper
	backoff  time.Duration
	requests atomic.Int64

	mu          sync.Mutex
	unreachable map[string]error
	pings       map[string]*pingResponse
}

// A pingResponse is the answer of a host to GET /v2/ without credentials.
type pingResponse struct {
	once sync.Once
	resp *http.Response // nil: it is no answer to keep
	body []byte
}

func newRetryTransport(next http.RoundTripper, backoff time.Duration) *retryTransport {
	return &retryTransport{next: next, backoff: backoff, unreachable: map[string]error{}, pings: map[string]*pingResponse{}}
}

type redirectsKey struct{}

// A redirects lists the hosts that requests went to.
type redirects struct {
	mu    sync.Mutex
	hosts []string
}

// recordRedirects returns a context whose requests leave a trail.
func recordRedirects(ctx context.Context) (context.Context, *redirects) {
	t := &redirects{}
	return context.WithValue(ctx, redirectsKey{}, t), t
}

// RoundTrip is that of an http.RoundTripper.
func (w *retryTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if t, ok := r.Context().Value(redirectsKey{}).(*redirects); ok {
		t.mu.Lock()
		t.hosts = append(t.hosts, r.URL.Host)
		t.mu.Unlock()
	}
	if r.Method != http.MethodGet || r.URL.Path != "/v2/" || r.Header.Get("Authorization") != "" {
		return w.sendWithRetries(r)
	}
	w.mu.Lock()
	h := w.pings[origin(r)]
	if h == nil {
		h = &pingResponse{}
		w.pings[origin(r)] = h
	}
	w.mu.Unlock()
	var resp *http.Response
	var err error
	h.once.Do(func() {
		if resp, err = w.sendWithRetries(r); err != nil {
			return
		}
		if resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusUnauthorized {
			h.body, err = io.ReadAll(io.LimitReader(resp.Body, 64<<10))
			resp.Body.Close()
			resp.Body = io.NopCloser(bytes.NewReader(h.body))
			h.resp = resp
		}
	})
	switch {
	case resp != nil || err != nil:
		return resp, err // it was this request that asked
	case h.resp == nil:
		return w.sendWithRetries(r)
	}
	again := *h.resp
	again.Request, again.Header = r, h.resp.Header.Clone()
	again.Body = io.NopCloser(bytes.NewReader(h.body))
	return &again, nil
}

// sendWithRetries makes a request until it is answered.
func (w *retryTransport) sendWithRetries(r *http.Request) (*http.Response, error) {
	if err := w.unreachableError(origin(r)); err != nil {
		return nil, err
	}
	wait := w.backoff
	for try := 1; ; try++ {
		w.requests.Add(1)
		resp, err := w.next.RoundTrip(r)
		if err != nil {
			err = &hostError{r.URL.Host, err}
		}
		if ctxErr := r.Context().Err(); err != nil && ctxErr != nil {
			return nil, err
		}
		last := try == maxAttempts || r.Body != nil && r.Body != http.NoBody && r.GetBody == nil
		pause := wait/2 + rand.N(wait)
		switch {
		case err != nil && !isTransient(err):
			if isUnreachable(err) {
				w.markUnreachable(origin(r), err)
			}
			return nil, err
		case err != nil && (last || isUnreachable(err) && try == 2):
			if isUnreachable(err) {
				w.markUnreachable(origin(r), err)
			}
			return nil, err
		case err == nil && !isBusyStatus(resp.StatusCode):
			return resp, nil
		case err == nil && last:
			return resp, nil
		case err == nil:
			if asked, ok := retryAfter(resp.Header.Get("Retry-After"), time.Now()); ok {
				if asked > maxWait {
					return resp, nil
				}
				pause = asked
			}
			io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection can be used again
			resp.Body.Close()
		}
		if err := sleep(r.Context(), pause); err != nil {
			return nil, err
		}
		wait *= 2
		if r.GetBody != nil {
			body, err := r.GetBody()
			if err != nil {
				return nil, err
			}
			r = r.Clone(r.Context())
			r.Body = body
		}
	}
}

// origin is the part of a URL before its path: a registry on loopback is asked
// in both schemes.
func origin(r *http.Request) string { return r.URL.Scheme + "://" + r.URL.Host }

func (w *retryTransport) unreachableError(host string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.unreachable[host]
}

// markUnreachable remembers that a host cannot be reached, so that a thousand
// references to it do not wait a thousand times.
func (w *retryTransport) markUnreachable(host string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.unreachable[host] == nil {
		w.unreachable[host] = err
	}
}

// isBusyStatus reports whether a status asks for another attempt.
func isBusyStatus(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusRequestTimeout, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// isTransient reports whether an error of the network may be gone the next time.
func isTransient(err error) bool {
	if d := (*net.DNSError)(nil); errors.As(err, &d) {
		return d.IsTemporary || d.IsTimeout
	}
	var timeout net.Error
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, syscall.EPIPE) || errors.Is(err, net.ErrClosed) || errors.As(err, &timeout) && timeout.Timeout()
}

// isUnreachable reports whether an error says that there is no connection to the
// host.
func isUnreachable(err error) bool {
	switch f, _ := classifyError(err); f {
	case FaultDNS, FaultProxyRefused, FaultProxyUnreachable, FaultConnection, FaultUnknownAuthority, FaultCertificate, FaultTLS:
		return true
	}
	op := (*net.OpError)(nil)
	return errors.As(err, &op) && op.Op == "dial"
}

// retryAfter reads the header: seconds, or a date.
func retryAfter(text string, now time.Time) (time.Duration, bool) {
	if n, err := strconv.Atoi(text); err == nil && n >= 0 {
		return time.Duration(n) * time.Second, true
	}
	if t, err := http.ParseTime(text); err == nil {
		return max(0, t.Sub(now)), true
	}
	return 0, false
}

// sleep waits, or returns the error of ctx when it is done before.
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
		return fmt.Errorf("waiting to ask again: %w", ctx.Err())
	}
}
