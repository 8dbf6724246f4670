package rewrite

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/regmigrate/regmigrate/pkg/format"
)

// The file of a baseline has one JSON object a line, sorted, so that a change
// of it reads like what it is and two changes merge. The first line says what
// it is; empty lines mean nothing.

const baselineVersion = 1

type baselineHead struct {
	Version int    `json:"regmigrate-baseline"`
	Doc     string `json:"doc,omitempty"`
}

type baselineLine struct {
	Path   string `json:"path"`
	Ref    string `json:"reference"`
	Reason string `json:"reason"`
	Count  int    `json:"count"`
}

const baselineDoc = "what regmigrate --check accepts; regmigrate --update-baseline writes this file"

// Format returns the file of b.
func (b Baseline) Format() []byte {
	var out bytes.Buffer
	write := func(v any) {
		var line bytes.Buffer
		e := json.NewEncoder(&line)
		e.SetEscapeHTML(false)
		if err := e.Encode(v); err != nil {
			panic("rewrite: a baseline that is no JSON: " + err.Error()) // strings and numbers only
		}
		out.WriteString(escapeInvisible(line.String()))
	}
	write(baselineHead{baselineVersion, baselineDoc})
	for _, a := range b.Entries {
		write(baselineLine(a))
	}
	return out.Bytes()
}

// escapeInvisible returns a line of JSON in which characters that cannot be seen, or
// turn the direction of writing, are escaped.
func escapeInvisible(line string) string {
	var b strings.Builder
	for _, r := range line {
		switch {
		case r == '\n' || !unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp):
			b.WriteRune(r)
		case r > 0xFFFF:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xD800+r>>10, 0xDC00+r&0x3FF)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// ParseBaseline reads the file of a baseline; file is its path, for messages.
// The first line that is not as it should be is an error: "file:line: what is
// wrong; what is allowed".
func ParseBaseline(file string, src []byte) (Baseline, error) {
	out := Baseline{File: file}
	seen := map[BaselineEntry]int{}
	head := false
	for i, line := range strings.Split(string(src), "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		bad := func(format string, args ...any) error {
			return fmt.Errorf("%s:%d: "+format, append([]any{file, i + 1}, args...)...)
		}
		if strings.HasPrefix(line, "<<<<<<<") || strings.HasPrefix(line, ">>>>>>>") || strings.HasPrefix(line, "=======") {
			return Baseline{}, bad("a conflict of git; keep the lines of both sides, or write the file anew with --update-baseline")
		}
		if !head {
			var h baselineHead
			if err := decodeLine(line, &h); err != nil {
				return Baseline{}, bad("expected {\"regmigrate-baseline\":%d} on the first line: %w", baselineVersion, err)
			}
			if h.Version != baselineVersion {
				return Baseline{}, bad("a baseline of version %d; this program reads version %d", h.Version, baselineVersion)
			}
			head = true
			continue
		}
		var l baselineLine
		if err := decodeLine(line, &l); err != nil {
			return Baseline{}, bad("expected {\"path\":…,\"reference\":…,\"reason\":…,\"count\":…}: %w", err)
		}
		a := BaselineEntry(l)
		switch {
		case a.Path == "":
			return Baseline{}, bad("no \"path\"")
		case a.Ref == "":
			return Baseline{}, bad("no \"reference\"")
		case a.Count < 1:
			return Baseline{}, bad("\"count\" is %d; expected a number from 1, or the line gone", a.Count)
		case !slices.Contains(baselineReasons(), a.Reason):
			return Baseline{}, bad("unknown \"reason\" %q; known are %s", a.Reason, strings.Join(baselineReasons(), ", "))
		case seen[a.key()] > 0:
			return Baseline{}, bad("the same path, reference and reason as in line %d; expected one line with the sum of both counts", seen[a.key()])
		}
		seen[a.key()] = i + 1
		out.Entries = append(out.Entries, a)
	}
	if !head {
		return Baseline{}, fmt.Errorf("%s:1: an empty file; regmigrate --update-baseline writes a baseline", file)
	}
	slices.SortFunc(out.Entries, compareAccepted)
	return out, nil
}

// baselineReasons are the reasons that a baseline may name.
func baselineReasons() []string {
	out := []string{NotYetRewritten}
	for _, r := range format.Reasons {
		if (&Finding{Reason: r.Reason}).BaselineApplies() {
			out = append(out, string(r.Reason))
		}
	}
	return out
}

// decodeLine reads the one JSON object of a line.
func decodeLine(line string, v any) error {
	d := json.NewDecoder(strings.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("%w", plainError(err))
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("something stands after the object")
	}
	return nil
}

// plainError takes out of an error what only a Go programmer can read.
func plainError(err error) error {
	if t := (*json.UnmarshalTypeError)(nil); errors.As(err, &t) {
		if t.Field == "" {
			return fmt.Errorf("it is a %s and no object", t.Value)
		}
		return fmt.Errorf("%q is a %s", t.Field, t.Value)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the line ends too early")
	}
	return errors.New(strings.TrimPrefix(err.Error(), "json: "))
}
