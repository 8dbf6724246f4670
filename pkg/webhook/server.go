package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/regmigrate/regmigrate/pkg/rules"
)

// Path is the path of the webhook in the URL of a server.
const Path = "/mutate"

// Options are the settings of a Server.
type Options struct {
	CertFile, KeyFile string // PEM

	// LoadRules reads the rules. A server calls it at its start, and with WatchRules for
	// every Reload.
	LoadRules  func() (*rules.Set, error)
	WatchRules bool

	DryRun  bool // warn, and change nothing
	Version string
	Log     *slog.Logger

	// Now returns the time at which certificates must be valid. Nil: time.Now.
	Now func() time.Time
}

// A Server answers the admission requests of Kubernetes.
type Server struct {
	o        Options
	cert     keyPair
	rules    atomic.Pointer[rules.Set]
	digest   string // of rules
	failed   string // the error of the last LoadRules, or ""
	metrics  *metrics
	draining atomic.Bool
	deciding chan struct{} // one element for each review that is decoded
}

// New returns a server with the certificate and the rules of today. An error says which
// of them cannot be used.
func New(o Options) (*Server, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Server{o: o, cert: keyPair{certFile: o.CertFile, keyFile: o.KeyFile}, metrics: newMetrics(o.Version, o.DryRun), deciding: make(chan struct{}, maxDecisions)}
	if _, err := s.cert.reload(); err != nil {
		return nil, err
	}
	set, err := o.LoadRules()
	if err != nil {
		return nil, err
	}
	s.useRules(set, set.Table().Digest())
	s.showCertificate()
	if err := s.cert.check(o.Now()); err != nil {
		o.Log.Warn("the server is not ready", "reason", err.Error())
	}
	return s, nil
}

func (s *Server) useRules(set *rules.Set, digest string) {
	s.rules.Store(set)
	s.digest = digest
	s.metrics.rules.Reset()
	s.metrics.rules.WithLabelValues(digest).Set(1)
}

func (s *Server) showCertificate() {
	leaf := s.cert.current.Load().Leaf
	s.metrics.notBefore.Set(float64(leaf.NotBefore.Unix()))
	s.metrics.notAfter.Set(float64(leaf.NotAfter.Unix()))
}

// Reload uses the certificate and, with Options.WatchRules, the rules if their content
// changed. The old ones stay in use until the new ones can be used. Reload is not safe for
// concurrent use.
func (s *Server) Reload() {
	if changed, err := s.cert.reload(); changed {
		s.metrics.reloaded(reloadCertificate, err)
		if err != nil {
			s.o.Log.Error("the new certificate cannot be used; the old one stays in use", "error", err.Error())
		} else {
			s.showCertificate()
			leaf := s.cert.current.Load().Leaf
			s.o.Log.Info("using a new certificate", "serial", leaf.SerialNumber.String(), "notAfter", leaf.NotAfter.UTC())
		}
	}
	if s.o.WatchRules {
		s.reloadRules()
	}
}

func (s *Server) reloadRules() {
	set, err := s.o.LoadRules()
	if err != nil {
		if s.failed != err.Error() {
			s.failed = err.Error()
			s.metrics.reloaded(reloadRules, err)
			s.o.Log.Error("the new rules cannot be used; the old ones stay in use", "error", err.Error())
		}
		return
	}
	digest := set.Table().Digest()
	if digest == s.digest && s.failed == "" {
		return
	}
	s.failed = ""
	s.useRules(set, digest)
	s.metrics.reloaded(reloadRules, nil)
	s.o.Log.Info("using new rules", "digest", digest)
}

// Handler serves reviews at Path, and the health of the server.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc(Path, s.serveReview)
	s.addHealth(mux)
	return mux
}

// MetricsHandler serves the metrics and the health of the server.
func (s *Server) MetricsHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.metrics.handler())
	s.addHealth(mux)
	return mux
}

func (s *Server) addHealth(mux *http.ServeMux) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		err := s.cert.check(s.o.Now())
		if s.draining.Load() {
			err = errors.New("the server is shutting down")
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
}

// Times of a server. The API server waits at most 30 seconds for a webhook.
const (
	headerTimeout = 5 * time.Second
	bodyTimeout   = 10 * time.Second
	writeTimeout  = 30 * time.Second
	idleTimeout   = 2 * time.Minute
	reloadEvery   = 5 * time.Second
)

// DrainTimeout is the time that the requests have which the server did not answer yet when
// [Server.Run] ends.
const DrainTimeout = 15 * time.Second

func (s *Server) httpServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		TLSConfig:         &tls.Config{GetCertificate: s.cert.get, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}},
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       bodyTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.o.Log.Handler(), slog.LevelWarn),
	}
}

// Run serves reviews with TLS on reviews and, unless it is nil, metrics without TLS on
// metrics, until ctx ends. Then the server is not ready, serves for the time drain, so that
// the cluster stops sending requests, and finishes the requests that it has.
func (s *Server) Run(ctx context.Context, reviews, metrics net.Listener, drain time.Duration) error {
	main, failed := s.httpServer(s.Handler()), make(chan error, 2)
	servers := []*http.Server{main}
	go func() { failed <- main.ServeTLS(reviews, "", "") }()
	if metrics != nil {
		x := s.httpServer(s.MetricsHandler())
		x.TLSConfig = nil
		servers = append(servers, x)
		go func() { failed <- x.Serve(metrics) }()
	}
	tick := time.NewTicker(reloadEvery)
	defer tick.Stop()
	var stop <-chan time.Time
	done := ctx.Done()
	for {
		select {
		case err := <-failed:
			for _, x := range servers {
				x.Close()
			}
			return fmt.Errorf("serving: %w", err)
		case <-tick.C:
			s.Reload()
		case <-done:
			s.draining.Store(true)
			s.o.Log.Info("shutting down: not ready any more", "drain", drain.String())
			timer := time.NewTimer(drain)
			defer timer.Stop()
			done, stop = nil, timer.C
		case <-stop:
			return s.shutdown(servers)
		}
	}
}

// shutdown waits for the requests that the servers have.
func (s *Server) shutdown(servers []*http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), DrainTimeout)
	defer cancel()
	var errs []error
	for _, x := range servers {
		if err := x.Shutdown(ctx); err != nil {
			errs = append(errs, fmt.Errorf("requests did not end within %v: %w", DrainTimeout, err))
		}
	}
	s.o.Log.Info("shut down")
	return errors.Join(errs...)
}
