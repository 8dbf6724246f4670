package webhook

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

type response struct {
	APIVersion string         `json:"apiVersion"`
	Kind       string         `json:"kind"`
	Response   reviewResponse `json:"response"`
}

type reviewResponse struct {
	UID       string            `json:"uid"`
	Allowed   bool              `json:"allowed"`
	PatchType string            `json:"patchType,omitempty"`
	Patch     []byte            `json:"patch,omitempty"` // JSON in Base64
	Warnings  []string          `json:"warnings,omitempty"`
	Audit     map[string]string `json:"auditAnnotations,omitempty"`
}

// An operation is an operation of a JSON patch (RFC 6902).
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value string `json:"value"`
}

// auditKey is the key of the audit annotation that lists the moves. The API server adds
// the name of the webhook.
const auditKey = "moved-images"

// Patch returns the moves as a JSON patch, or nil if nothing moves.
func (d *Decision) Patch() ([]byte, error) {
	var patch []operation
	for _, m := range d.Moves {
		patch = append(patch, operation{"replace", m.Pointer, m.New})
	}
	if patch == nil {
		return nil, nil
	}
	out, err := json.Marshal(patch)
	if err != nil {
		return nil, fmt.Errorf("writing the patch: %w", err)
	}
	return out, nil
}

// Response returns the AdmissionReview that answers the request: it allows the object,
// with a patch and with warnings. With dryRun it has warnings only.
func (d *Decision) Response(dryRun bool) ([]byte, error) {
	r := reviewResponse{UID: d.UID, Allowed: true, Warnings: d.Warnings(dryRun)}
	if len(d.Moves) > 0 && !dryRun {
		patch, err := d.Patch()
		if err != nil {
			return nil, err
		}
		r.PatchType, r.Patch = "JSONPatch", patch
	}
	if len(d.Moves) > 0 {
		r.Audit = map[string]string{auditKey: d.audit(dryRun)}
	}
	out, err := json.Marshal(response{reviewVersion, reviewKind, r})
	if err != nil {
		return nil, fmt.Errorf("writing the response: %w", err)
	}
	return out, nil
}

// maxWarning and maxWarnings are the numbers of code points of one warning and of all
// warnings of a request that the API server returns to a client.
// Source: k8s.io/apiserver/pkg/endpoints/filters/warning.go.
const (
	maxWarning  = 256
	maxWarnings = 4096
)

// Warnings returns one warning for each move. The last one counts the others if there are
// more than the API server returns.
func (d *Decision) Warnings(dryRun bool) []string {
	var out []string
	left := maxWarnings
	for i, m := range d.Moves {
		w := d.warning(m, dryRun)
		last := i == len(d.Moves)-1
		if n := utf8.RuneCountInString(w); n > left || !last && n+maxWarning > left {
			return append(out, cut(fmt.Sprintf("%s: %s", d.Object, more(len(d.Moves)-i, dryRun)), maxWarning))
		}
		out = append(out, w)
		left -= utf8.RuneCountInString(w)
	}
	return out
}

func more(n int, dryRun bool) string {
	if dryRun {
		return fmt.Sprintf("regmigrate would replace %d more images", n)
	}
	return fmt.Sprintf("regmigrate replaced %d more images", n)
}

// warning returns the warning for a move. The new reference matters most: without space
// for all, the old one is left out.
func (d *Decision) warning(m Move, dryRun bool) string {
	verb, advice := "replaced", "; change the manifest"
	if dryRun {
		verb = "would replace"
	}
	for _, text := range []string{
		fmt.Sprintf("%s: %s: regmigrate %s the image %s with %s%s", d.Object, m.Field, verb, m.Old, m.New, advice),
		fmt.Sprintf("%s: %s: regmigrate %s the image with %s", d.Object, m.Field, verb, m.New),
	} {
		if text = printable(text); utf8.RuneCountInString(text) <= maxWarning {
			return text
		}
	}
	return cut(fmt.Sprintf("%s: regmigrate %s an image with %s", cut(d.Object, 80), verb, m.New), maxWarning)
}

// audit returns the text of the audit annotation.
func (d *Decision) audit(dryRun bool) string {
	var moves []string
	for _, m := range d.Moves {
		moves = append(moves, fmt.Sprintf("%s: %s -> %s", m.Field, m.Old, m.New))
	}
	text := strings.Join(moves, "; ")
	if dryRun {
		text = "dry run: " + text
	}
	return cut(text, maxWarnings)
}

// cut returns text with at most n code points. A text that was cut ends in three dots.
func cut(text string, n int) string {
	text = printable(text)
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:n-3]) + "..."
}

// printable replaces control characters: the API server drops a warning that has one.
// Source: k8s.io/apimachinery/pkg/util/net/http.go, NewWarningHeader.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(text, string(utf8.RuneError)))
}
