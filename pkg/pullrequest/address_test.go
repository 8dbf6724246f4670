package pullrequest

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-github/v88/github"
)

func TestAddress(t *testing.T) {
	for _, x := range []struct{ remote, slug, api string }{
		{"https://github.com/acme/shop.git", "acme/shop", "https://api.github.com"},
		{"https://user:secret@github.com/acme/shop", "acme/shop", "https://api.github.com"},
		{"git@github.com:acme/shop.git", "acme/shop", "https://api.github.com"},
		{"ssh://git@ssh.github.com:443/acme/shop.git", "acme/shop", "https://api.github.com"},
		{"https://acme.ghe.com/acme/shop.git", "acme/shop", "https://api.acme.ghe.com"},
		{"git@github.example:acme/shop.git", "acme/shop", "https://github.example/api/v3"},
		{"https://github.example:8443/acme/shop.git", "acme/shop", "https://github.example:8443/api/v3"},
		{"http://127.0.0.1:3000/git/acme/shop", "acme/shop", "http://127.0.0.1:3000/api/v3"},
		{"/srv/git/acme/shop.git", "", ""},
		{"../shop", "", ""},
		{`C:\git\shop`, "", ""},
		{"file:///srv/git/shop.git", "", ""},
	} {
		a := parseAddress(x.remote)
		owner, name, ok := a.slug()
		slug := ""
		if ok {
			slug = owner + "/" + name
		}
		if slug != x.slug {
			t.Errorf("%s: it is %q, want %q", x.remote, slug, x.slug)
		}
		if got := apiURL(a, func(string) string { return "" }); got != x.api {
			t.Errorf("%s: the interface is at %q, want %q", x.remote, got, x.api)
		}
		if strings.Contains(a.urlWithoutUser, "secret") {
			t.Errorf("%s: %q holds the password", x.remote, a.urlWithoutUser)
		}
	}
}

// A token goes to the host that it is for.
func TestTokenFor(t *testing.T) {
	for _, x := range []struct{ host, env, want string }{
		{"github.com", "GITHUB_TOKEN=a", "a"},
		{"github.com", "GITHUB_TOKEN=a GH_TOKEN=b", "b"},
		{"github.com", "GITHUB_TOKEN=a REGMIGRATE_TOKEN=c", "c"},
		{"acme.ghe.com", "GH_TOKEN=a", "a"},
		{"github.example", "GITHUB_TOKEN=a", ""},
		{"notgithub.com", "GITHUB_TOKEN=a", ""},
		{"github.com.example", "GH_TOKEN=a", ""},
		{"github.com", "GH_ENTERPRISE_TOKEN=a", ""},
		{"github.example", "GH_ENTERPRISE_TOKEN=a GITHUB_TOKEN=b", "a"},
		{"github.example", "GITHUB_TOKEN=a GITHUB_SERVER_URL=https://github.example", "a"},
		{"github.example:8443", "GITHUB_TOKEN=a GITHUB_SERVER_URL=https://github.example", ""},
		{"127.0.0.1:3000", "GITHUB_TOKEN=a GITHUB_SERVER_URL=http://127.0.0.1:3000/", "a"},
	} {
		env := map[string]string{}
		for _, kv := range strings.Fields(x.env) {
			k, v, _ := strings.Cut(kv, "=")
			env[k] = v
		}
		if got, _ := tokenFor(x.host, func(k string) string { return env[k] }); got != x.want {
			t.Errorf("%s with %s: %q, want %q", x.host, x.env, got, x.want)
		}
	}
}

// When the forge asks to wait, that is done as long as it is allowed.
func TestWait(t *testing.T) {
	for _, x := range []struct {
		name, after string
		waits       int
		ok          bool
	}{
		{"short enough", "20", 1, true},
		{"too long", "61", 0, false},
	} {
		asked := 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if asked++; asked == 1 {
				w.Header().Set("Retry-After", x.after)
				w.WriteHeader(http.StatusForbidden)
				w.Write([]byte(`{"message":"slow down","documentation_url":"https://docs.github.com/x#about-secondary-rate-limits"}`))
				return
			}
			w.Write([]byte("[]"))
		}))
		var waited []time.Duration
		f, err := newForge(server.URL+"/api/v3", "acme/shop", "acme/shop", "t", Options{MaxWait: time.Minute, Sleep: func(_ context.Context, d time.Duration) error {
			waited = append(waited, d)
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		// go-github itself refuses further requests until then; this asks anew.
		ctx := context.WithValue(t.Context(), github.BypassRateLimitCheck, true)
		_, _, err = f.findPull(ctx, "main", "x", "")
		server.Close()
		if (err == nil) != x.ok || len(waited) != x.waits {
			t.Errorf("%s: %v after waiting %v", x.name, err, waited)
		}
		if p := (*Problem)(nil); !x.ok && (!errors.As(err, &p) || !strings.Contains(p.Hint, "in 1m1s")) {
			t.Errorf("%s: %v", x.name, err)
		}
	}
}

// The token goes nowhere that an answer leads to.
func TestRedirect(t *testing.T) {
	var seen []string
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = append(seen, r.Header.Get("Authorization")) }))
	defer other.Close()
	server := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	f, err := newForge(server.URL, "acme/shop", "acme/shop", "token", Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = f.findPull(t.Context(), "main", "x", "")
	if err == nil || !strings.Contains(err.Error(), "are not followed") || len(seen) > 0 {
		t.Errorf("%v; the other server has seen %q", err, seen)
	}
}

func TestBounded(t *testing.T) {
	if got := truncateBody("short"); got != "short" {
		t.Errorf("%q", got)
	}
	got := truncateBody("# x\n```diff\n" + strings.Repeat("é line\n", 20000) + "```\n")
	if n := len([]rune(got)); n > maxBody || n < maxBody-100 {
		t.Errorf("%d characters", n)
	}
	if !strings.HasSuffix(got, "line\n```\n\n(truncated: the text is longer than the forge accepts)\n") {
		t.Errorf("it ends with %q", got[len(got)-80:])
	}
}

func TestMessage(t *testing.T) {
	s := &Session{o: Options{Branch: "b", SignOff: true, Trailers: []string{"Refs: 1"}}}
	const trailers = "Refs: 1\nRegmigrate-Branch: b\nSigned-off-by: a <b@c>\n"
	for text, want := range map[string]string{
		"Move":                      "Move\n\n" + trailers,
		"Move\n\nWhy.\n":            "Move\n\nWhy.\n\n" + trailers,
		"Move\n\nCo-authored-by: x": "Move\n\nCo-authored-by: x\n" + trailers,
		"fix: move":                 "fix: move\n\n" + trailers,
	} {
		if got := s.commitMessage(text, identity{committer: "a <b@c>"}); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}
