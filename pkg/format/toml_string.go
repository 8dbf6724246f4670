package format

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// decodeTOML decodes the string at span, quotes included, and says where its
// bytes come from.
// Source: https://toml.io/en/v1.1.0#string
func decodeTOML(src []byte, span edit.Span) (string, edit.Map) {
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
	if multi { // a line break right behind the quotes is none
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
			i += unescapeTOML(&b, raw[i:end])
		}
	}
	return b.String(), m
}

var tomlEscapes = map[byte]byte{'"': '"', '\\': '\\', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'e': 0x1B}

// unescapeTOML decodes the escape at the start of s and returns its size.
func unescapeTOML(b *strings.Builder, s []byte) int {
	if len(s) < 2 {
		return len(s)
	}
	if c, ok := tomlEscapes[s[1]]; ok {
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
	// A line break, and all blanks and line breaks after it.
	return 1 + len(s[1:]) - len(bytes.TrimLeft(s[1:], " \t\r\n"))
}
