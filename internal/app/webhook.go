package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"syscall"
	"time"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/rules"
	"github.com/regmigrate/regmigrate/pkg/webhook"
)

// WebhookFlags are the flags of the command webhook serve.
type WebhookFlags struct {
	CertFile, KeyFile string
	Listen            string
	Metrics           string // an address, or "off"
	DryRun            bool
	WatchConfig       bool
	Drain             time.Duration
	Version           string
}

// NoMetrics is the value of --metrics with which metrics are not served.
const NoMetrics = "off"

// maxDrain is more than the time in which clusters stop sending requests to a pod.
const maxDrain = 5 * time.Minute

// ServeWebhook runs the command webhook serve until ctx ends.
func ServeWebhook(ctx context.Context, s session.Streams, f *session.Flags, w *WebhookFlags) error {
	switch {
	case w.CertFile == "" || w.KeyFile == "":
		return errors.New("webhook serve: expected --tls-cert and --tls-key: Kubernetes calls webhooks with TLS only\n  regmigrate webhook manifests writes a deployment that has a certificate")
	case w.Drain < 0 || w.Drain > maxDrain:
		return fmt.Errorf("--drain %v: expected a time of at most %v", w.Drain, maxDrain)
	}
	f.Color = "never"
	load := webhookRules{flags: f}
	set, err := load.read()
	if err != nil {
		return err
	}
	if w.WatchConfig && load.config == "" {
		return fmt.Errorf("--watch-config: there is no configuration to watch: no --config is set, and no %s was found\n  remove the flag, or name a configuration with --config", session.ConfigName)
	}
	log := slog.New(slog.NewJSONHandler(s.Err, nil))
	server, err := webhook.New(webhook.Options{
		CertFile: w.CertFile, KeyFile: w.KeyFile, LoadRules: load.read, WatchRules: w.WatchConfig,
		DryRun: w.DryRun, Version: w.Version, Log: log,
	})
	if err != nil {
		return err
	}
	if s.SetGracePeriod != nil {
		s.SetGracePeriod(w.Drain + webhook.DrainTimeout + time.Second)
	}
	reviews, err := listen("--listen", w.Listen)
	if err != nil {
		return err
	}
	defer reviews.Close()
	var metrics net.Listener
	address := NoMetrics
	if w.Metrics != NoMetrics {
		if metrics, err = listen("--metrics", w.Metrics); err != nil {
			return err
		}
		defer metrics.Close()
		address = metrics.Addr().String()
	}
	log.Info("serving", "version", w.Version, "reviews", reviews.Addr().String()+webhook.Path, "metrics", address,
		"rules", len(set.Rules()), "digest", set.Table().Digest(), "config", load.config, "dryRun", w.DryRun)
	if err := server.Run(ctx, reviews, metrics, w.Drain); err != nil {
		return session.Failed(err)
	}
	return nil
}

// listen listens at the address of a flag.
func listen(flag, address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s %s: another process uses this address\n  choose another one: %s HOST:PORT", flag, address, flag)
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("%s %s: this user may not use the address; ports below 1024 often need more privileges\n  choose another one: %s HOST:PORT", flag, address, flag)
	case err != nil:
		return nil, fmt.Errorf("%s %q: expected an address such as :8443 or 127.0.0.1:8443: %w", flag, address, err)
	}
	return l, nil
}

// webhookRules reads the rules of the flags and of the configuration.
type webhookRules struct {
	flags  *session.Flags
	config string // the path of the configuration that was in use first, or ""
	chosen bool   // flags or the configuration had rules first
}

// read returns the rules of today. Without the configuration that was in use first, or if
// it has lost its rules, read returns an error: the rules of the flags, or the default, are
// others. A file that is written in place is empty for a moment.
func (w *webhookRules) read() (*rules.Set, error) {
	set, err := session.New(w.flags, nil, nil)
	if err != nil {
		return nil, err
	}
	if len(set.Rewrite.OwnConfig) > 0 {
		if w.config == "" {
			w.config = set.Rewrite.OwnConfig[0]
		}
	} else if w.config != "" {
		return nil, fmt.Errorf("the configuration %q does not exist any more", w.config)
	}
	if set.HasDefaultRules && w.chosen {
		return nil, fmt.Errorf("the configuration %q has neither presets nor rules", w.config)
	}
	w.chosen = w.chosen || !set.HasDefaultRules
	if len(set.Rewrite.Rules.Table().Hosts()) == 0 {
		return nil, errors.New("no rule moves images; the webhook would change nothing\n  regmigrate rules lists the active rules")
	}
	return set.Rewrite.Rules, nil
}
