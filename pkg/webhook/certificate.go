package webhook

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"
)

// A keyPair is the certificate of a server. It follows the files: a new content is used
// as soon as both files belong together, and the old one until then.
type keyPair struct {
	certFile, keyFile string
	current           atomic.Pointer[tls.Certificate]
	seen              [sha256.Size]byte // the hash of the content that was read last, usable or not
}

// reload reads the files. It returns false if their content is as before. With an error,
// the certificate stays as it is.
//
// It compares contents, not times: Kubernetes replaces the files of a Secret by changing
// a symbolic link, and other programs write them in place.
func (k *keyPair) reload() (changed bool, err error) {
	cert, key, err := k.read()
	if err != nil {
		return k.note(nil, []byte(err.Error())), err
	}
	if !k.note(cert, key) {
		return false, nil
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		// Between the two reads the files may have changed: then the next reading differs.
		if c, x, again := k.read(); again == nil && !(bytes.Equal(c, cert) && bytes.Equal(x, key)) {
			k.note(c, x)
			pair, err = tls.X509KeyPair(c, x)
		}
	}
	if err != nil {
		return true, fmt.Errorf("the certificate %q with the key %q: %w", k.certFile, k.keyFile, err)
	}
	k.current.Store(&pair)
	return true, nil
}

func (k *keyPair) read() (cert, key []byte, err error) {
	if cert, err = os.ReadFile(k.certFile); err != nil {
		return nil, nil, fmt.Errorf("reading the certificate: %w", err)
	}
	if key, err = os.ReadFile(k.keyFile); err != nil {
		return nil, nil, fmt.Errorf("reading the key: %w", err)
	}
	return cert, key, nil
}

// note stores the hash of a content, and reports whether it is a new one.
func (k *keyPair) note(cert, key []byte) bool {
	h := sha256.New()
	fmt.Fprintf(h, "%d ", len(cert))
	h.Write(cert)
	h.Write(key)
	sum := [sha256.Size]byte(h.Sum(nil))
	changed := sum != k.seen
	k.seen = sum
	return changed
}

// get returns the certificate for a connection. See [tls.Config.GetCertificate].
func (k *keyPair) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	if c := k.current.Load(); c != nil {
		return c, nil
	}
	return nil, errors.New("no certificate is loaded")
}

// check returns an error if the certificate is not valid at the given time.
func (k *keyPair) check(now time.Time) error {
	c := k.current.Load()
	switch {
	case c == nil:
		return errors.New("no certificate is loaded")
	case now.Before(c.Leaf.NotBefore):
		return fmt.Errorf("the certificate is not valid before %s", c.Leaf.NotBefore.UTC().Format(time.RFC3339))
	case now.After(c.Leaf.NotAfter):
		return fmt.Errorf("the certificate expired at %s", c.Leaf.NotAfter.UTC().Format(time.RFC3339))
	}
	return nil
}
