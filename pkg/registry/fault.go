package registry

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// A Fault is what is in the way to a registry.
type Fault uint8

// The faults.
const (
	FaultNone             Fault = iota // another error
	FaultDNS                           // the name does not resolve
	FaultProxyRefused                  // the proxy refuses, or cannot reach the host
	FaultProxyUnreachable              // there is no connection to the proxy
	FaultConnection                    // nobody answers at the address
	FaultUnknownAuthority              // the certificate is signed by an unknown authority
	FaultCertificate                   // the certificate is for another name, or not valid now
	FaultTLS                           // the handshake fails
	FaultTimeout                       // no answer in time
	FaultAuth                          // credentials are wanted, or not accepted
	FaultMissing                       // the registry answers that it does not have it
	FaultBusy                          // the registry answers that it is busy, or broken
)

// A ConnectionError is an error on the way to a host, in words for a person.
type ConnectionError struct {
	Host  string // as people know it
	Fault Fault
	text  string
}

func (t *ConnectionError) Error() string { return t.text }

// connectionError is an error about a reference.
func connectionError(ref name.Reference, err error) error {
	fault, _ := classifyError(err)
	return &ConnectionError{cmp.Or(errorHost(err), displayName(ref.Context().Registry)), fault, describeError(ref, err)}
}

// classifyError says what an error is about, in words for a person: without the URL,
// and without the address that changes with every run.
func classifyError(err error) (Fault, string) {
	var (
		dns      *net.DNSError
		op       *net.OpError
		unknown  x509.UnknownAuthorityError
		hostname x509.HostnameError
		invalid  x509.CertificateInvalidError
		verify   *tls.CertificateVerificationError
		header   tls.RecordHeaderError
		status   *transport.Error
		timeout  net.Error
		proxy    *proxyError
	)
	switch {
	case err == nil:
		return FaultNone, ""
	case errors.As(err, &status):
		return classifyStatus(status)
	case errors.As(err, &unknown):
		return FaultUnknownAuthority, "its certificate is signed by an unknown authority" + issuer(unknown.Cert)
	case errors.As(err, &hostname):
		return FaultCertificate, "its certificate is for another name (" + strings.Join(hostname.Certificate.DNSNames, ", ") + ")"
	case errors.As(err, &invalid):
		return FaultCertificate, "its certificate is not valid: " + invalid.Error()
	case errors.As(err, &verify):
		return FaultCertificate, "its certificate is not accepted: " + verify.Err.Error()
	case errors.As(err, &header):
		return FaultTLS, "it does not speak TLS"
	case errors.As(err, &op) && op.Op == "proxyconnect":
		_, why := classifyError(op.Err)
		return FaultProxyUnreachable, "the proxy cannot be reached: " + why
	case errors.As(err, &proxy):
		return FaultProxyRefused, describeProxyStatus(proxy.status)
	case errors.As(err, &dns):
		return FaultDNS, "no such name (DNS)"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return FaultTimeout, "no answer in time"
	case errors.Is(err, syscall.ECONNREFUSED):
		return FaultConnection, "connection refused"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return FaultConnection, "no route to it"
	case op != nil && op.Op == "dial":
		return FaultConnection, "no connection: " + op.Err.Error()
	}
	return FaultNone, innermostMessage(err)
}

func issuer(cert *x509.Certificate) string {
	if cert == nil || cert.Issuer.CommonName == "" {
		return ""
	}
	return fmt.Sprintf(" (%s)", cert.Issuer.CommonName)
}

// classifyStatus says what an answer means.
func classifyStatus(e *transport.Error) (Fault, string) {
	said := ""
	if len(e.Errors) > 0 {
		said = ": " + strings.TrimSpace(e.Errors[0].Message)
	}
	answer := fmt.Sprintf("%d %s", e.StatusCode, http.StatusText(e.StatusCode))
	switch {
	case e.StatusCode == http.StatusNotFound:
		return FaultMissing, "not found" + said
	case e.StatusCode == http.StatusUnauthorized, e.StatusCode == http.StatusForbidden:
		return FaultAuth, "denied: it wants other credentials, or does not have it (" + answer + ")"
	case e.StatusCode == http.StatusRequestEntityTooLarge:
		return FaultNone, "it takes nothing that large (" + answer + "): a proxy before it most likely, such as client_max_body_size of nginx"
	case e.StatusCode == http.StatusMethodNotAllowed:
		return FaultNone, "it does not take that (" + answer + "): it is read-only, or a pull-through cache" + said
	case isBusyStatus(e.StatusCode):
		return FaultBusy, "it answers " + answer + said
	}
	return FaultNone, "it answers " + answer + said
}

// describeProxyStatus says what the answer of a proxy means.
func describeProxyStatus(status int) string {
	answer := fmt.Sprintf(" (%d %s)", status, http.StatusText(status))
	switch status {
	case http.StatusForbidden:
		return "the proxy does not allow it" + answer
	case http.StatusProxyAuthRequired:
		return "the proxy wants a user and a password" + answer
	}
	return "the proxy does not reach it" + answer
}

// errorHost returns the host that an error is about, "" when it does not say so.
func errorHost(err error) string {
	if e := (*hostError)(nil); errors.As(err, &e) {
		return displayHost(e.host)
	}
	if e := (*transport.Error)(nil); errors.As(err, &e) && e.Request != nil && e.Request.URL != nil {
		return displayHost(e.Request.URL.Host)
	}
	return ""
}

// innermostMessage is the message of the error that others wrap.
func innermostMessage(err error) string {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err.Error()
		}
		err = next
	}
}
