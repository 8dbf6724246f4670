package syntax

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A yamlToken decodes a scalar a second time, to find out which source bytes
// became which bytes of its value. It follows the decoder's scanner (scannerc.go
// of go.yaml.in/yaml/v3) and compares each byte with the value that the decoder
// returned. ok remains true only if all bytes are equal; this proves that the
// token starts at the initial value of at.
type yamlToken struct {
	src   []byte
	at    int // the next byte of src
	value string
	dec   int // the next byte of value
	runs  edit.Map
	ok    bool

	literal bool // it is a literal block scalar
}

// simpleYAMLScalar returns the start of the value and the end of the scalar at
// src[at], if the scalar is on one line and has no escapes. Most scalars are like
// this; src contains their value literally.
func simpleYAMLScalar(src []byte, at int, style Style, value string) (from, end int, ok bool) {
	from = at
	stops := "\n"
	var quote byte
	switch style {
	case Plain:
	case SingleQuoted:
		quote, stops = '\'', "'\n"
	case DoubleQuoted:
		quote, stops = '"', "\"\\\n"
	default:
		return 0, 0, false
	}
	if quote != 0 {
		from++
	}
	end = from + len(value)
	if end > len(src) || string(src[from:end]) != value ||
		strings.ContainsAny(value, stops) || strings.Contains(value, "\u2028") || strings.Contains(value, "\u2029") {
		return 0, 0, false
	}
	if quote == 0 {
		return from, end, true
	}
	return from, end + 1, src[at] == quote && end < len(src) && src[end] == quote
}

// copyBytes consumes n bytes of the source that are in the value literally.
func (t *yamlToken) copyBytes(n int) {
	if n == 0 || !t.ok {
		return
	}
	if t.ok = len(t.value)-t.dec >= n && t.value[t.dec:t.dec+n] == string(t.src[t.at:t.at+n]); !t.ok {
		return
	}
	if k := len(t.runs) - 1; k >= 0 && t.runs[k].Dec+t.runs[k].Len == t.dec && t.runs[k].Src+t.runs[k].Len == t.at {
		t.runs[k].Len += n
	} else {
		t.runs = append(t.runs, edit.Run{Dec: t.dec, Src: t.at, Len: n})
	}
	t.at += n
	t.dec += n
}

// addDecoded consumes the bytes s of the value, which the source does not contain
// literally.
func (t *yamlToken) addDecoded(s string) {
	if t.ok = t.ok && strings.HasPrefix(t.value[t.dec:], s); t.ok {
		t.dec += len(s)
	}
}

// lineBreak consumes the value of the line break at src[i]. The value is LF,
// except for LS and PS. A run covers it only in a literal block scalar: in other
// scalars, an edit across a line break would have a different effect.
func (t *yamlToken) lineBreak(i int) {
	switch {
	case t.literal && t.src[i] == '\n':
		t.at = i
		t.copyBytes(1)
	case t.src[i] == 0xE2:
		t.addDecoded(string(t.src[i : i+3]))
	default:
		t.addDecoded("\n")
	}
}

// plain decodes a plain scalar. Its end depends on the indentation and on
// brackets around it, but the length of the value is sufficient to find it.
func (t *yamlToken) plain() {
	for t.ok {
		i := t.at
		for i < len(t.src) && i-t.at < len(t.value)-t.dec && !isYAMLBlank(t.src[i]) && yamlBreak(t.src, i) == 0 {
			i++
		}
		t.copyBytes(i - t.at)
		if t.dec == len(t.value) {
			return
		}
		before := t.at
		t.foldSpace(false)
		t.ok = t.ok && t.at > before
	}
}

