package attributes

import (
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

type tokenKind uint8

const (
	end     tokenKind = iota
	word              // a name, with dots and dashes: oci.pull, x-y
	text              // in quotes
	opening           // a bracket
	closing
	symbol
)

// A token is one token of a source.
type token struct {
	kind       tokenKind
	text       string    // of a text: without quotes, not decoded
	span       edit.Span // of text
	isPlain    bool      // a text without escapes and line breaks
	afterBreak bool      // a line break precedes the token
}

func (t token) is(symbol string) bool { return t.kind > text && t.text == symbol }

// A scanner splits a source into tokens.
type scanner struct {
	src      string
	pos      int
	language Language
}

// scan returns the next token.
func (s *scanner) scan() token {
	afterBreak := s.skipSpace()
	t := s.scanToken()
	t.afterBreak = afterBreak
	return t
}

func (s *scanner) scanToken() token {
	if s.pos >= len(s.src) {
		return token{kind: end, span: edit.Span{Start: len(s.src), End: len(s.src)}}
	}
	start := s.pos
	c := s.src[start]
	switch {
	case c == '"' || c == '\'' && s.language == Starlark:
		return s.quoted(c)
	case s.language == HCL && strings.HasPrefix(s.src[start:], "<<"):
		s.heredoc()
		return token{kind: symbol, span: edit.Span{Start: start, End: s.pos}}
	case isWordByte(c):
		for s.pos < len(s.src) && s.isWordPart(s.src[s.pos]) {
			s.pos++
		}
		if s.language == Starlark && s.pos-start == 1 && s.pos < len(s.src) && (s.src[s.pos] == '"' || s.src[s.pos] == '\'') {
			t := s.quoted(s.src[s.pos]) // r"…"
			t.isPlain = false
			return t
		}
		return s.token(word, start)
	case strings.IndexByte("({[", c) >= 0:
		s.pos++
		return s.token(opening, start)
	case strings.IndexByte(")}]", c) >= 0:
		s.pos++
		return s.token(closing, start)
	case strings.IndexByte("=!<>", c) >= 0 && strings.IndexByte("=>", s.at(start+1)) >= 0:
		s.pos += 2
		return s.token(symbol, start)
	}
	s.pos++
	return s.token(symbol, start)
}

func (s *scanner) token(kind tokenKind, start int) token {
	return token{kind: kind, text: s.src[start:s.pos], span: edit.Span{Start: start, End: s.pos}}
}

// at returns the byte at offset i, 0 after the end.
func (s *scanner) at(i int) byte {
	if i < len(s.src) {
		return s.src[i]
	}
	return 0
}

func isWordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func (s *scanner) isWordPart(c byte) bool {
	return isWordByte(c) || c == '.' || c == '-' && s.language == HCL
}

// skipSpace skips white space and comments. It reports whether they have a line
// break.
func (s *scanner) skipSpace() (hasBreak bool) {
	for s.pos < len(s.src) {
		c, rest := s.src[s.pos], s.src[s.pos:]
		switch {
		case c == '\n':
			hasBreak = true
			s.pos++
		case c == ' ' || c == '\t' || c == '\r' || c == '\\' && s.language == Starlark:
			s.pos++
		case c == '#' || s.language == HCL && strings.HasPrefix(rest, "//"):
			s.pos += lengthUpTo(rest, "\n")
		case s.language == HCL && strings.HasPrefix(rest, "/*"):
			s.pos = min(len(s.src), s.pos+lengthUpTo(rest[2:], "*/")+4)
		default:
			return hasBreak
		}
	}
	return hasBreak
}

// lengthUpTo returns the length of text before the first mark, or of all of text.
func lengthUpTo(text, mark string) int {
	if i := strings.Index(text, mark); i >= 0 {
		return i
	}
	return len(text)
}

// quoted reads a text in the quotes q.
func (s *scanner) quoted(q byte) token {
	triple := strings.Repeat(string(q), 3)
	if s.language == Starlark && strings.HasPrefix(s.src[s.pos:], triple) {
		start := s.pos + 3
		s.pos = min(len(s.src), start+lengthUpTo(s.src[start:], triple)+3)
		return token{kind: text, span: edit.Span{Start: start, End: s.pos}}
	}
	start := s.pos + 1
	plain := true
	for s.pos = start; s.pos < len(s.src); s.pos++ {
		switch c := s.src[s.pos]; {
		case c == q || c == '\n':
			t := s.token(text, start)
			t.isPlain = plain && c == q
			s.pos++
			return t
		case c == '\\':
			plain = false
			s.pos++
		case s.language == HCL && (c == '$' || c == '%') && s.at(s.pos+1) == '{':
			s.skipInterpolation()
		}
	}
	s.pos = len(s.src)
	return token{kind: text, span: edit.Span{Start: start, End: s.pos}}
}

// skipInterpolation skips ${…} up to its last byte. Texts in it may have brackets.
func (s *scanner) skipInterpolation() {
	depth, inText := 0, false
	for s.pos++; s.pos < len(s.src) && s.src[s.pos] != '\n'; s.pos++ {
		switch c := s.src[s.pos]; {
		case c == '\\':
			s.pos++
		case c == '"':
			inText = !inText
		case c == '{' && !inText:
			depth++
		case c == '}' && !inText:
			if depth--; depth == 0 {
				return
			}
		}
	}
	s.pos = min(s.pos, len(s.src)) - 1
}

// heredoc skips a here-document.
func (s *scanner) heredoc() {
	s.pos += len("<<")
	line := s.src[s.pos : s.pos+lengthUpTo(s.src[s.pos:], "\n")]
	mark := strings.TrimSpace(strings.TrimPrefix(line, "-"))
	s.pos += len(line)
	for mark != "" && s.pos < len(s.src) {
		s.pos++
		line = s.src[s.pos : s.pos+lengthUpTo(s.src[s.pos:], "\n")]
		s.pos += len(line)
		if strings.TrimSpace(line) == mark {
			return
		}
	}
}
