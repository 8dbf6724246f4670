package toml

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// decode returns the value of the string at span, which includes its quotes,
// and a map from the value to src.
// Source: https://toml.io/en/v1.1.0#string
func decode(src []byte, span edit.Span) (string, edit.Map) {
	raw := src[span.Start:span.End]
	quote, size := raw[0], 1
	multi := len(raw) >= 6 && raw[1] == quote && raw[2] == quote
	if multi {
		size = 3
	}
	if len(raw) < 2*size {
		return "", nil
	}
	from, end := size, len(raw)-size
	if multi { // the line break directly after the quotes is not part of the value
		if bytes.HasPrefix(raw[from:end], []byte("\r\n")) {
			from += 2
		} else if bytes.HasPrefix(raw[from:end], []byte("\n")) {
			from++
		}
	}
	if quote == '\'' || bytes.IndexByte(raw[from:end], '\\') < 0 {
		return string(raw[from:end]), edit.Identity(span.Start+from, end-from)
	}
	var b strings.Builder
	var m edit.Map
	for i := from; i < end; {
		next := i
		for next < end && raw[next] != '\\' {
			next++
		}
		if next > i {
			m = append(m, edit.Run{Dec: b.Len(), Src: span.Start + i, Len: next - i})
			b.Write(raw[i:next])
		}
		if i = next; i < end {
			i += unescape(&b, raw[i:end])
		}
	}
	return b.String(), m
}

var escapes = map[byte]byte{'"': '"', '\\': '\\', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'e': 0x1B}

// unescape decodes the escape at the start of s, writes it to b, and returns
// its size in s.
func unescape(b *strings.Builder, s []byte) int {
	if len(s) < 2 {
		return len(s)
	}
	if c, ok := escapes[s[1]]; ok {
		b.WriteByte(c)
		return 2
	}
	digits := 0
	switch s[1] {
	case 'x':
		digits = 2
	case 'u':
		digits = 4
	case 'U':
		digits = 8
	}
	if digits > 0 && len(s) >= 2+digits {
		if r, err := strconv.ParseUint(string(s[2:2+digits]), 16, 32); err == nil && utf8.ValidRune(rune(r)) {
			b.WriteRune(rune(r))
		}
		return 2 + digits
	}
	// An escaped line break removes all whitespace after it.
	return 1 + len(s[1:]) - len(bytes.TrimLeft(s[1:], " \t\r\n"))
}
