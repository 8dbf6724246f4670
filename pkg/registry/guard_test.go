package registry

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
)

// A fakeWeb answers requests by URL, and records the URLs that got credentials.
type fakeWeb struct {
	redirect  map[string]string // by URL: where the request is redirected to
	challenge map[string]string // by URL: WWW-Authenticate of requests without Authorization
	down      map[string]bool   // by origin

	mu      sync.Mutex
	secrets []string
}

func (w *fakeWeb) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock() // a registry on this machine is tried with https and http at the same time
	defer w.mu.Unlock()
	url := strings.SplitN(r.URL.String(), "?", 2)[0]
	body := ""
	if r.Body != nil {
		data, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		body = string(data)
	}
	auth := r.Header.Get("Authorization")
	if user, _, ok := r.BasicAuth(); ok && user == "me" || strings.Contains(body, "identity") || strings.Contains(auth, "for-me") {
		w.secrets = append(w.secrets, url)
	}
	if w.down[origin(r.URL)] {
		return nil, fmt.Errorf("the host does not answer")
	}
	status, header, text := http.StatusOK, http.Header{}, ""
	switch {
	case w.redirect[url] != "":
		status = http.StatusTemporaryRedirect
		header.Set("Location", w.redirect[url])
	case w.challenge[url] != "" && auth == "":
		status = http.StatusUnauthorized
		header.Set("WWW-Authenticate", w.challenge[url])
	case strings.HasSuffix(url, "/token"):
		text = `{"token":"` + cmp.Or(map[bool]string{true: "for-me"}[auth != "" || body != ""], "anonymous") + `"}`
	}
	header.Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
	header.Set("Docker-Content-Digest", "sha256:"+strings.Repeat("0", 64))
	header.Set("Content-Length", "0")
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(text)), Request: r}, nil
}

// Credentials go to the host that they are for, or over https to a token server that
// this host names. The registry of each case is reg.example with credentials.
func TestGuardCredentials(t *testing.T) {
	const (
		reg   = "https://reg.example"
		basic = `Basic realm="x"`
		image = "/v2/a/manifests/1"
	)
	bearer := func(realm string) string { return `Bearer realm="` + realm + `",service="s"` }
	for _, tt := range []*struct {
		name     string
		host     string // "": reg.example
		web      fakeWeb
		identity bool
		want     []string // URLs that get credentials
	}{
		{name: "basic", web: fakeWeb{challenge: map[string]string{reg + "/v2/": basic}}, want: []string{reg + image}},
		{name: "a token server", web: fakeWeb{challenge: map[string]string{reg + "/v2/": bearer("https://auth.example/token")}},
			want: []string{"https://auth.example/token", reg + image}},
		{name: "a token server, identity token", identity: true, web: fakeWeb{challenge: map[string]string{reg + "/v2/": bearer("https://auth.example/token")}},
			want: []string{"https://auth.example/token", reg + image}},
		{name: "a token server without TLS", web: fakeWeb{challenge: map[string]string{reg + "/v2/": bearer("http://auth.example/token")}}},
		{name: "a token server that redirects", web: fakeWeb{challenge: map[string]string{reg + "/v2/": bearer("https://auth.example/token")},
			redirect: map[string]string{"https://auth.example/token": "https://evil.example/token"}}, want: []string{"https://auth.example/token"}},
		{name: "a token server that redirects to http", web: fakeWeb{challenge: map[string]string{reg + "/v2/": bearer("https://auth.example/token")},
			redirect: map[string]string{"https://auth.example/token": "http://auth.example/token"}}, want: []string{"https://auth.example/token"}},
		{name: "a token server that another host names", web: fakeWeb{redirect: map[string]string{reg + "/v2/": "https://evil.example/v2/"},
			challenge: map[string]string{"https://evil.example/v2/": bearer("https://evil.example/token")}}},
		{name: "the same, identity token", identity: true, web: fakeWeb{redirect: map[string]string{reg + "/v2/": "https://evil.example/v2/"},
			challenge: map[string]string{"https://evil.example/v2/": bearer("https://evil.example/token")}}},
		{name: "the registry redirects to http", web: fakeWeb{redirect: map[string]string{reg + "/v2/": "http://reg.example/v2/"},
			challenge: map[string]string{"http://reg.example/v2/": basic}}},
		{name: "the registry redirects to http, with a token server", web: fakeWeb{redirect: map[string]string{reg + "/v2/": "http://reg.example/v2/"},
			challenge: map[string]string{"http://reg.example/v2/": bearer("http://reg.example/token")}}},
		{name: "a manifest on another host", web: fakeWeb{challenge: map[string]string{reg + "/v2/": basic, "https://evil.example/x": basic},
			redirect: map[string]string{reg + image: "https://evil.example/x"}}, want: []string{reg + image}},
		{name: "a manifest on a host below", web: fakeWeb{challenge: map[string]string{reg + "/v2/": bearer("https://auth.example/token")},
			redirect: map[string]string{reg + image: "https://evil.reg.example/x"}}, want: []string{"https://auth.example/token", reg + image}},
		{name: "a registry on this machine", host: "localhost:5000", web: fakeWeb{challenge: map[string]string{"http://localhost:5000/v2/": basic},
			down: map[string]bool{"https://localhost:5000": true}}, want: []string{"http://localhost:5000" + image}},
		{name: "a registry on this machine, its token server without TLS elsewhere", host: "localhost:5000", web: fakeWeb{
			challenge: map[string]string{"http://localhost:5000/v2/": bearer("http://auth.example/token")},
			down:      map[string]bool{"https://localhost:5000": true}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			host := cmp.Or(tt.host, "reg.example")
			secret := authn.AuthConfig{Username: "me", Password: "secret"}
			if tt.identity {
				secret = authn.AuthConfig{IdentityToken: "identity"}
			}
			c := client(t, nil, Options{Transport: &tt.web, Keychain: keys{host: secret}})
			got := one(t, c, "", host+"/a:1")
			t.Logf("%v %s", got.Verdict, got.Detail)
			slices.Sort(tt.web.secrets)
			if secrets := slices.Compact(tt.web.secrets); !slices.Equal(secrets, tt.want) {
				t.Errorf("credentials went to %q, want %q", secrets, tt.want)
			}
		})
	}
}
