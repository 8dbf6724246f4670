package registry

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
)

// maxRequests is the maximum number of requests of a chain of redirects, the first
// one included. It is the limit of net/http, which a client with its own check of
// redirects does not have.
const maxRequests = 10

// A guardTransport limits redirects, and sends credentials only to the registry that
// they are for, or over https to a token server that this registry itself names.
//
// go-containerregistry compares the host of a request, but not its scheme, and
// follows redirects before it reads which token server to use.
type guardTransport struct {
	next http.RoundTripper

	mu           sync.Mutex
	registries   map[string]bool // origins that answered as registries, and not through a redirect
	tokenServers map[string]bool // origins that a registry named, https only
}

func newGuardTransport(next http.RoundTripper) *guardTransport {
	return &guardTransport{next: next, registries: map[string]bool{}, tokenServers: map[string]bool{}}
}

// RoundTrip implements http.RoundTripper.
func (g *guardTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	requests, redirected := chain(r)
	if requests > maxRequests {
		return nil, &hostError{r.URL.Host, errRedirects}
	}
	hasHeader := r.Header.Get("Authorization") != ""
	switch {
	case !hasHeader && !sendsIdentityToken(r), g.allows(r):
	case r.URL.Scheme != "https":
		return nil, &hostError{r.URL.Host, errPlainHTTP}
	case !hasHeader:
		return nil, &hostError{r.URL.Host, errTokenServer}
	default: // an anonymous token may be enough
		r = r.Clone(r.Context())
		r.Header.Del("Authorization")
	}
	resp, err := g.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	limitTagPage(r, resp)
	if d, ok := r.Context().Value(digestKey{}).(*reportedDigest); ok && resp.StatusCode == http.StatusOK && strings.Contains(r.URL.Path, "/manifests/") {
		d.set(resp.Header.Get("Docker-Content-Digest"))
	}
	if redirected {
		return resp, nil
	}
	if r.URL.Path == "/v2/" && (resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusUnauthorized) {
		g.add(g.registries, origin(r.URL))
	}
	if resp.StatusCode == http.StatusUnauthorized {
		for _, challenge := range resp.Header.Values("WWW-Authenticate") {
			g.addTokenServers(challenge)
		}
	}
	return resp, nil
}

var (
	errRedirects   = fmt.Errorf("more than %d redirects", maxRequests-1)
	errPlainHTTP   = errors.New("the credentials are not sent: the registry redirects to http, or its token server does not use https")
	errTokenServer = errors.New("the credentials are not sent: the registry itself does not name this token server")
)

// chain returns the number of requests that redirects connect with r, r included, and
// whether one of them went to another origin.
func chain(r *http.Request) (requests int, redirected bool) {
	requests = 1
	for prior := r; prior.Response != nil && prior.Response.Request != nil && requests <= maxRequests; requests++ {
		prior = prior.Response.Request
		redirected = redirected || origin(prior.URL) != origin(r.URL)
	}
	return requests, redirected
}

// allows reports whether the credentials of r may be sent. A token that was made for
// a registry may follow a redirect over https: go-containerregistry gets it from the
// host of the redirect, without credentials. A registry without TLS gets credentials
// if it does not answer over https.
func (g *guardTransport) allows(r *http.Request) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case r.URL.Scheme != "https":
		return g.registries[origin(r.URL)] && !g.registries["https://"+r.URL.Host]
	case g.registries[origin(r.URL)]:
		return true
	case strings.HasPrefix(r.Header.Get("Authorization"), "Bearer "):
		return true
	}
	return g.tokenServers[origin(r.URL)]
}

// sendsIdentityToken reports whether the body of r has the credentials: a request of
// OAuth 2 to a token server.
func sendsIdentityToken(r *http.Request) bool {
	return r.Method == http.MethodPost && r.Header.Get("Content-Type") == "application/x-www-form-urlencoded"
}

func (g *guardTransport) add(set map[string]bool, origin string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	set[origin] = true
}

var realmRE = regexp.MustCompile(`(?i)\brealm="([^"]*)"`)

// addTokenServers records the token servers of a header WWW-Authenticate.
func (g *guardTransport) addTokenServers(challenge string) {
	for _, m := range realmRE.FindAllStringSubmatch(challenge, -1) {
		if u, err := url.Parse(m[1]); err == nil && u.Scheme == "https" {
			g.add(g.tokenServers, origin(u))
		}
	}
}
