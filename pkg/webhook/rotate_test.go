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
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// A rotationWorld is a cluster with API servers and replicas that read objects late.
type rotationWorld struct {
	secret         map[string][]byte
	bundle         []byte
	version        int
	failAt, writes int // the write that fails, counted from 1
	apiServers     [][]byte
	replicas       [][]byte // the certificates in PEM
	silent         bool     // a replica does not respond
	trust          map[string]time.Time
}

func (w *rotationWorld) Secret(context.Context) (map[string][]byte, string, error) {
	return maps.Clone(w.secret), fmt.Sprint(w.version), nil
}

func (w *rotationWorld) write(version string) error {
	w.writes++
	if w.writes == w.failAt {
		return errors.New("killed")
	}
	if version != fmt.Sprint(w.version) {
		return errors.New("conflict")
	}
	return nil
}

func (w *rotationWorld) SetSecret(_ context.Context, data map[string][]byte, version string) error {
	if err := w.write(version); err != nil {
		return err
	}
	w.secret = data
	return nil
}

func (w *rotationWorld) Bundle(context.Context) ([]byte, string, error) {
	return w.bundle, fmt.Sprint(w.version), nil
}

func (w *rotationWorld) SetBundle(_ context.Context, bundle []byte, version string) error {
	if err := w.write(version); err != nil {
		return err
	}
	w.bundle = bundle
	return nil
}

func (w *rotationWorld) Serving(context.Context) ([][]byte, error) {
	if w.silent {
		return nil, errors.New("10.0.0.1:8443 does not respond")
	}
	var out [][]byte
	for _, r := range w.replicas {
		block, _ := pem.Decode(r)
		out = append(out, block.Bytes)
	}
	return out, nil
}

// refused returns how many pairs of an API server and a replica do not trust each other.
func (w *rotationWorld) refused(t *testing.T, now time.Time) int {
	t.Helper()
	n := 0
	for _, bundle := range w.apiServers {
		for _, r := range w.replicas {
			key := string(bundle) + string(r)
			until, ok := w.trust[key]
			if !ok {
				until = trustedUntil(t, bundle, r, now)
				w.trust[key] = until
			}
			if now.After(until) {
				n++
			}
		}
	}
	return n
}

// trustedUntil returns the time until which an API server with the bundle trusts a replica
// with the certificate, or the zero time if it does not now.
func trustedUntil(t *testing.T, bundle, certificate []byte, now time.Time) time.Time {
	t.Helper()
	block, _ := pem.Decode(certificate)
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(bundle)
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: "web.ns.svc", CurrentTime: now}); err != nil {
		return time.Time{}
	}
	return leaf.NotAfter
}

// For a year of runs every two hours, with replicas that read the Secret and API servers that
// read the configuration up to five minutes late, in any order, and runs that are killed at
// any write, every API server trusts every replica at every moment.
func TestRotation(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	w := &rotationWorld{secret: map[string][]byte{}, trust: map[string]time.Time{}}
	names := []string{"web.ns.svc"}
	run := func(now time.Time) {
		w.version++
		w.writes, w.failAt = 0, 0
		if random.IntN(4) == 0 {
			w.failAt = 1 + random.IntN(2)
		}
		_, _ = (&Rotation{w, names, now}).Run(t.Context())
	}
	for w.bundle == nil || w.secret[keyCert] == nil { // the first certificate
		run(start)
	}
	w.apiServers = [][]byte{w.bundle, w.bundle, w.bundle}
	w.replicas = [][]byte{w.secret[keyCert], w.secret[keyCert]}
	served := map[string]bool{}
	most, checks := 0, 0
	for now := start; now.Before(start.Add(365 * 24 * time.Hour)); now = now.Add(2 * time.Hour) {
		run(now)
		w.silent = random.IntN(3) == 0
		// Until the next run all have read the objects, each at its own time.
		order := random.Perm(len(w.apiServers) + len(w.replicas))
		for _, i := range order {
			if i < len(w.apiServers) {
				w.apiServers[i] = w.bundle
			} else if random.IntN(2) == 0 { // a replica may need longer
				w.replicas[i-len(w.apiServers)] = w.secret[keyCert]
			}
			checks++
			if n := w.refused(t, now); n > 0 {
				t.Fatalf("%v: %d pairs of an API server and a replica do not trust each other", now, n)
			}
		}
		served[string(w.replicas[0])] = true
		most = max(most, bytes.Count(w.bundle, []byte("BEGIN")))
	}
	if len(served) < 6 || most != 2 || bytes.Count(w.bundle, []byte("BEGIN")) > 2 {
		t.Errorf("%d certificates, %d authorities at most", len(served), most)
	}
	t.Logf("%d certificates, %d checks, at most %d authorities", len(served), checks, most)
}

