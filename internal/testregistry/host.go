package testregistry

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"

	"github.com/google/go-containerregistry/pkg/registry"
)

// Behavior makes a host deviate from a plain registry.
type Behavior struct {
	Unreachable bool   // the proxy cannot reach the host
	Blocked     bool   // the proxy does not allow the connection
	Untrusted   bool   // the certificate is signed by an unknown authority
	Auth        string // "basic" or "token": requires credentials; "": none
	User        string // with Password: the valid credentials; "": everybody gets a token
	Password    string

	RedirectManifests string // host that requests for manifests are redirected to; "" for none
	RedirectBlobs     string // host that requests for blobs are redirected to; "" for none

	RedirectToSelf bool   // requests for manifests are redirected to themselves
	NoHead         bool   // HEAD is not allowed
	ReportDigest   string // header Docker-Content-Digest of manifests; "" for the correct one
	ReportType     string // header Content-Type of manifests; "" for the correct one

	FailWith      []int  // status of each of the next requests, token requests excluded
	RetryAfter    string // header of the responses of FailWith; "" for none
	TruncateBlobs int    // number of blobs whose responses end early
	ImmutableTags bool   // existing tags cannot be replaced; the error is that of Harbor
	ReadOnly      bool   // uploads are rejected
	MaxBody       int64  // largest request body in bytes, as limited by a proxy; 0: no limit
	StallPath     string // requests whose path contains this text wait for Release
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

// Host returns the registry with a name, and adds it if it does not exist.
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

// SetBehavior changes the behavior of the host.
func (h *Host) SetBehavior(change func(*Behavior)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change(&h.behavior)
}

// Release continues the requests that wait because of StallPath.
func (h *Host) Release() { close(h.released) }

// ClearRequests clears the list of requests.
func (h *Host) ClearRequests() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.requests = nil
}

// Direct returns a transport to the registry itself, without the network and the
// behavior of the host.
func (h *Host) Direct() http.RoundTripper { return direct{h.registry} }

type direct struct{ handler http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	if r.Body == nil {
		r.Body = http.NoBody // as in a server
	}
	d.handler.ServeHTTP(rec, r)
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
	b, status, truncate := h.begin(r)
	if b.StallPath != "" && strings.Contains(r.URL.Path, b.StallPath) {
		select {
		case <-h.released:
		case <-r.Context().Done():
			return
		}
	}
	switch {
	case status != 0:
		if b.RetryAfter != "" {
			w.Header().Set("Retry-After", b.RetryAfter)
		}
		http.Error(w, `{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}`, status)
	case r.URL.Path == "/token":
		h.token(w, r, b)
	case !h.allowed(r, b):
		challenge := `Basic realm="` + h.Name + `"`
		if b.Auth == "token" {
			challenge = `Bearer realm="https://` + h.Name + `/token",service="` + h.Name + `"`
		}
		w.Header().Set("WWW-Authenticate", challenge)
		http.Error(w, `{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}`, http.StatusUnauthorized)
	case b.NoHead && r.Method == http.MethodHead:
		w.WriteHeader(http.StatusMethodNotAllowed)
	case redirect(w, r, b):
	case h.rejectUpload(w, r, b):
	case truncate:
		h.serveHalf(w, r)
	case (b.ReportDigest != "" || b.ReportType != "") && strings.Contains(r.URL.Path, "/manifests/"):
		h.serveFalseHeaders(w, r, b)
	default:
		h.registry.ServeHTTP(w, r)
	}
}

// redirect redirects a request as b says. It reports whether it did.
func redirect(w http.ResponseWriter, r *http.Request, b Behavior) bool {
	target := ""
	switch isManifest := strings.Contains(r.URL.Path, "/manifests/"); {
	case isManifest && b.RedirectToSelf:
		target = r.URL.Path
	case isManifest && b.RedirectManifests != "":
		target = "https://" + b.RedirectManifests + r.URL.Path
	case b.RedirectBlobs != "" && strings.Contains(r.URL.Path, "/blobs/sha"):
		target = "https://" + b.RedirectBlobs + r.URL.Path
	default:
		return false
	}
	http.Redirect(w, r, target, http.StatusTemporaryRedirect)
	return true
}

