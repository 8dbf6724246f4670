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

// PingOptions say what a Ping asks for.
type PingOptions struct {
	Host      string          // the registry
	Image     string          // repository:tag, below the host; "": only as far as an image is not needed
	Timeout   time.Duration   // for each step; 0: 20 seconds
	Transport *http.Transport // nil: one that takes the proxy from the environment
	Keychain  authn.Keychain  // nil: the Docker keychain
}

// A Step is one of the steps to an image.
type Step struct {
	Name   string // resolve, connect, token, manifest, blob
	Result string // what came of it, a line
	Failed bool
	Fault  Fault
	Host   string // that it failed at
	Advice string // when it failed: what it means, and what to do
}

// A PingResult is what a Ping came to.
type PingResult struct {
	Steps []Step   // the last one may have failed
	Hosts []string // those that requests went to, sorted
}

// OK reports whether all steps succeeded.
func (p *PingResult) OK() bool {
	return !slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Failed })
}

// Ping goes the way to an image step by step, and stops where it ends.
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
		called, said, err := step()
		cancel()
		s := Step{Name: called, Result: said}
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

	plainHTTP    bool         // without TLS, as a registry on this machine may be
	client       *http.Client // with credentials
	kind         string       // of the manifest
	smallestBlob v1.Descriptor
}

// RoundTrip makes one request, once, and leaves a trail.
func (p *pingRun) RoundTrip(r *http.Request) (*http.Response, error) {
	p.visited.mu.Lock()
	p.visited.hosts = append(p.visited.hosts, r.URL.Host)
	p.visited.mu.Unlock()
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
	const called = "resolve"
	r, err := http.NewRequestWithContext(p.stepCtx, http.MethodGet, p.url("/v2/"), nil)
	if err != nil {
		return called, "", err
	}
	if p.o.Transport.Proxy != nil {
		if proxy, err := p.o.Transport.Proxy(r); err == nil && proxy != nil {
			return called, "left to the proxy " + proxy.Redacted(), nil
		}
	}
	host := r.URL.Hostname()
	found, err := net.DefaultResolver.LookupHost(p.stepCtx, host)
	if err != nil {
		return called, "", &hostError{p.o.Host, err}
	}
	return called, strings.Join(found[:min(3, len(found))], ", "), nil
}

// connect reaches the registry: the connection, TLS, and its first answer.
func (p *pingRun) connect() (string, string, error) {
	const called = "connect"
	r, err := http.NewRequestWithContext(p.stepCtx, http.MethodGet, p.url("/v2/"), nil)
	if err != nil {
		return called, "", err
	}
	resp, err := p.RoundTrip(r)
	if f, _ := classifyError(err); f == FaultTLS && !p.plainHTTP && allowsPlainHTTP(p.o.Host) {
		p.plainHTTP = true
		return p.connect()
	}
	if err != nil {
		return called, "", err
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
		return called, "", transport.CheckError(resp, http.StatusOK)
	}
	return called, fmt.Sprintf("GET /v2/ answers %d%s", resp.StatusCode, by), nil
}

// allowsPlainHTTP reports whether a registry is asked without TLS when it has none:
// those that go-containerregistry asks so, on this machine or in its network.
func allowsPlainHTTP(host string) bool {
	reg, err := name.NewRegistry(host)
	return err == nil && reg.Scheme() == "http"
}

func issuerName(organization []string, common string) string {
	return strings.TrimSpace(strings.Join(append(slices.Clone(organization), common), " "))
}

// token gets what the registry wants to be let in, if it wants anything.
func (p *pingRun) token() (string, string, error) {
	const called = "token"
	reg, err := name.NewRegistry(p.o.Host)
	if err != nil {
		return called, "", err
	}
	auth, err := authn.Resolve(p.stepCtx, p.o.Keychain, reg)
	if err != nil {
		return called, "", fmt.Errorf("reading the credentials of docker login: %w", err)
	}
	scope := "registry:catalog:*"
	if repo, _, _ := strings.Cut(p.o.Image, ":"); repo != "" {
		scope = "repository:" + repo + ":pull"
	}
	t, err := transport.NewWithContext(p.stepCtx, reg, auth, p, []string{scope})
	if err != nil {
		return called, "", err
	}
	p.client = &http.Client{Transport: t}
	if auth == authn.Anonymous {
		return called, "none needed, or given to anybody", nil
	}
	return called, "with the credentials of docker login", nil
}

// fetch gets a path, wherever it is redirected to, and says where that is.
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
	p.kind = resp.Header.Get("Content-Type")
	return data, via, nil
}

const manifestTypes = "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, " +
	"application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json"

// manifest pulls the manifest of the image, and of its first platform.
func (p *pingRun) manifest() (string, string, error) {
	const called = "manifest"
	repo, tag, _ := strings.Cut(p.o.Image, ":")
	data, via, err := p.fetch("/v2/"+repo+"/manifests/"+cmp.Or(tag, "latest"), manifestTypes)
	if err != nil {
		return called, "", err
	}
	said := fmt.Sprintf("%s, %d bytes%s", p.o.Image, len(data), via)
	m, err := parseManifest(data)
	if err == nil && len(m.Manifests) > 0 {
		if data, _, err = p.fetch("/v2/"+repo+"/manifests/"+m.Manifests[0].Digest.String(), manifestTypes); err == nil {
			m, err = parseManifest(data)
		}
	}
	if err != nil {
		return called, "", err
	}
	if m.Config == nil {
		return called, "", errors.New("the answer is no manifest of an image: something else answers for the registry")
	}
	p.smallestBlob = *m.Config
	for _, l := range m.Layers {
		if l.Size < p.smallestBlob.Size {
			p.smallestBlob = l
		}
	}
	return called, said, nil
}

// blob pulls the smallest blob, and looks whether it is whole.
func (p *pingRun) blob() (string, string, error) {
	const called = "blob"
	repo, _, _ := strings.Cut(p.o.Image, ":")
	data, via, err := p.fetch("/v2/"+repo+"/blobs/"+p.smallestBlob.Digest.String(), "*/*")
	if err != nil {
		return called, "", err
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != p.smallestBlob.Digest.Hex {
		return called, "", errors.New("its bytes are not those of its digest: something on the way changes them, such as a proxy that shows a page of its own")
	}
	return called, fmt.Sprintf("%d bytes, as its digest says%s", len(data), via), nil
}
