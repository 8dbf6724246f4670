package pullrequest

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// The configuration of a repository does not decide where the token goes: pr says
// which setting would, and sends nothing.
func TestHostileConfig(t *testing.T) {
	var visits atomic.Int32
	evil := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visits.Add(1) }))
	defer evil.Close()
	f := newFixture(t)
	for _, tt := range []struct {
		name, key, value string
		reject           bool
	}{
		{"a proxy", "http.proxy", evil.URL, true},
		{"a proxy for the forge", "http." + f.forge.URL + ".proxy", evil.URL, true},
		{"a proxy for the remote", "remote.origin.proxy", evil.URL, true},
		{"a proxy for another remote", "remote.other.proxy", evil.URL, false},
		{"another address", "url." + evil.URL + "/.insteadOf", f.forge.URL + "/", true},
		{"another address to push to", "url." + evil.URL + "/.pushInsteadOf", f.forge.URL, true},
		{"an address of another host", "url." + evil.URL + "/.insteadOf", "https://other.example/", false},
		{"no check of certificates", "http.sslVerify", "false", true},
		{"other authorities", "http." + f.forge.URL + ".sslCAInfo", "/tmp/ca.pem", true},
		{"another IP address", "http.curloptResolve", "github.com:443:127.0.0.1", true},
		{"a file for cookies", "http.cookieFile", "/tmp/cookies", true},
		{"the size of a buffer", "http.postBuffer", "1048576", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f.git("config", "--local", tt.key, tt.value)
			defer f.git("config", "--local", "--unset-all", tt.key)
			visits.Store(0)
			f.forge.Requests()
			s, err := Prepare(t.Context(), f.options())
			if err == nil && !tt.reject {
				_, err = s.Apply(t.Context(), f.change("a.yaml"))
			}
			p := (*Problem)(nil)
			switch {
			case tt.reject && (!errors.As(err, &p) || !p.Usage || !strings.Contains(strings.ToLower(p.Message), "sets "+strings.ToLower(tt.key[:4]))):
				t.Errorf("got %v, want an error that names %s", err, tt.key)
			case !tt.reject && err != nil:
				t.Error(err)
			}
			if n := visits.Load(); n > 0 {
				t.Errorf("%d requests went to the other server", n)
			}
		})
	}
	// A setting of the user is used.
	f.git("config", "--global", "http.proxy", evil.URL)
	if _, err := Prepare(t.Context(), f.options()); err == nil || strings.Contains(err.Error(), "configuration of the repository") || visits.Load() == 0 {
		t.Errorf("the proxy of the user: %v, %d requests", err, visits.Load())
	}
}

// Programs that the configuration of a repository names do not get the token: not in
// the environment, and not because the forge rejects it.
func TestHostilePrograms(t *testing.T) {
	f := newFixture(t)
	log := t.TempDir()
	program := filepath.Join(t.TempDir(), "program")
	script := "#!/bin/sh\n{ echo \"$0 $@\"; env; } > '" + log + "'/$$\ncase \"$*\" in clean) cat;; *) exit 1;; esac\n"
	if err := os.WriteFile(program, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	for key, value := range map[string]string{
		"credential.helper": program, "credential." + f.forge.URL + ".helper": program, "core.askPass": program,
		"core.sshCommand": program, "core.gitProxy": program, "gpg.program": program, "push.gpgSign": "if-asked", "filter.evil.clean": program + " clean",
		"core.fsmonitor": program, "core.alternateRefsCommand": program, "remote.origin.uploadpack": program, "remote.origin.receivepack": program,
		"protocol.ext.allow": "always", "fetch.recurseSubmodules": "true",
	} {
		f.git("config", "--local", key, value)
	}
	f.git("config", "--local", "--add", "remote.origin.pushurl", f.forge.URL+"/"+testSlug+".git")
	f.git("config", "--local", "--add", "remote.origin.pushurl", "ext::"+program+" ext")
	f.git("config", "--local", "--add", "remote.origin.pushurl", "ssh://evil.example/x.git")
	f.write(".git/info/attributes", "*.yaml filter=evil\n")
	f.write("a.yaml", "image: k8s.gcr.io/a:1\r\n") // its time changes, so that git runs the filter
	for _, name := range tokenVariables() {
		t.Setenv(name, f.forge.Token)
	}
	if s, err := Prepare(t.Context(), f.options()); err != nil {
		t.Error(err)
	} else if _, err := s.Apply(t.Context(), f.change("a.yaml")); err == nil || !strings.Contains(err.Error(), "'ext' not allowed") {
		t.Errorf("pushing to three addresses: %v", err)
	}
	f.forge.SetFault(func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("WWW-Authenticate", `Basic realm="GitHub"`)
		w.WriteHeader(http.StatusUnauthorized)
		return true
	})
	if _, err := Prepare(t.Context(), f.options()); err == nil {
		t.Error("the forge rejects the token, and Prepare succeeds")
	}
	logs, err := filepath.Glob(filepath.Join(log, "*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(logs) == 0 {
		t.Error("git ran no program: the filter of the repository was expected")
	}
	for _, name := range logs {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{f.forge.Token, basicAuth("x-access-token", f.forge.Token)[len("Basic "):]} {
			if bytes.Contains(data, []byte(secret)) {
				t.Errorf("a program got the token:\n%s", data)
			}
		}
	}
}

// Redirects of the forge end after 10 requests.
func TestRedirectLoop(t *testing.T) {
	var requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		http.Redirect(w, r, r.URL.Path, http.StatusTemporaryRedirect)
	}))
	defer server.Close()
	_, _, err := testSession(t, &githubKind, server.URL, "token", Options{}).findPull(t.Context())
	if err == nil || !strings.Contains(err.Error(), "redirects more than 9 times") || requests.Load() > maxRequests {
		t.Errorf("%d requests: %v", requests.Load(), err)
	}
}