// serveFalseHeaders serves a manifest with the headers of ReportDigest and ReportType.
func (h *Host) serveFalseHeaders(w http.ResponseWriter, r *http.Request, b Behavior) {
	rec := httptest.NewRecorder()
	h.registry.ServeHTTP(rec, r)
	header := w.Header()
	maps.Copy(header, rec.Header())
	if b.ReportDigest != "" {
		header.Set("Docker-Content-Digest", b.ReportDigest)
	}
	if b.ReportType != "" {
		header.Set("Content-Type", b.ReportType)
	}
	w.WriteHeader(rec.Code)
	w.Write(rec.Body.Bytes())
}

// begin records a request. It returns the behavior, the status of FailWith for
// this request or 0, and whether the response must end early.
func (h *Host) begin(r *http.Request) (b Behavior, status int, truncate bool) {
	line := r.Method + " " + r.URL.Path
	if r.Header.Get("Authorization") != "" {
		line += " +auth"
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.requests = append(h.requests, line)
	b = h.behavior
	if r.URL.Path != "/token" && len(b.FailWith) > 0 {
		status = b.FailWith[0]
		h.behavior.FailWith = b.FailWith[1:]
	}
	truncate = r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/blobs/") && b.TruncateBlobs > 0
	if truncate && b.RedirectBlobs == "" {
		h.behavior.TruncateBlobs--
	}
	return b, status, truncate
}

// rejectUpload responds with an error if the host does not accept an upload. It
// reports whether it did.
func (h *Host) rejectUpload(w http.ResponseWriter, r *http.Request, b Behavior) bool {
	switch {
	case b.ReadOnly && r.Method != http.MethodGet && r.Method != http.MethodHead:
		http.Error(w, `{"errors":[{"code":"UNSUPPORTED","message":"The operation is unsupported."}]}`, http.StatusMethodNotAllowed)
	case b.MaxBody > 0 && tooLarge(r, b.MaxBody):
		http.Error(w, "<html><body>413 Request Entity Too Large</body></html>", http.StatusRequestEntityTooLarge)
	case b.ImmutableTags && h.replacesTag(r):
		http.Error(w, `{"errors":[{"code":"PRECONDITION","message":"Failed to process request due to a tag configured as immutable."}]}`, http.StatusPreconditionFailed)
	default:
		return false
	}
	return true
}

// serveHalf sends half of the response and breaks the connection.
func (h *Host) serveHalf(w http.ResponseWriter, r *http.Request) {
	rec := httptest.NewRecorder()
	h.registry.ServeHTTP(rec, r)
	body := rec.Body.Bytes()
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.Write(body[:len(body)/2])
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

// token responds to a token request. The token contains the requested scopes.
func (h *Host) token(w http.ResponseWriter, r *http.Request, b Behavior) {
	user, password, _ := r.BasicAuth()
	if b.User != "" && (user != b.User || password != b.Password) {
		http.Error(w, `{"errors":[{"code":"UNAUTHORIZED","message":"wrong user or password"}]}`, http.StatusUnauthorized)
		return
	}
	scopes := strings.Join(r.URL.Query()["scope"], " ")
	json.NewEncoder(w).Encode(map[string]string{"token": base64.StdEncoding.EncodeToString([]byte(scopes + " "))})
}

// allowed reports whether the request has the required credentials.
func (h *Host) allowed(r *http.Request, b Behavior) bool {
	switch b.Auth {
	case "basic":
		user, password, ok := r.BasicAuth()
		return ok && user == b.User && password == b.Password
	case "token":
		text, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		scopes, err := base64.StdEncoding.DecodeString(text)
		return ok && err == nil && len(scopes) > 0 && (r.URL.Path == "/v2/" || inScope(r, string(scopes)))
	}
	return true
}

// inScope reports whether the scopes of a token allow a request.
func inScope(r *http.Request, scopes string) bool {
	action := "pull"
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		action = "push"
	}
	for _, s := range strings.Fields(scopes) {
		f := strings.Split(s, ":")
		if len(f) == 3 && f[0] == "repository" && strings.HasPrefix(r.URL.Path, "/v2/"+f[1]+"/") && strings.Contains(f[2], action) {
			return true
		}
	}
	return false
}

// tooLarge reports whether the body of a request is larger than limit bytes. If not,
// the body can still be read.
func tooLarge(r *http.Request, limit int64) bool {
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil || int64(len(body)) > limit {
		return true
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return false
}

// replacesTag reports whether a request writes an existing tag.
func (h *Host) replacesTag(r *http.Request) bool {
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
