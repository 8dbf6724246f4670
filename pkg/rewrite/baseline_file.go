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

// A baseline file has one JSON object per line, sorted, so that diffs are readable
// and changes on two branches merge. The first line has the version. Empty lines
// are ignored.

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

// Format returns the content of the baseline file.
func (b Baseline) Format() []byte {
	var out bytes.Buffer
	write := func(v any) {
		var line bytes.Buffer
		e := json.NewEncoder(&line)
		e.SetEscapeHTML(false)
		if err := e.Encode(v); err != nil {
			panic("rewrite: encoding a baseline: " + err.Error()) // cannot happen: strings and numbers only
		}
		out.WriteString(escapeInvisible(line.String()))
	}
	write(baselineHead{baselineVersion, baselineDoc})
	for _, a := range b.Entries {
		write(baselineLine(a))
	}
	return out.Bytes()
}

// escapeInvisible returns a line of JSON with invisible characters, and those that
// change the text direction, escaped.
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

// ParseBaseline parses the content of a baseline file; file is its path, for
// messages. Errors start with "file:line: ".
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
			return Baseline{}, bad("a git conflict marker; keep the lines of both sides, or rewrite the file with --update-baseline")
		}
		if !head {
			var h baselineHead
			if err := decodeLine(line, &h); err != nil {
				return Baseline{}, bad("expected {\"regmigrate-baseline\":%d} on the first line: %w", baselineVersion, err)
			}
			if h.Version != baselineVersion {
				return Baseline{}, bad("expected a baseline of version %d, got version %d", baselineVersion, h.Version)
			}
			head = true
			continue
		}
		var l baselineLine
		if err := decodeLine(line, &l); err != nil {
			return Baseline{}, bad("expected {\"path\":…,\"reference\":…,\"reason\":…,\"count\":…}: %w", err)
		}
		a := BaselineEntry(l)
		if err := a.validate(); err != nil {
			return Baseline{}, bad("%w", err)
		}
		if seen[a.key()] > 0 {
			return Baseline{}, bad("duplicate of line %d; expected one line with the sum of both counts", seen[a.key()])
		}
		seen[a.key()] = i + 1
		out.Entries = append(out.Entries, a)
	}
	if !head {
		return Baseline{}, fmt.Errorf("%s:1: the file is empty; regmigrate --update-baseline writes a baseline", file)
	}
	slices.SortFunc(out.Entries, compareEntries)
	return out, nil
}

// validate returns an error unless the entry is valid in a baseline file.
func (a BaselineEntry) validate() error {
	switch {
	case a.Path == "":
		return errors.New(`"path" is missing or empty`)
	case a.Ref == "":
		return errors.New(`"reference" is missing or empty`)
	case a.Count < 1:
		return fmt.Errorf(`expected a "count" of at least 1, got %d`, a.Count)
	case !slices.Contains(baselineReasons(), a.Reason):
		return fmt.Errorf(`unknown "reason" %q; expected one of %s`, a.Reason, strings.Join(baselineReasons(), ", "))
	}
	return nil
}

// baselineReasons returns the reasons that are valid in a baseline.
func baselineReasons() []string {
	out := []string{NotYetRewritten}
	for _, r := range format.Reasons {
		if ReasonInBaseline(r.Reason) {
			out = append(out, string(r.Reason))
		}
	}
	return out
}

// decodeLine parses a line with one JSON object.
func decodeLine(line string, v any) error {
	d := json.NewDecoder(strings.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("%w", plainError(err))
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("unexpected text after the object")
	}
	return nil
}

// plainError replaces the Go types and the package name in errors of
// encoding/json.
func plainError(err error) error {
	if t := (*json.UnmarshalTypeError)(nil); errors.As(err, &t) {
		if t.Field == "" {
			return fmt.Errorf("expected an object, got %s", t.Value)
		}
		return fmt.Errorf("%q: expected type %s, got %s", t.Field, t.Type.Kind(), t.Value)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("unexpected end of the line")
	}
	return errors.New(strings.TrimPrefix(err.Error(), "json: "))
}