func TestRotationSteps(t *testing.T) {
	names := []string{"web.ns.svc", "web.ns.svc.cluster.local"}
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	w := &rotationWorld{secret: map[string][]byte{"other": []byte("x")}}
	now := start
	run := func(want ...string) {
		t.Helper()
		w.version++
		w.writes, w.failAt = 0, 0
		notes, err := (&Rotation{w, names, now}).Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(notes) != len(want) {
			t.Fatalf("got %q, want %q", notes, want)
		}
		for i := range want {
			if !strings.Contains(notes[i], want[i]) {
				t.Fatalf("got %q, want %q", notes, want)
			}
		}
	}
	const wrote = "wrote the authorities"
	run("made the first certificate", wrote)
	run()
	w.replicas = [][]byte{w.secret[keyCert], w.secret[keyCert]}
	first := w.secret[keyCert]
	w.bundle = nil // somebody replaced the configuration
	run(wrote)
	now = start.Add(61 * 24 * time.Hour)
	run("made the next certificate", wrote)
	if !bytes.Equal(w.secret[keyCert], first) || bytes.Count(w.bundle, []byte("BEGIN")) != 2 {
		t.Error("the certificate changed before its authority was announced")
	}
	run("waiting")
	now = now.Add(announcement + time.Second)
	run("gave the next certificate")
	if bytes.Equal(w.secret[keyCert], first) || bytes.Count(w.bundle, []byte("BEGIN")) != 2 {
		t.Error("both authorities must be there")
	}
	run("kept the old authority: a replica serves another certificate")
	w.replicas[0] = w.secret[keyCert]
	run("kept the old authority: a replica serves another certificate")
	w.replicas[1] = w.secret[keyCert]
	w.silent = true
	run("kept the old authority: 10.0.0.1:8443 does not respond")
	w.silent, w.replicas = false, nil
	run("kept the old authority: there are no replicas")
	w.replicas = [][]byte{w.secret[keyCert]}
	run("removed the old authority", wrote)
	run()
	if _, err := tls.X509KeyPair(w.secret[keyCert], w.secret[keyKey]); err != nil {
		t.Error(err)
	}
	w.secret[keyKey] = []byte("x")
	run("replaced the certificate, which cannot be used", wrote)
	names = append(names, "new.ns.svc")
	run("replaced the certificate, which cannot be used", wrote)
	now = now.Add(validity + time.Hour)
	run("replaced the certificate, which cannot be used: it expired at", wrote)
	w.secret[keyCA] = nil
	run("replaced the certificate, which cannot be used: the authority of the certificate is missing", wrote)
	if keys := slices.Sorted(maps.Keys(w.secret)); !slices.Equal(keys, []string{keyCA, keyCert, keyKey}) {
		t.Errorf("keys %v", keys)
	}
}

// The ten minutes begin when the webhook configuration has the authority, however late that
// is.
func TestRotationAfterLateBundle(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	w := &rotationWorld{}
	run := func(after time.Duration) {
		now = now.Add(after)
		r := Rotation{Store: w, Names: []string{"a.example"}, Now: now}
		_, _ = r.Run(t.Context()) // the write of the bundle fails once
	}
	run(0)
	first := string(w.secret[keyCert])
	w.failAt = w.writes + 2
	run(validity - renewBefore + time.Minute)
	if w.secret[keyNextCert] == nil || bytes.Equal(w.bundle, w.secret[keyCA]) {
		t.Fatal("the write of the bundle did not fail")
	}
	w.failAt = 0
	run(time.Hour)   // writes the bundle
	run(time.Minute) // an early run by hand
	if string(w.secret[keyCert]) != first {
		t.Error("the next certificate is in use one minute after the bundle was written")
	}
	run(announcement)
	if string(w.secret[keyCert]) == first {
		t.Error("the next certificate is not in use")
	}
	if w.secret[keyAnnounced] != nil {
		t.Error("the Secret still has the time of the announcement")
	}
}
