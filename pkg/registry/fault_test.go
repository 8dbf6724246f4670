package registry

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

func TestExplain(t *testing.T) {
	wrapped := func(err error) error {
		return &url.Error{Op: "Get", URL: "https://x.example/v2/?token=secret", Err: &hostError{"x.example", err}}
	}
	for _, tt := range []struct {
		err  error
		want Fault
		said string
	}{
		{&net.DNSError{Err: "no such host", Name: "x.example", IsNotFound: true}, FaultDNS, "no such name (DNS)"},
		{&net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host"}}, FaultDNS, "no such name (DNS)"},
		{&net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, FaultConnection, "connection refused"},
		{&net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.EHOSTUNREACH)}, FaultConnection, "no route to it"},
		{&net.OpError{Op: "proxyconnect", Net: "tcp", Err: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}}, FaultProxyUnreachable, "the proxy cannot be reached: connection refused"},
		{&proxyError{407}, FaultProxyRefused, "the proxy wants a user and a password (407 Proxy Authentication Required)"},
		{context.DeadlineExceeded, FaultTimeout, "no answer in time"},
		{x509.UnknownAuthorityError{}, FaultUnknownAuthority, "its certificate is signed by an unknown authority"},
		{x509.HostnameError{Certificate: &x509.Certificate{DNSNames: []string{"y.example"}}, Host: "x.example"}, FaultCertificate, "its certificate is for another name (y.example)"},
		{&transport.Error{StatusCode: 404}, FaultMissing, "not found"},
		{&transport.Error{StatusCode: 403}, FaultAuth, "denied: it wants other credentials, or does not have it (403 Forbidden)"},
		{&transport.Error{StatusCode: 503}, FaultBusy, "it answers 503 Service Unavailable"},
		{&transport.Error{StatusCode: 418}, FaultNone, "it answers 418 I'm a teapot"},
		{errors.New("odd"), FaultNone, "odd"},
	} {
		t.Run(tt.said, func(t *testing.T) {
			err := wrapped(tt.err)
			if e := (*transport.Error)(nil); errors.As(tt.err, &e) {
				err = fmt.Errorf("asking: %w", tt.err)
			}
			got, said := classifyError(err)
			if got != tt.want || said != tt.said {
				t.Errorf("got %v %q, want %v %q", got, said, tt.want, tt.said)
			}
			if strings.Contains(said, "secret") {
				t.Errorf("a URL is shown: %q", said)
			}
		})
	}
	if got := errorHost(wrapped(syscall.ECONNREFUSED)); got != "x.example" {
		t.Errorf("it is about %q", got)
	}
	e := &transport.Error{StatusCode: 403, Request: &http.Request{URL: &url.URL{Host: "index.docker.io"}}}
	if got := errorHost(e); got != "docker.io" {
		t.Errorf("it is about %q", got)
	}
}
