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

func TestClassifyError(t *testing.T) {
	wrapped := func(err error) error {
		return &url.Error{Op: "Get", URL: "https://x.example/v2/?token=secret", Err: &hostError{"x.example", err}}
	}
	for _, tt := range []struct {
		err  error
		want Fault
		text string
	}{
		{&net.DNSError{Err: "no such host", Name: "x.example", IsNotFound: true}, FaultDNS, "host not found (DNS)"},
		{&net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host"}}, FaultDNS, "host not found (DNS)"},
		{&net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, FaultConnection, "connection refused"},
		{&net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.EHOSTUNREACH)}, FaultConnection, "no route to the host"},
		{&net.OpError{Op: "proxyconnect", Net: "tcp", Err: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}}, FaultProxyUnreachable, "the proxy cannot be reached: connection refused"},
		{&proxyError{407}, FaultProxyRefused, "the proxy requires a user and a password (407 Proxy Authentication Required)"},
		{context.DeadlineExceeded, FaultTimeout, "timed out"},
		{x509.UnknownAuthorityError{}, FaultUnknownAuthority, "the certificate is signed by an unknown authority"},
		{x509.HostnameError{Certificate: &x509.Certificate{DNSNames: []string{"y.example"}}, Host: "x.example"}, FaultCertificate, "the certificate is for another name (y.example)"},
		{&transport.Error{StatusCode: 404}, FaultMissing, "not found"},
		{&transport.Error{StatusCode: 403}, FaultAuth, "denied: the registry requires other credentials, or the image does not exist (403 Forbidden)"},
		{&transport.Error{StatusCode: 503}, FaultBusy, "the registry responded 503 Service Unavailable"},
		{&transport.Error{StatusCode: 418}, FaultNone, "the registry responded 418 I'm a teapot"},
		{errors.New("odd"), FaultNone, "odd"},
	} {
		t.Run(tt.text, func(t *testing.T) {
			err := wrapped(tt.err)
			if e := (*transport.Error)(nil); errors.As(tt.err, &e) {
				err = fmt.Errorf("querying: %w", tt.err)
			}
			got, text := classifyError(err)
			if got != tt.want || text != tt.text {
				t.Errorf("got %v %q, want %v %q", got, text, tt.want, tt.text)
			}
			if strings.Contains(text, "secret") {
				t.Errorf("the text contains a URL: %q", text)
			}
		})
	}
	if got := errorHost(wrapped(syscall.ECONNREFUSED)); got != "x.example" {
		t.Errorf("errorHost = %q", got)
	}
	e := &transport.Error{StatusCode: 403, Request: &http.Request{URL: &url.URL{Host: "index.docker.io"}}}
	if got := errorHost(e); got != "docker.io" {
		t.Errorf("errorHost = %q", got)
	}
}
