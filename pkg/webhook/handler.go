package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"time"
)

// maxBody is the maximum number of bytes of a review. The API server accepts objects of 3
// MiB, and a review holds the old object too.
// Source: k8s.io/apiserver/pkg/server/config.go, MaxRequestBodyBytes.
const maxBody = 7 << 20

// serveReview answers one review.
func (s *Server) serveReview(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	body, status, err := readReview(w, r)
	var d Decision
	var text []byte
	if err == nil {
		d, text, status, err = s.decide(body)
	}
	if err != nil {
		s.o.Log.Error("the request is refused", "status", status, "error", printable(err.Error()), "remote", r.RemoteAddr)
		if status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", http.MethodPost)
		}
		http.Error(w, err.Error(), status)
		s.metrics.observe(resultInvalid, &Decision{}, time.Since(start))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if _, err := w.Write(text); err != nil {
		s.o.Log.Warn("the response was not sent", "uid", d.UID, "error", err.Error())
	}
	s.metrics.observe(d.result(), &d, time.Since(start))
	s.logMoves(r.Context(), &d)
}

// maxDecisions is the number of reviews that are decoded at a time: one of maxBody needs
// about ten times its size.
const maxDecisions = 8

// decide returns the decision about the review in body, and the response. The status
// belongs to the error.
func (s *Server) decide(body []byte) (d Decision, text []byte, status int, err error) {
	s.deciding <- struct{}{}
	defer func() { <-s.deciding }()
	if d, err = Decide(s.rules.Load(), body); err != nil {
		return d, nil, http.StatusBadRequest, err
	}
	text, err = d.Response(s.o.DryRun)
	return d, text, http.StatusInternalServerError, err
}

// result returns the label of the metric.
func (d *Decision) result() string {
	switch {
	case d.Mirror:
		return resultMirrorPod
	case len(d.Moves) > 0:
		return resultMoved
	}
	return resultUnchanged
}

// maxLoggedMoves is the number of lines for one pod at most.
const maxLoggedMoves = 20

// logMoves writes one line for each image that moves: the lines say what must change in
// manifests.
func (s *Server) logMoves(ctx context.Context, d *Decision) {
	message := "moved an image"
	if s.o.DryRun {
		message = "an image would move"
	}
	for i, m := range d.Moves {
		if i == maxLoggedMoves {
			s.o.Log.LogAttrs(ctx, slog.LevelInfo, "more images of the object are not logged", slog.String("object", d.Object), slog.Int("images", len(d.Moves)-i), slog.String("uid", d.UID))
			break
		}
		s.o.Log.LogAttrs(ctx, slog.LevelInfo, message, slog.String("object", d.Object), slog.String("owner", d.Owner),
			slog.String("field", m.Field), slog.String("old", m.Old), slog.String("new", m.New), slog.String("rule", m.Rule.From), slog.String("uid", d.UID))
	}
}

// readReview returns the body of a request. The status belongs to the error.
func readReview(w http.ResponseWriter, r *http.Request) (body []byte, status int, err error) {
	if r.Method != http.MethodPost {
		return nil, http.StatusMethodNotAllowed, fmt.Errorf("method %s: expected POST", r.Method)
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return nil, http.StatusUnsupportedMediaType, fmt.Errorf("content type %.80q: expected application/json", r.Header.Get("Content-Type"))
	}
	body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if x := (*http.MaxBytesError)(nil); errors.As(err, &x) {
		return nil, http.StatusRequestEntityTooLarge, fmt.Errorf("the body is larger than %d bytes", x.Limit)
	}
	if err != nil {
		return nil, http.StatusBadRequest, fmt.Errorf("reading the body: %w", err)
	}
	return body, 0, nil
}
