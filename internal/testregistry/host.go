package testregistry

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"

	"github.com/google/go-containerregistry/pkg/registry"
)

// Behavior is what a host does besides answering.
type Behavior struct {
	Unreachable bool   // the proxy cannot reach the host
	Blocked     bool   // the proxy does not allow the connection
	Untrusted   bool   // the certificate is signed by somebody unknown
	Auth        string // "basic" or "token": asks for credentials; "" for none
	User        string // with Password: who is let in; "" lets anybody have a token
	Password    string

	RedirectManifests string // the host that requests for manifests are redirected to
	RedirectBlobs     string // the same for blobs

	FailWith      []int  // statuses of the next requests that are not for a token, one each
	RetryAfter    string // the header that goes with them; "" for none
	TruncateBlobs int    // so many blobs end in the middle
	ImmutableTags bool   // a tag that is there is not replaced, as Harbor says it
	ReadOnly      bool   // nothing is taken
	MaxBody       int64  // bytes of a body that a proxy before it lets through; 0: any
	StallPath     string // requests whose path has this in it wait for Release
}

// A Host is a registry in a Network.
type Host struct {
	Name string

	mu       sync.Mutex
	behavior Behavior
	requests []string
	registry http.Handler
	released chan struct{}
}

// Host returns the registry of that name, which is added if there is none.
func (w *Network) Host(name string) *Host {
	w.mu.Lock()
	defer w.mu.Unlock()
	if h := w.hosts[name]; h != nil {
		return h
	}
	h := &Host{
		Name:     name,
		registry: registry.New(registry.Logger(log.New(io.Discard, "", 0)), registry.WithReferrersSupport(true)),
		released: make(chan struct{}),
	}
	w.hosts[name] = h
	return h
}

// SetBehavior changes what the host does.
func (h *Host) SetBehavior(change func(*Behavior)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change(&h.behavior)
}

// Release lets requests go on that stall.
func (h *Host) Release() { close(h.released) }

// ClearRequests empties the list of requests.
func (h *Host) ClearRequests() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.requests = nil
}

// Direct is a transport into the registry itself, past the network and what
// the host does besides.
func (h *Host) Direct() http.RoundTripper { return direct{h.registry} }

type direct struct{ to http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	if r.Body == nil {
		r.Body = http.NoBody // as a server has it
	}
	d.to.ServeHTTP(rec, r)
	resp := rec.Result()
	resp.Request = r
	if n, err := strconv.ParseInt(resp.Header.Get("Content-Length"), 10, 64); err == nil {
		resp.ContentLength = n
	}
	return resp, nil
}

func (h *Host) currentBehavior() Behavior {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.behavior
}

