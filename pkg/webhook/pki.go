package webhook

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"
)

// clockSkew is how much the clocks of a cluster may differ: certificates are valid that
// long before they are made.
const clockSkew = time.Hour

// An issued certificate is PEM: a certificate of a server, its key, and the certificate of
// the authority that signed it. The key of the authority is not kept, so that nobody can
// sign another one: each certificate has an authority of its own.
type issued struct{ Cert, Key, CA []byte }

// issue makes a certificate for the DNS names, which is valid from now for the given time.
func issue(names []string, now time.Time, validity time.Duration) (issued, error) {
	template := func(subject string) (*x509.Certificate, error) {
		serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
		if err != nil {
			return nil, fmt.Errorf("making a serial number: %w", err)
		}
		return &x509.Certificate{
			SerialNumber:          serial,
			Subject:               pkix.Name{CommonName: subject},
			NotBefore:             now.Add(-clockSkew),
			NotAfter:              now.Add(validity),
			BasicConstraintsValid: true,
		}, nil
	}
	ca, err := template(fmt.Sprintf("regmigrate webhook %s", now.UTC().Format(time.RFC3339)))
	if err != nil {
		return issued{}, err
	}
	ca.IsCA, ca.MaxPathLenZero = true, true
	ca.KeyUsage = x509.KeyUsageCertSign
	leaf, err := template(names[0])
	if err != nil {
		return issued{}, err
	}
	leaf.DNSNames = names
	leaf.KeyUsage, leaf.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return issued{}, fmt.Errorf("making a key: %w", err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return issued{}, fmt.Errorf("making a key: %w", err)
	}
	caText, err := x509.CreateCertificate(rand.Reader, ca, ca, caKey.Public(), caKey)
	if err != nil {
		return issued{}, fmt.Errorf("signing the certificate of the authority: %w", err)
	}
	text, err := x509.CreateCertificate(rand.Reader, leaf, ca, key.Public(), caKey)
	if err != nil {
		return issued{}, fmt.Errorf("signing the certificate: %w", err)
	}
	keyText, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return issued{}, fmt.Errorf("writing the key: %w", err)
	}
	block := func(kind string, b []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}) }
	return issued{block("CERTIFICATE", text), block("PRIVATE KEY", keyText), block("CERTIFICATE", caText)}, nil
}
