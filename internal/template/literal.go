package template

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A use says how an action uses a string literal; see Literal.
type use struct{ compared, fallback bool }

// literals returns the string literals of all actions. scalarsOf has, for each
// action, the scalar that contains it.
func (s *source) literals(scalarsOf []*syntax.Node) []Literal {
	var out []Literal
	for i, a := range s.actions {
		if !s.hasString(a) {
			continue
		}
		var uses map[int]use
		if s.engine == Go {
			uses = s.goUses(a)
		} else {
			uses = s.jinjaUses(a)
		}
		for t := a.first; t < a.last; t++ {
			if !s.tokens[t].kind.isString() {
				continue
			}
			text, m := s.decode(s.tokens[t])
			out = append(out, Literal{
				Text: text, Map: m, Span: s.tokens[t].span, Action: a.span,
				Compared: uses[t].compared, Default: uses[t].fallback, Scalar: scalarsOf[i],
			})
		}
	}
	return out
}

func (s *source) hasString(a action) bool {
	for _, t := range s.tokens[a.first:a.last] {
		if t.kind.isString() {
			return true
		}
	}
	return false
}

// decode returns the value of a string literal, and the map from the value to
// the source. An escape that the engine does not know is literal text.
func (s *source) decode(t token) (string, edit.Map) {
	inner := s.src[t.span.Start+1 : t.span.End-1]
	at := t.span.Start + 1
	special := byte('\\')
	if t.kind == raw {
		special = '\r' // not part of the value; see strconv.Unquote
	}
	if bytes.IndexByte(inner, special) < 0 {
		return string(inner), edit.Identity(at, len(inner))
	}
	var out strings.Builder
	m := edit.Map{}
	for i := 0; i < len(inner); {
		n := len(inner) - i
		if k := bytes.IndexByte(inner[i:], special); k >= 0 {
			n = k
		}
		decoded := ""
		skip := 0
		if i+n < len(inner) {
			if special == '\r' {
				skip = 1
			} else if decoded, skip = s.unescape(inner[i+n:]); skip == 0 {
				n++ // the backslash is literal
			}
		}
		if n > 0 {
			if k := len(m) - 1; k >= 0 && m[k].Dec+m[k].Len == out.Len() && m[k].Src+m[k].Len == at+i {
				m[k].Len += n
			} else {
				m = append(m, edit.Run{Dec: out.Len(), Src: at + i, Len: n})
			}
		}
		out.Write(inner[i : i+n])
		out.WriteString(decoded)
		i += n + skip
	}
	return out.String(), m
}

// unescape decodes the escape at the beginning of text and returns its length
// in bytes, or 0 if the engine does not know the escape.
func (s *source) unescape(text []byte) (decoded string, n int) {
	if len(text) < 2 {
		return "", 0
	}
	if s.engine == Jinja { // Python's escapes that Go does not have
		switch text[1] {
		case '\n':
			return "", 2
		case '\'', '"':
			return string(text[1]), 2
		}
	}
	// An escape has at most ten bytes.
	head := string(text[:min(len(text), 10)])
	r, multibyte, tail, err := strconv.UnquoteChar(head, '"')
	if err != nil {
		return "", 0
	}
	if n = len(head) - len(tail); r < utf8.RuneSelf || !multibyte {
		return string([]byte{byte(r)}), n
	}
	return string(r), n
}
