package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Times of self-signed certificates.
const (
	validity    = 90 * 24 * time.Hour
	renewBefore = 30 * 24 * time.Hour

	// announcement is the time from a new authority in the webhook configuration to its
	// first use: all API servers have read the configuration by then.
	announcement = 10 * time.Minute
)

// The keys of the Secret. The first two are those of kubernetes.io/tls.
const (
	keyCert     = "tls.crt" // what the replicas serve
	keyKey      = "tls.key"
	keyCA       = "ca.crt"   // the authorities that API servers must trust, PEM
	keyNextCert = "next.crt" // what they will serve
	keyNextKey  = "next.key"

	// keyAnnounced has the time since which the webhook configuration has the authority of
	// the next certificate, RFC 3339.
	keyAnnounced = "announced"
)

// A RotationStore holds the state of a rotation, which is in the cluster. The versions are
// those of the objects: a change of an object that somebody else changed meanwhile returns
// an error.
type RotationStore interface {
	Secret(context.Context) (data map[string][]byte, version string, err error)
	SetSecret(ctx context.Context, data map[string][]byte, version string) error

	// Bundle returns the authorities in the webhook configuration, PEM.
	Bundle(context.Context) (bundle []byte, version string, err error)
	SetBundle(ctx context.Context, bundle []byte, version string) error

	// Serving returns the certificates, as DER, that the replicas serve, one for each
	// replica. It returns an error if one of them does not respond.
	Serving(context.Context) ([][]byte, error)
}

// A Rotation makes and renews the certificate of a webhook, in steps. Each step leaves a
// state in which all API servers trust what all replicas serve:
//
//  1. A certificate that ends in 30 days gets a successor in the Secret, whose authority is
//     added to the webhook configuration.
//  2. Ten minutes later or more, the replicas get the successor. They read it from the
//     Secret, each at its own time. Both authorities are in the configuration.
//  3. When all replicas serve it, the old authority is removed.
//
// A run that ends between two changes is continued by the next one. Runs at the same time
// do not disturb each other: of two changes of one object, one fails.
type Rotation struct {
	Store RotationStore
	Names []string // DNS names of the certificate
	Now   time.Time
}

// Run does the steps that are due, and returns a sentence for each.
func (r *Rotation) Run(ctx context.Context) ([]string, error) {
	data, version, err := r.Store.Secret(ctx)
	if err != nil {
		return nil, err
	}
	bundle, bundleVersion, err := r.Store.Bundle(ctx)
	if err != nil {
		return nil, err
	}
	next, notes, err := r.step(ctx, data, bundle)
	if err != nil {
		return notes, err
	}
	if next != nil {
		if err := r.Store.SetSecret(ctx, next, version); err != nil {
			return notes, err
		}
		data = next
	}
	if !bytes.Equal(bundle, data[keyCA]) {
		if err := r.Store.SetBundle(ctx, data[keyCA], bundleVersion); err != nil {
			return notes, err
		}
		notes = append(notes, "wrote the authorities of the Secret to the webhook configuration")
	}
	return notes, nil
}

// step returns the new content of the Secret, or nil if it does not change.
func (r *Rotation) step(ctx context.Context, data map[string][]byte, bundle []byte) (map[string][]byte, []string, error) {
	current, err := parsePair(data[keyCert], data[keyKey], data[keyCA], r.Names)
	if err == nil && r.Now.After(current.leaf.NotAfter) {
		err = fmt.Errorf("it expired at %s", current.leaf.NotAfter.UTC().Format(time.RFC3339))
	}
	if err != nil {
		c, issueErr := issue(r.Names, r.Now, validity)
		if issueErr != nil {
			return nil, nil, issueErr
		}
		note := "made the first certificate"
		if len(data[keyCert]) > 0 {
			note = fmt.Sprintf("replaced the certificate, which cannot be used: %v", err)
		}
		return map[string][]byte{keyCert: c.Cert, keyKey: c.Key, keyCA: c.CA}, []string{note}, nil
	}
	if successor, err := parsePair(data[keyNextCert], data[keyNextKey], data[keyCA], r.Names); err == nil {
		waiting := []string{"waiting until all API servers trust the next certificate"}
		if !bytes.Contains(bundle, successor.ca) {
			if data[keyAnnounced] == nil {
				return nil, waiting, nil // Run writes the bundle
			}
			next := maps.Clone(data)
			delete(next, keyAnnounced)
			return next, waiting, nil
		}
		announced, err := time.Parse(time.RFC3339, string(data[keyAnnounced]))
		if err != nil {
			next := maps.Clone(data)
			next[keyAnnounced] = []byte(r.Now.UTC().Format(time.RFC3339))
			return next, waiting, nil
		}
		if r.Now.Before(announced.Add(announcement)) {
			return nil, waiting, nil
		}
		return map[string][]byte{keyCert: data[keyNextCert], keyKey: data[keyNextKey], keyCA: data[keyCA]}, []string{"gave the next certificate to the replicas"}, nil
	}
	if r.Now.After(current.leaf.NotAfter.Add(-renewBefore)) {
		c, err := issue(r.Names, r.Now, validity)
		if err != nil {
			return nil, nil, err
		}
		return map[string][]byte{keyCert: data[keyCert], keyKey: data[keyKey], keyCA: slices.Concat(current.ca, c.CA), keyNextCert: c.Cert, keyNextKey: c.Key},
			[]string{"made the next certificate, and announced its authority"}, nil
	}
	if bytes.Equal(data[keyCA], current.ca) {
		return nil, nil, nil
	}
	if err := r.allServe(ctx, current.leaf.Raw); err != nil {
		return nil, []string{fmt.Sprintf("kept the old authority: %v", err)}, nil
	}
	return map[string][]byte{keyCert: data[keyCert], keyKey: data[keyKey], keyCA: current.ca}, []string{"removed the old authority: all replicas serve the new certificate"}, nil
}

// allServe returns an error unless all replicas serve the certificate.
func (r *Rotation) allServe(ctx context.Context, leaf []byte) error {
	serving, err := r.Store.Serving(ctx)
	if err != nil {
		return err
	}
	if len(serving) == 0 {
		return errors.New("there are no replicas")
	}
	for _, s := range serving {
		if !bytes.Equal(s, leaf) {
			return errors.New("a replica serves another certificate")
		}
	}
	return nil
}

// A pair is a certificate with the PEM of its authority.
type pair struct {
	leaf *x509.Certificate
	ca   []byte
}

// parsePair reads a certificate. It returns an error if the key does not belong to it, if a
// DNS name is missing, or if its authority is not in authorities.
func parsePair(cert, key, authorities []byte, names []string) (pair, error) {
	c, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return pair{}, fmt.Errorf("the certificate: %w", err)
	}
	for _, name := range names {
		if err := c.Leaf.VerifyHostname(name); err != nil {
			return pair{}, fmt.Errorf("the certificate: %w", err)
		}
	}
	for rest := authorities; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return pair{}, errors.New("the authority of the certificate is missing")
		}
		if ca, err := x509.ParseCertificate(block.Bytes); err == nil && c.Leaf.CheckSignatureFrom(ca) == nil {
			return pair{c.Leaf, pem.EncodeToMemory(block)}, nil
		}
	}
}
