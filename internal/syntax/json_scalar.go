package syntax

import (
	"bytes"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// parseString reads the string at p.pos.
func (p *jsonParser) parseString() (*Node, error) {
	start := p.pos + 1
	size := bytes.IndexByte(p.src[start:], '"')
	if size < 0 {
		return nil, p.errorAt(p.pos, "the string is not closed")
	}
	if text := p.src[start : start+size]; bytes.IndexByte(text, '\\') >= 0 || !utf8.Valid(text) {
		return p.parseEscapedString()
	}
	n := p.newScalar(DoubleQuoted, "!!str", p.text[start:start+size], edit.Span{Start: p.pos, End: start + size + 1})
	n.Map = p.oneRun(start, size)
	return n, nil
}

// parseEscapedString reads the string at p.pos, which contains escapes or invalid
// UTF-8.
func (p *jsonParser) parseEscapedString() (*Node, error) {
	p.buf, p.bufRuns = p.buf[:0], p.bufRuns[:0]
	i := p.pos + 1
	from := i // start of the current run
	flush := func() {
		if i > from {
			p.bufRuns = append(p.bufRuns, edit.Run{Dec: len(p.buf), Src: from, Len: i - from})
			p.buf = append(p.buf, p.src[from:i]...)
		}
	}
	for i < len(p.src) {
		switch c := p.src[i]; {
		case c == '"':
			flush()
			n := p.newScalar(DoubleQuoted, "!!str", string(p.buf), edit.Span{Start: p.pos, End: i + 1})
			n.Map = p.runs.alloc(len(p.bufRuns))
			copy(n.Map, p.bufRuns)
			return n, nil
		case c == '\\':
			flush()
			r, size := jsonEscape(p.src[i:])
			if size == 0 {
				return nil, p.errorAt(i, "unknown escape in a string")
			}
			p.buf = utf8.AppendRune(p.buf, r)
			i += size
			from = i
		case c < utf8.RuneSelf:
			i++
		default:
			r, size := utf8.DecodeRune(p.src[i:])
			if r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
			flush()
			p.buf = utf8.AppendRune(p.buf, r)
			i++
			from = i
		}
	}
	return nil, p.errorAt(p.pos, "the string is not closed")
}

// jsonEscape decodes the escape at the start of s and returns its size in bytes,
// or 0 if it is malformed. A surrogate without its other half is U+FFFD.
func jsonEscape(s []byte) (r rune, size int) {
	if len(s) < 2 {
		return 0, 0
	}
	switch s[1] {
	case '"', '\\', '/':
		return rune(s[1]), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	}
	r = jsonCodeUnit(s)
	switch {
	case r < 0:
		return 0, 0
	case !utf16.IsSurrogate(r):
		return r, 6
	}
	if pair := utf16.DecodeRune(r, jsonCodeUnit(s[6:])); pair != unicode.ReplacementChar {
		return pair, 12
	}
	return unicode.ReplacementChar, 6
}

// jsonCodeUnit returns the code unit of the \uXXXX at the start of s, or -1 if s
// does not start with such an escape.
func jsonCodeUnit(s []byte) rune {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return -1
	}
	var r rune
	for _, c := range s[2:6] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}

// parseLiteral reads the number, true, false or null at p.pos.
func (p *jsonParser) parseLiteral() (*Node, error) {
	end := p.pos
	for end < len(p.src) && isJSONWordByte(p.src[end]) {
		end++
	}
	word := p.text[p.pos:end]
	tag := ""
	switch word {
	case "":
		return nil, p.unexpected("a value")
	case "true", "false":
		tag = "!!bool"
	case "null":
		tag = "!!null"
	default:
		if tag = jsonNumber(word); tag == "" {
			return nil, p.errorAt(p.pos, "expected a number, true, false or null")
		}
	}
	n := p.newScalar(Plain, tag, word, edit.Span{Start: p.pos, End: end})
	if tag == "!!null" {
		n.Value = ""
		return n, nil
	}
	n.Map = p.oneRun(n.Span.Start, len(word))
	return n, nil
}

// isJSONWordByte reports whether c may be part of a number or word, valid or not:
// 1-2 is read as one invalid word, not as two numbers.
func isJSONWordByte(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' ||
		c == '-' || c == '+' || c == '.' || c == '_' || c == '$'
}

// jsonNumber returns the tag of the number s (RFC 8259, section 6), or "" if s is
// not a number.
func jsonNumber(s string) string {
	digits := func() bool {
		n := 0
		for n < len(s) && '0' <= s[n] && s[n] <= '9' {
			n++
		}
		s = s[n:]
		return n > 0
	}
	tag := "!!int"
	if s != "" && s[0] == '-' {
		s = s[1:]
	}
	if s != "" && s[0] == '0' {
		s = s[1:]
	} else if !digits() {
		return ""
	}
	if s != "" && s[0] == '.' {
		tag, s = "!!float", s[1:]
		if !digits() {
			return ""
		}
	}
	if s != "" && (s[0] == 'e' || s[0] == 'E') {
		tag, s = "!!float", s[1:]
		if s != "" && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		if !digits() {
			return ""
		}
	}
	if s != "" {
		return ""
	}
	return tag
}

// newScalar makes a scalar and moves p.pos to its end.
func (p *jsonParser) newScalar(style Style, tag, value string, span edit.Span) *Node {
	n := &p.nodes.alloc(1)[0]
	n.Kind, n.Style, n.Tag, n.Value, n.Span = Scalar, style, tag, value, span
	p.pos = span.End
	return n
}

// oneRun is like edit.Identity, but allocates from the slab.
func (p *jsonParser) oneRun(src, size int) edit.Map {
	m := p.runs.alloc(1)
	m[0] = edit.Run{Dec: 0, Src: src, Len: size}
	return m
}
