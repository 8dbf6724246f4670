package webhook

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// The results of requests, as the metric requests_total counts them.
const (
	resultMoved     = "moved"      // at least one image moves
	resultUnchanged = "unchanged"  // no image moves
	resultMirrorPod = "mirror_pod" // a mirror pod, which never changes
	resultInvalid   = "invalid"    // not a review that the webhook answers
)

// What the metrics of reloads are about.
const (
	reloadCertificate = "certificate"
	reloadRules       = "rules"
)

// metrics are the metrics of a Server, in a registry of their own.
type metrics struct {
	registry  *prometheus.Registry
	requests  *prometheus.CounterVec
	moved     *prometheus.CounterVec
	duration  prometheus.Histogram
	notBefore prometheus.Gauge
	notAfter  prometheus.Gauge
	rules     *prometheus.GaugeVec
	reloads   *prometheus.CounterVec
	failing   *prometheus.GaugeVec
}

func newMetrics(version string, dryRun bool) *metrics {
	const namespace, subsystem = "regmigrate", "webhook"
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Subsystem: subsystem, Name: name, Help: help}, labels)
	}
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Subsystem: subsystem, Name: name, Help: help}, labels)
	}
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: counter("requests_total", "Requests by result: moved, unchanged, mirror_pod, invalid. With --dry-run, moved counts requests with an image that would move.", "result"),
		moved:    counter("images_moved_total", "Images that moved, or would move with --dry-run, by the rule that matched.", "from", "to"),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "request_duration_seconds",
			Help:    "Time from the headers of a request to the end of its response.",
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2},
		}),
		notBefore: gauge("certificate_not_before_timestamp_seconds", "Start of the validity of the certificate in use.").WithLabelValues(),
		notAfter:  gauge("certificate_not_after_timestamp_seconds", "Expiry of the certificate in use.").WithLabelValues(),
		rules:     gauge("rules_info", "1 for the digest of the rules in use.", "digest"),
		reloads:   counter("reloads_total", "New contents of the certificate or the rules, by result.", "object", "result"),
		failing:   gauge("reload_failing", "1 if the content on disk cannot be used, and older content is in use.", "object"),
	}
	info := gauge("info", "1 for the version of the program.", "version", "dry_run")
	mode := "false"
	if dryRun {
		mode = "true"
	}
	info.WithLabelValues(version, mode).Set(1)
	m.registry.MustRegister(m.requests, m.moved, m.duration, m.notBefore, m.notAfter, m.rules, m.reloads, m.failing, info,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, r := range []string{resultMoved, resultUnchanged, resultMirrorPod, resultInvalid} {
		m.requests.WithLabelValues(r) // exported as 0 from the start
	}
	for _, o := range []string{reloadCertificate, reloadRules} {
		m.failing.WithLabelValues(o)
		for _, r := range []string{"success", "failure"} {
			m.reloads.WithLabelValues(o, r)
		}
	}
	return m
}

// handler serves the metrics in the format of Prometheus.
func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// observe counts a request.
func (m *metrics) observe(result string, d *Decision, took time.Duration) {
	m.requests.WithLabelValues(result).Inc()
	m.duration.Observe(took.Seconds())
	for _, x := range d.Moves {
		m.moved.WithLabelValues(x.Rule.From, x.Rule.To).Inc()
	}
}

// reloaded counts new content on disk.
func (m *metrics) reloaded(object string, err error) {
	if err != nil {
		m.reloads.WithLabelValues(object, "failure").Inc()
		m.failing.WithLabelValues(object).Set(1)
		return
	}
	m.reloads.WithLabelValues(object, "success").Inc()
	m.failing.WithLabelValues(object).Set(0)
}
