package syntax

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A yamlToken decodes one scalar for the second time, to learn which source
// bytes made which bytes of its value. It does what the decoder's scanner
// does (scannerc.go of go.yaml.in/yaml/v3) and compares with the value that
// the decoder found on the way: ok stays true only if they are the same to
// the last byte, which proves that the token stands where at began.
type yamlToken struct {
	src   []byte
	at    int // the next byte of src
	value string
	dec   int // the next byte of value
	runs  edit.Map
	ok    bool

	literal bool
}

// simpleYAMLScalar returns the end of the scalar that starts at src[at] when it
// is written on one line without escapes, as nearly all are: then its value
// stands in src as it is.
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

// copyBytes takes n bytes of the source that stand for themselves.
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

// addDecoded takes bytes of the value that do not stand in the source as they are.
func (t *yamlToken) addDecoded(s string) {
	if t.ok = t.ok && strings.HasPrefix(t.value[t.dec:], s); t.ok {
		t.dec += len(s)
	}
}

// lineBreak takes the value of the line break at src[i], which is LF for all
// but LS and PS. Only in a literal it counts as standing for itself: elsewhere
// an edit over a line break would not mean what it says.
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

// plain decodes a plain scalar. Where it ends depends on the indentation and
// on brackets around it; the length of its value says it without them.
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

// foldSpace takes blanks and line breaks within a plain or quoted scalar: blanks on
// one line are kept, one line break is a space, n are n-1. After an escaped
// line break no space is made.
func (t *yamlToken) foldSpace(escaped bool) {
	first, i := -1, t.at // first is where the first line break stands
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

// lineBreaks counts the line breaks in src[from:to], where only blanks stand
// beside them, and takes their values if take is set.
func (t *yamlToken) lineBreaks(from, to int, take bool) int {
	n := 0
	for i := from; i < to; {
		size := yamlBreak(t.src, i)
		if size == 0 {
			i++
			continue
		}
		n++
		if take {
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

// yamlEscape returns what "\" and c stand for, "" when nothing.
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
