package registry

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// PingOptions configure Ping.
type PingOptions struct {
	Host      string          // the registry
	Image     string          // repository:tag on the host; "": skip the steps that need an image
	Timeout   time.Duration   // of each step; 0: 20 seconds
	Transport *http.Transport // nil: a transport with the proxy of the environment
	Keychain  authn.Keychain  // nil: the Docker keychain
}

// A Step is the result of one step of Ping.
type Step struct {
	Name   string // resolve, connect, token, manifest, blob
	Result string // one line
	Failed bool
	Fault  Fault
	Host   string // the host that the step failed at
	Advice string // if it failed: what the failure means, and what to do
}

// A PingResult is the result of Ping.
type PingResult struct {
	Steps []Step   // the last one may have failed
	Hosts []string // all hosts that requests were sent to, sorted
}

// OK reports whether all steps succeeded.
func (p *PingResult) OK() bool {
	return !slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Failed })
}

// Ping performs the steps of pulling an image one by one, and stops at the first
// step that fails.
func Ping(ctx context.Context, o PingOptions) *PingResult {
	if o.Timeout <= 0 {
		o.Timeout = 20 * time.Second
	}
	if o.Transport == nil {
		o.Transport = newTransport(2)
	}
	if o.Keychain == nil {
		o.Keychain = authn.DefaultKeychain
	}
	p := &pingRun{o: o, visited: &redirects{}}
	p.ctx = context.WithValue(ctx, redirectsKey{}, p.visited)
	for _, step := range []func() (string, string, error){p.resolve, p.connect, p.token, p.manifest, p.blob} {
		if o.Image == "" && len(p.steps) == 3 {
			break
		}
		var cancel context.CancelFunc
		p.stepCtx, cancel = context.WithTimeout(p.ctx, o.Timeout)
		name, text, err := step()
		cancel()
		s := Step{Name: name, Result: text}
		if err != nil {
			s.Failed = true
			s.Fault, s.Result = classifyError(err)
			s.Host = cmp.Or(errorHost(err), o.Host)
			s.Advice = p.advice(s.Fault, s.Host)
			if s.Host != o.Host {
				s.Result = s.Host + ": " + s.Result
			}
		}
		p.steps = append(p.steps, s)
		if err != nil {
			break
		}
	}
	hosts := slices.Clone(p.visited.hosts)
	slices.Sort(hosts)
	return &PingResult{Steps: p.steps, Hosts: slices.Compact(hosts)}
}

// A pingRun is one run of Ping.
type pingRun struct {
	o            PingOptions
	ctx, stepCtx context.Context
	visited      *redirects
	steps        []Step

	plainHTTP    bool         // http, for a registry on this machine without TLS
	client       *http.Client // sends credentials
	smallestBlob v1.Descriptor
}

// RoundTrip sends a request once and records its host.
func (p *pingRun) RoundTrip(r *http.Request) (*http.Response, error) {
	p.visited.add(r.URL.Host)
	resp, err := p.o.Transport.RoundTrip(r)
	if err != nil {
		return nil, &hostError{r.URL.Host, err}
	}
	return resp, nil
}

func (p *pingRun) url(path string) string {
	scheme := "https"
	if p.plainHTTP {
		scheme = "http"
	}
	return scheme + "://" + apiHost(p.o.Host) + path
}

func (p *pingRun) resolve() (string, string, error) {
	const step = "resolve"
	r, err := http.NewRequestWithContext(p.stepCtx, http.MethodGet, p.url("/v2/"), nil)
	if err != nil {
		return step, "", err
	}
	if p.o.Transport.Proxy != nil {
		if proxy, err := p.o.Transport.Proxy(r); err == nil && proxy != nil {
			return step, "done by the proxy " + proxy.Redacted(), nil
		}
	}
	host := r.URL.Hostname()
	found, err := net.DefaultResolver.LookupHost(p.stepCtx, host)
	if err != nil {
		return step, "", &hostError{p.o.Host, err}
	}
	return step, strings.Join(found[:min(3, len(found))], ", "), nil
}