func (h *Host) serve(w http.ResponseWriter, r *http.Request) {
	line := r.Method + " " + r.URL.Path
	if r.Header.Get("Authorization") != "" {
		line += " +auth"
	}
	h.mu.Lock()
	h.requests = append(h.requests, line)
	b := h.behavior
	refuse := 0
	if r.URL.Path != "/token" && len(b.FailWith) > 0 {
		refuse = b.FailWith[0]
		h.behavior.FailWith = b.FailWith[1:]
	}
	truncate := r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/blobs/") && b.TruncateBlobs > 0
	if truncate && b.RedirectBlobs == "" {
		h.behavior.TruncateBlobs--
	}
	h.mu.Unlock()
	if b.StallPath != "" && strings.Contains(r.URL.Path, b.StallPath) {
		select {
		case <-h.released:
		case <-r.Context().Done():
			return
		}
	}
	switch {
	case refuse != 0:
		if b.RetryAfter != "" {
			w.Header().Set("Retry-After", b.RetryAfter)
		}
		http.Error(w, `{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}`, refuse)
	case r.URL.Path == "/token":
		h.token(w, r, b)
	case !h.allowed(r, b):
		challenge := `Basic realm="` + h.Name + `"`
		if b.Auth == "token" {
			challenge = `Bearer realm="https://` + h.Name + `/token",service="` + h.Name + `"`
		}
		w.Header().Set("WWW-Authenticate", challenge)
		http.Error(w, `{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}`, http.StatusUnauthorized)
	case b.RedirectManifests != "" && strings.Contains(r.URL.Path, "/manifests/"):
		http.Redirect(w, r, "https://"+b.RedirectManifests+r.URL.Path, http.StatusTemporaryRedirect)
	case b.RedirectBlobs != "" && strings.Contains(r.URL.Path, "/blobs/sha"):
		http.Redirect(w, r, "https://"+b.RedirectBlobs+r.URL.Path, http.StatusTemporaryRedirect)
	case b.ReadOnly && r.Method != http.MethodGet && r.Method != http.MethodHead:
		http.Error(w, `{"errors":[{"code":"UNSUPPORTED","message":"The operation is unsupported."}]}`, http.StatusMethodNotAllowed)
	case b.MaxBody > 0 && tooLarge(r, b.MaxBody):
		http.Error(w, "<html><body>413 Request Entity Too Large</body></html>", http.StatusRequestEntityTooLarge)
	case b.ImmutableTags && h.replaces(r):
		http.Error(w, `{"errors":[{"code":"PRECONDITION","message":"Failed to process request due to a tag configured as immutable."}]}`, http.StatusPreconditionFailed)
	case truncate:
		rec := httptest.NewRecorder()
		h.registry.ServeHTTP(rec, r)
		body := rec.Body.Bytes()
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.Write(body[:len(body)/2])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	default:
		h.registry.ServeHTTP(w, r)
	}
}

// token answers a request for a token, which names its scopes.
func (h *Host) token(w http.ResponseWriter, r *http.Request, b Behavior) {
	user, password, _ := r.BasicAuth()
	if b.User != "" && (user != b.User || password != b.Password) {
		http.Error(w, `{"errors":[{"code":"UNAUTHORIZED","message":"wrong user or password"}]}`, http.StatusUnauthorized)
		return
	}
	scopes := strings.Join(r.URL.Query()["scope"], " ")
	json.NewEncoder(w).Encode(map[string]string{"token": base64.StdEncoding.EncodeToString([]byte(scopes + " "))})
}

// allowed reports whether the request has the credentials that it needs.
func (h *Host) allowed(r *http.Request, b Behavior) bool {
	switch b.Auth {
	case "basic":
		user, password, ok := r.BasicAuth()
		return ok && user == b.User && password == b.Password
	case "token":
		text, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		scopes, err := base64.StdEncoding.DecodeString(text)
		if !ok || err != nil || len(scopes) == 0 {
			return false
		}
		if r.URL.Path == "/v2/" {
			return true
		}
		action := "pull"
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			action = "push"
		}
		for _, s := range strings.Fields(string(scopes)) {
			f := strings.Split(s, ":")
			if len(f) == 3 && f[0] == "repository" && strings.HasPrefix(r.URL.Path, "/v2/"+f[1]+"/") && strings.Contains(f[2], action) {
				return true
			}
		}
		return false
	}
	return true
}

// tooLarge reports whether a request has a body of more than most bytes, and
// leaves it as it was if not.
func tooLarge(r *http.Request, most int64) bool {
	body, err := io.ReadAll(io.LimitReader(r.Body, most+1))
	if err != nil || int64(len(body)) > most {
		return true
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return false
}

// replaces reports whether a request writes a tag that is there.
func (h *Host) replaces(r *http.Request) bool {
	if r.Method != http.MethodPut || !strings.Contains(r.URL.Path, "/manifests/") || strings.Contains(r.URL.Path, "/manifests/sha256:") {
		return false
	}
	head, err := http.NewRequestWithContext(r.Context(), http.MethodHead, r.URL.String(), nil)
	if err != nil {
		return false
	}
	resp, err := h.Direct().RoundTrip(head)
	return err == nil && resp.StatusCode == http.StatusOK
}