// foldSpace decodes blanks and line breaks inside a plain or quoted scalar: blanks
// on one line are kept, one line break becomes a space, and n line breaks become
// n-1 line breaks. After an escaped line break there is no space.
func (t *yamlToken) foldSpace(escaped bool) {
	first, i := -1, t.at // first is the offset of the first line break
	for i < len(t.src) {
		if n := yamlBreak(t.src, i); n > 0 {
			if first < 0 {
				first = i
			}
			i += n
		} else if isYAMLBlank(t.src[i]) {
			i++
		} else {
			break
		}
	}
	if first < 0 {
		if !escaped {
			t.copyBytes(i - t.at)
		}
		t.at = i
		return
	}
	rest := first
	if !escaped {
		rest += yamlBreak(t.src, first)
		if t.src[first] == 0xE2 {
			t.lineBreak(first)
		} else if t.lineBreaks(rest, i, false) == 0 {
			t.addDecoded(" ")
		}
	}
	t.lineBreaks(rest, i, true)
	t.at = i
}

// lineBreaks counts the line breaks in src[from:to], which contains only blanks
// and line breaks. If consume is set, it consumes their values.
func (t *yamlToken) lineBreaks(from, to int, consume bool) int {
	n := 0
	for i := from; i < to; {
		size := yamlBreak(t.src, i)
		if size == 0 {
			i++
			continue
		}
		n++
		if consume {
			t.lineBreak(i)
		}
		i += size
	}
	return n
}

// quoted decodes a quoted scalar.
func (t *yamlToken) quoted(quote byte) {
	t.ok = t.at < len(t.src) && t.src[t.at] == quote
	t.at++
	for t.ok {
		i := t.at
		for i < len(t.src) && t.src[i] != quote && !isYAMLBlank(t.src[i]) && (t.src[i] != '\\' || quote == '\'') && yamlBreak(t.src, i) == 0 {
			i++
		}
		t.copyBytes(i - t.at)
		if !t.ok || i == len(t.src) {
			t.ok = false
			return
		}
		switch c := t.src[i]; {
		case c == quote && quote == '\'' && bytes.HasPrefix(t.src[i:], []byte("''")):
			t.addDecoded("'")
			t.at += 2
		case c == quote:
			t.at++
			return
		case c == '\\' && yamlBreak(t.src, i+1) > 0:
			t.runs = append(t.runs, edit.Run{Dec: t.dec, Src: t.at}) // see edit.Map.EscapedSpan
			t.at += 1 + yamlBreak(t.src, i+1)
			t.foldSpace(true)
		case c == '\\':
			t.escape()
		default:
			t.foldSpace(false)
		}
	}
}

// escape decodes one escape sequence of a double-quoted scalar.
func (t *yamlToken) escape() {
	if t.at+1 >= len(t.src) {
		t.ok = false
		return
	}
	size := 0
	switch c := t.src[t.at+1]; c {
	case 'x':
		size = 2
	case 'u':
		size = 4
	case 'U':
		size = 8
	default:
		s := yamlEscape(c)
		t.ok = s != ""
		t.addDecoded(s)
		t.at += 2
		return
	}
	t.at += 2
	if t.at+size > len(t.src) {
		t.ok = false
		return
	}
	r, err := strconv.ParseUint(string(t.src[t.at:t.at+size]), 16, 32)
	if t.ok = err == nil && r <= utf8.MaxRune; t.ok {
		t.addDecoded(string(rune(r)))
		t.at += size
	}
}

// yamlEscape returns the value of the escape "\" c, or "" if it is unknown.
func yamlEscape(c byte) string {
	switch c {
	case '0':
		return "\x00"
	case 'a':
		return "\a"
	case 'b':
		return "\b"
	case 't', '\t':
		return "\t"
	case 'n':
		return "\n"
	case 'v':
		return "\v"
	case 'f':
		return "\f"
	case 'r':
		return "\r"
	case 'e':
		return "\x1b"
	case ' ', '"', '\'', '\\':
		return string(rune(c))
	case 'N':
		return "\u0085"
	case '_':
		return "\u00a0"
	case 'L':
		return "\u2028"
	case 'P':
		return "\u2029"
	}
	return ""
}