// connect sends the first request to the registry.
func (p *pingRun) connect() (string, string, error) {
	const step = "connect"
	r, err := http.NewRequestWithContext(p.stepCtx, http.MethodGet, p.url("/v2/"), nil)
	if err != nil {
		return step, "", err
	}
	resp, err := p.RoundTrip(r)
	if f, _ := classifyError(err); f == FaultTLS && !p.plainHTTP && allowsPlainHTTP(p.o.Host) {
		p.plainHTTP = true
		return p.connect()
	}
	if err != nil {
		return step, "", err
	}
	defer resp.Body.Close()
	by := ""
	if p.plainHTTP {
		by = ", without TLS"
	}
	if resp.TLS != nil && len(resp.TLS.PeerCertificates) > 0 {
		by = ", certificate by " + issuerName(resp.TLS.PeerCertificates[0].Issuer.Organization, resp.TLS.PeerCertificates[0].Issuer.CommonName)
	}
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusUnauthorized {
		resp.Request = r
		return step, "", transport.CheckError(resp, http.StatusOK)
	}
	return step, fmt.Sprintf("GET /v2/ responded %d%s", resp.StatusCode, by), nil
}

// allowsPlainHTTP reports whether go-containerregistry uses http for a registry
// without TLS, which it does for hosts on this machine and in private networks.
func allowsPlainHTTP(host string) bool {
	reg, err := name.NewRegistry(host)
	return err == nil && reg.Scheme() == "http"
}

func issuerName(organization []string, common string) string {
	return strings.TrimSpace(strings.Join(append(slices.Clone(organization), common), " "))
}

// token requests a token if the registry requires one.
func (p *pingRun) token() (string, string, error) {
	const step = "token"
	reg, err := name.NewRegistry(p.o.Host)
	if err != nil {
		return step, "", err
	}
	auth, err := authn.Resolve(p.stepCtx, p.o.Keychain, reg)
	if err != nil {
		return step, "", fmt.Errorf("reading the credentials of docker login: %w", err)
	}
	scope := "registry:catalog:*"
	if repo, _, _ := strings.Cut(p.o.Image, ":"); repo != "" {
		scope = "repository:" + repo + ":pull"
	}
	t, err := transport.NewWithContext(p.stepCtx, reg, auth, newGuardTransport(p), []string{scope})
	if err != nil {
		return step, "", err
	}
	p.client = &http.Client{Transport: t}
	if auth == authn.Anonymous {
		return step, "not required, or available without credentials", nil
	}
	return step, "with the credentials of docker login", nil
}

// fetch requests a path and follows redirects. via is a text for the result that
// names the last host, or "".
func (p *pingRun) fetch(path, accept string) ([]byte, string, error) {
	r, err := http.NewRequestWithContext(p.stepCtx, http.MethodGet, p.url(path), nil)
	if err != nil {
		return nil, "", err
	}
	r.Header.Set("Accept", accept)
	resp, err := p.client.Do(r)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	if err := transport.CheckError(resp, http.StatusOK); err != nil {
		return nil, "", err
	}
	via := ""
	if host := resp.Request.URL.Host; host != apiHost(p.o.Host) {
		via = ", redirected to " + host
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, 64<<20))
	if err != nil {
		return nil, "", &hostError{resp.Request.URL.Host, err}
	}
	return data, via, nil
}

const manifestTypes = "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, " +
	"application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json"

// manifest fetches the manifest of the image and of its first platform.
func (p *pingRun) manifest() (string, string, error) {
	const step = "manifest"
	repo, tag, _ := strings.Cut(p.o.Image, ":")
	data, via, err := p.fetch("/v2/"+repo+"/manifests/"+cmp.Or(tag, "latest"), manifestTypes)
	if err != nil {
		return step, "", err
	}
	text := fmt.Sprintf("%s, %d bytes%s", p.o.Image, len(data), via)
	m, err := parseManifest(data)
	if err == nil && len(m.Manifests) > 0 {
		if data, _, err = p.fetch("/v2/"+repo+"/manifests/"+m.Manifests[0].Digest.String(), manifestTypes); err == nil {
			m, err = parseManifest(data)
		}
	}
	if err != nil {
		return step, "", err
	}
	if m.Config == nil {
		return step, "", errors.New("the response is not the manifest of an image: something else responds in place of the registry")
	}
	p.smallestBlob = *m.Config
	for _, l := range m.Layers {
		if l.Size < p.smallestBlob.Size {
			p.smallestBlob = l
		}
	}
	return step, text, nil
}

// blob fetches the smallest blob and checks its digest.
func (p *pingRun) blob() (string, string, error) {
	const step = "blob"
	repo, _, _ := strings.Cut(p.o.Image, ":")
	data, via, err := p.fetch("/v2/"+repo+"/blobs/"+p.smallestBlob.Digest.String(), "*/*")
	if err != nil {
		return step, "", err
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != p.smallestBlob.Digest.Hex {
		return step, "", errors.New("the bytes do not match the digest: a program between this machine and the registry changes the response, such as a proxy that returns a page of its own")
	}
	return step, fmt.Sprintf("%d bytes, digest verified%s", len(data), via), nil
}
