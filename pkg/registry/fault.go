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

// A Fault classifies an error of a request to a registry.
type Fault uint8

// The faults.
const (
	FaultNone             Fault = iota // any other error
	FaultDNS                           // the host name does not resolve
	FaultProxyRefused                  // the proxy rejects the request or cannot reach the host
	FaultProxyUnreachable              // the proxy cannot be reached
	FaultConnection                    // no connection to the address
	FaultUnknownAuthority              // the certificate is signed by an unknown authority
	FaultCertificate                   // the certificate is for another name, or is not valid now
	FaultTLS                           // the TLS handshake fails
	FaultTimeout                       // no answer in time
	FaultAuth                          // the registry requires credentials or does not accept them
	FaultMissing                       // the registry does not have the object
	FaultBusy                          // the registry is busy or has an internal error
)

// A ConnectionError is an error of a request to a host, with a text for a person.
type ConnectionError struct {
	Host  string // as users write it
	Fault Fault
	text  string
}

func (t *ConnectionError) Error() string { return t.text }

// connectionError returns the error of a request for a reference.
func connectionError(ref name.Reference, err error) error {
	fault, _ := classifyError(err)
	return &ConnectionError{cmp.Or(errorHost(err), displayName(ref.Context().Registry)), fault, describeError(ref, err)}
}

// classifyError returns the fault and a text for a person. The text contains no
// URL and no local address, which would change with every run.
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
		return FaultUnknownAuthority, "the certificate is signed by an unknown authority" + issuer(unknown.Cert)
	case errors.As(err, &hostname):
		return FaultCertificate, "the certificate is for another name (" + strings.Join(hostname.Certificate.DNSNames, ", ") + ")"
	case errors.As(err, &invalid):
		return FaultCertificate, "the certificate is not valid: " + invalid.Error()
	case errors.As(err, &verify):
		return FaultCertificate, "the certificate is not accepted: " + verify.Err.Error()
	case errors.As(err, &header):
		return FaultTLS, "the server does not use TLS"
	case errors.As(err, &op) && op.Op == "proxyconnect":
		_, why := classifyError(op.Err)
		return FaultProxyUnreachable, "the proxy cannot be reached: " + why
	case errors.As(err, &proxy):
		return FaultProxyRefused, describeProxyStatus(proxy.status)
	case errors.As(err, &dns):
		return FaultDNS, "host not found (DNS)"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return FaultTimeout, "timed out"
	case errors.Is(err, syscall.ECONNREFUSED):
		return FaultConnection, "connection refused"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return FaultConnection, "no route to the host"
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

// classifyStatus returns the fault and the text for an HTTP error of a registry.
func classifyStatus(e *transport.Error) (Fault, string) {
	message := ""
	if len(e.Errors) > 0 {
		message = ": " + strings.TrimSpace(e.Errors[0].Message)
	}
	status := fmt.Sprintf("%d %s", e.StatusCode, http.StatusText(e.StatusCode))
	switch {
	case e.StatusCode == http.StatusNotFound:
		return FaultMissing, "not found" + message
	case e.StatusCode == http.StatusUnauthorized, e.StatusCode == http.StatusForbidden:
		return FaultAuth, "denied: the registry requires other credentials, or the image does not exist (" + status + ")"
	case e.StatusCode == http.StatusRequestEntityTooLarge:
		return FaultNone, "the request is too large (" + status + "): most likely a limit of a proxy in front of the registry, such as client_max_body_size of nginx"
	case e.StatusCode == http.StatusMethodNotAllowed:
		return FaultNone, "the registry does not accept uploads (" + status + "): it is read-only, or a pull-through cache" + message
	case isBusyStatus(e.StatusCode):
		return FaultBusy, "the registry responded " + status + message
	}
	return FaultNone, "the registry responded " + status + message
}

// describeProxyStatus returns the text for an HTTP error of a proxy.
func describeProxyStatus(status int) string {
	answer := fmt.Sprintf(" (%d %s)", status, http.StatusText(status))
	switch status {
	case http.StatusForbidden:
		return "the proxy does not allow the connection" + answer
	case http.StatusProxyAuthRequired:
		return "the proxy requires a user and a password" + answer
	}
	return "the proxy cannot reach the host" + answer
}

// errorHost returns the host of a failed request, or "" if err does not name it.
func errorHost(err error) string {
	if e := (*hostError)(nil); errors.As(err, &e) {
		return displayHost(e.host)
	}
	if e := (*transport.Error)(nil); errors.As(err, &e) && e.Request != nil && e.Request.URL != nil {
		return displayHost(e.Request.URL.Host)
	}
	return ""
}

// innermostMessage returns the message of the innermost wrapped error.
func innermostMessage(err error) string {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err.Error()
		}
		err = next
	}
}
