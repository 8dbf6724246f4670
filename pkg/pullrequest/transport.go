package pullrequest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// requestTimeout limits one request, without the waits for a rate limit.
const requestTimeout = time.Minute

// maxResponse is the maximum size of a response of a forge, in bytes.
const maxResponse = 64 << 20

// maxRequests is the maximum number of requests that redirects make of one.
const maxRequests = 10

// An apiTransport sends the requests of all clients of forges, so that all of them treat
// the token, rate limits and errors alike.
//
//   - It adds the token to requests to the hosts of the API, and to no others.
//   - If the forge rejects a request because of a rate limit, it waits and tries again, up
//     to three times, unless the forge asks for more than maxWait.
//   - It returns an *apiError for a response that is not a success. Other transports
//     leave that to the client; but each client has errors of its own, which omit the
//     status or quote the whole response.
type apiTransport struct {
	authorization string // the value of the header
	scheme        string
	hosts         []string
	maxWait       time.Duration
	sleep         func(context.Context, time.Duration) error
}

// newAPIClient returns the client for the API at the URL api of a forge of a kind.
func newAPIClient(kind *forgeKind, api *url.URL, token string, o *Options) *http.Client {
	return &http.Client{
		Transport: &apiTransport{
			authorization: kind.apiAuth(token, o.Getenv),
			scheme:        api.Scheme, hosts: append([]string{api.Host}, kind.apiHosts...),
			maxWait: o.MaxWait, sleep: o.Sleep,
		},
		CheckRedirect: sameHostOnly,
	}
}

func sameHostOnly(req *http.Request, via []*http.Request) error {
	if req.URL.Host != via[0].URL.Host || req.URL.Scheme != via[0].URL.Scheme {
		return fmt.Errorf("the forge redirects to %s://%s; redirects to another host are not followed", req.URL.Scheme, req.URL.Host)
	}
	if len(via) >= maxRequests {
		return fmt.Errorf("the forge redirects more than %d times", maxRequests-1)
	}
	return nil
}

// RoundTrip implements http.RoundTripper.
func (t *apiTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		var err error
		body, err = io.ReadAll(req.Body)
		req.Body.Close()
		if err != nil {
			return nil, err
		}
	}
	for try := 0; ; try++ {
		resp, err := t.send(req, body)
		e, rejected := err.(*apiError)
		if !rejected || !e.limited || e.wait < 0 || e.wait > t.maxWait || try == 3 {
			return resp, err
		}
		if err := t.sleep(req.Context(), e.wait); err != nil {
			return nil, err
		}
	}
}

// send sends a request once, and reads the whole response.
func (t *apiTransport) send(req *http.Request, body []byte) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(req.Context(), requestTimeout)
	defer cancel()
	req = req.Clone(ctx)
	if req.Body != nil {
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	req.Header.Del("Authorization")
	if req.URL.Scheme == t.scheme && slices.Contains(t.hosts, req.URL.Host) {
		req.Header.Set("Authorization", t.authorization)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxResponse+1))
	resp.Body.Close()
	if err == nil && len(text) > maxResponse {
		err = fmt.Errorf("the response is larger than %d MiB", maxResponse>>20)
	}
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(text))
	if resp.StatusCode == http.StatusNonAuthoritativeInfo {
		// Azure DevOps responds so, with a page to sign in, to a token that it does not accept.
		return nil, &apiError{status: http.StatusUnauthorized, statusLine: resp.Status, header: resp.Header}
	}
	if resp.StatusCode >= 400 {
		return nil, newAPIError(resp, text)
	}
	return resp, nil
}

// An apiError is a response by which a forge rejects a request.
type apiError struct {
	status     int
	statusLine string // such as 404 Not Found
	header     http.Header
	message    string        // of the forge, on one line; may be empty
	limited    bool          // because of a rate limit
	wait       time.Duration // how long to wait if limited; negative if the forge does not say
}

func (e *apiError) Error() string { return e.statusLine + e.text() }

// text returns the message after a colon, or "".
func (e *apiError) text() string {
	if e.message == "" {
		return ""
	}
	return ": " + e.message
}

// newAPIError reads the response of a forge that rejects a request.
func newAPIError(resp *http.Response, text []byte) *apiError {
	e := &apiError{status: resp.StatusCode, statusLine: resp.Status, header: resp.Header}
	var body any
	if json.Unmarshal(text, &body) == nil {
		var parts []string
		collectMessages(body, &parts)
		e.message = truncateLine(strings.Join(parts, ": "))
	}
	e.wait, e.limited = rateLimit(resp, e.message, string(text))
	return e
}

// maxMessage is the maximum length of a forge's message in an error, in bytes.
const maxMessage = 500

// truncateLine returns the beginning of a text on one line.
func truncateLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > maxMessage {
		s = strings.ToValidUTF8(s[:maxMessage], "") + "…"
	}
	return s
}

// collectMessages appends the messages of an error response. Forges use a string, a list
// of strings or objects, or an object of lists by field, under the keys message, error and
// errors; Bitbucket adds detail, and GitHub field and code.
func collectMessages(body any, out *[]string) {
	switch x := body.(type) {
	case string:
		if x = strings.TrimSpace(x); x != "" && !slices.Contains(*out, x) {
			*out = append(*out, x)
		}
	case []any:
		for _, v := range x {
			collectMessages(v, out)
		}
	case map[string]any:
		before := len(*out)
		for _, key := range []string{"message", "error", "error_description", "detail", "errors", "fields"} {
			v := x[key]
			if fields, ok := v.(map[string]any); ok && key == "fields" || key == "message" && ok {
				collectFields(fields, out)
				continue
			}
			collectMessages(v, out)
		}
		if field, ok := x["field"].(string); ok && len(*out) == before {
			code, _ := x["code"].(string)
			collectMessages(field+" is "+code, out)
		}
	}
}

// collectFields appends the messages about fields of a request, as FIELD MESSAGE.
func collectFields(fields map[string]any, out *[]string) {
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		var parts []string
		collectMessages(fields[name], &parts)
		if len(parts) > 0 {
			collectMessages(name+" "+strings.Join(parts, ", "), out)
		}
	}
}

// rateLimit reports whether a response rejects a request because of a rate limit, and how
// long to wait. The duration is negative if the forge does not say how long.
func rateLimit(resp *http.Response, message, text string) (time.Duration, bool) {
	h := resp.Header
	reset := ""
	if h.Get("X-RateLimit-Remaining") == "0" || resp.StatusCode == http.StatusTooManyRequests {
		if reset = h.Get("X-RateLimit-Reset"); reset == "" {
			reset = h.Get("RateLimit-Reset")
		}
	}
	after := h.Get("Retry-After")
	limited := resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusServiceUnavailable && after != "" ||
		resp.StatusCode == http.StatusForbidden && (after != "" || reset != "" || strings.Contains(text, "secondary-rate-limits") || strings.Contains(message, "rate limit"))
	if !limited {
		return 0, false
	}
	if seconds, err := strconv.ParseFloat(after, 64); err == nil && seconds >= 0 && seconds < 1e9 {
		return time.Duration(seconds * float64(time.Second)), true
	}
	if at, err := http.ParseTime(after); err == nil {
		return max(time.Until(at)+time.Second, 0), true
	}
	if at, err := strconv.ParseInt(reset, 10, 64); err == nil {
		return max(time.Until(time.Unix(at, 0))+time.Second, 0), true
	}
	return -1, true
}
