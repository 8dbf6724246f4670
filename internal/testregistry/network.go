// Package testregistry serves registries under their public names, with TLS, on
// the loopback interface, for tests.
//
// [Start] creates a certificate authority, a TLS server with a certificate for
// every name, and an HTTP CONNECT proxy that connects all names to that server. A
// program with [Network.Env] in its environment can contact `k8s.gcr.io` while no
// packet leaves the machine. Names that were not added do not exist.
// [Network.Host] adds a registry; the fields of [Behavior] make it require
// credentials, redirect, fail, or break connections.
//
// Only tests import this package; internal/archtest checks that.
package testregistry

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// A Network is a proxy with the registries behind it.
type Network struct {
	Proxy  string // URL of the proxy
	CAFile string // certificate of the authority, PEM

	mu          sync.Mutex
	hosts       map[string]*Host
	connections map[string]int
	openConns   map[net.Conn]bool

	ca, untrustedCA *authority
	server          *http.Server
	tls             net.Listener
	proxy           net.Listener
}

// Start starts a network and writes the certificate of its authority to dir.
func Start(dir string) (*Network, error) {
	w := &Network{hosts: map[string]*Host{}, connections: map[string]int{}, openConns: map[net.Conn]bool{}}
	var err error
	if w.ca, err = newAuthority("test authority"); err != nil {
		return nil, err
	}
	if w.untrustedCA, err = newAuthority("untrusted authority"); err != nil {
		return nil, err
	}
	w.CAFile = filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(w.CAFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.ca.cert.Raw}), 0o600); err != nil {
		return nil, err
	}
	if w.tls, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	if w.proxy, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, errors.Join(err, w.tls.Close())
	}
	w.Proxy = "http://" + w.proxy.Addr().String()
	w.server = &http.Server{
		Handler:   http.HandlerFunc(w.serve),
		TLSConfig: &tls.Config{GetCertificate: w.certificate},
		ErrorLog:  log.New(io.Discard, "", 0),
	}
	go w.server.ServeTLS(w.tls, "", "")
	go w.accept()
	return w, nil
}

// Close stops the servers and closes all connections.
func (w *Network) Close() {
	w.proxy.Close()
	w.server.Close()
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.openConns {
		c.Close()
	}
}

// Env returns the environment variables of a program that uses the network.
func (w *Network) Env() []string {
	return []string{"HTTPS_PROXY=" + w.Proxy, "HTTP_PROXY=" + w.Proxy, "NO_PROXY=", "SSL_CERT_FILE=" + w.CAFile}
}

// Transport returns a transport for a client in this process.
func (w *Network) Transport() *http.Transport {
	pool := x509.NewCertPool()
	pool.AddCert(w.ca.cert)
	proxy, err := url.Parse(w.Proxy)
	if err != nil {
		panic(err)
	}
	return &http.Transport{
		Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true,
	}
}

// Connections returns the number of connections that were made to a host.
func (w *Network) Connections(host string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.connections[host]
}

// Requests returns the requests to a host in order, such as "GET /v2/". Requests
// with credentials end with " +auth".
func (w *Network) Requests(host string) []string {
	h := w.find(host)
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.requests...)
}

func (w *Network) find(host string) *Host {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.hosts[host]
}

func (w *Network) serve(rw http.ResponseWriter, r *http.Request) {
	h := w.find(r.Host)
	if h == nil {
		http.Error(rw, "no such host", http.StatusMisdirectedRequest)
		return
	}
	h.serve(rw, r)
}

// accept runs the proxy.
func (w *Network) accept() {
	for {
		c, err := w.proxy.Accept()
		if err != nil {
			return
		}
		w.mu.Lock()
		w.openConns[c] = true
		w.mu.Unlock()
		go w.tunnel(c)
	}
}

// tunnel connects a client to the TLS server if the host exists.
func (w *Network) tunnel(c net.Conn) {
	defer func() {
		c.Close()
		w.mu.Lock()
		delete(w.openConns, c)
		w.mu.Unlock()
	}()
	// Byte by byte, so that no bytes after the header end up in a buffer.
	var head strings.Builder
	for b := make([]byte, 1); !strings.HasSuffix(head.String(), "\r\n\r\n"); {
		if _, err := io.ReadFull(c, b); err != nil || head.Len() > 1<<16 {
			return
		}
		head.Write(b)
	}
	f := strings.Fields(head.String())
	if len(f) < 2 || f[0] != "CONNECT" {
		io.WriteString(c, "HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n")
		return
	}
	host, _, err := net.SplitHostPort(f[1])
	h := w.find(host)
	if err != nil || h == nil || h.currentBehavior().Unreachable {
		io.WriteString(c, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
		return
	}
	if h.currentBehavior().Blocked {
		io.WriteString(c, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
		return
	}
	w.mu.Lock()
	w.connections[host]++
	w.mu.Unlock()
	to, err := net.Dial("tcp", w.tls.Addr().String())
	if err != nil {
		return
	}
	defer to.Close()
	io.WriteString(c, "HTTP/1.1 200 Connection established\r\n\r\n")
	go func() {
		io.Copy(to, c)
		to.(*net.TCPConn).CloseWrite()
	}()
	io.Copy(c, to)
}

// An authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey

	mu     sync.Mutex
	leaves map[string]*tls.Certificate
}

func newAuthority(name string) (*authority, error) {
	a := &authority{leaves: map[string]*tls.Certificate{}}
	var err error
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, err
	}
	t := template(name)
	t.IsCA, t.KeyUsage, t.BasicConstraintsValid = true, x509.KeyUsageCertSign, true
	der, err := x509.CreateCertificate(rand.Reader, t, t, &a.key.PublicKey, a.key)
	if err != nil {
		return nil, err
	}
	a.cert, err = x509.ParseCertificate(der)
	return a, err
}

func template(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
}

// leaf returns a certificate for a host.
func (a *authority) leaf(host string) (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if c := a.leaves[host]; c != nil {
		return c, nil
	}
	t := template(host)
	t.DNSNames = []string{host}
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	der, err := x509.CreateCertificate(rand.Reader, t, a.cert, &a.key.PublicKey, a.key)
	if err != nil {
		return nil, err
	}
	c := &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: a.key}
	a.leaves[host] = c
	return c, nil
}

func (w *Network) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	h := w.find(hello.ServerName)
	if h == nil {
		return nil, fmt.Errorf("no host %q", hello.ServerName)
	}
	if h.currentBehavior().Untrusted {
		return w.untrustedCA.leaf(hello.ServerName)
	}
	return w.ca.leaf(hello.ServerName)
}
