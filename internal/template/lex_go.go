package template

import (
	"bytes"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// lexGo cuts src as text/template/parse does (lex.go there): whatever that
// parses has the same actions here. It takes more, since what is wrong within
// an action is not its business.
func lexGo(src []byte) (*source, error) {
	s := &source{engine: Go, src: src}
	for at := 0; ; {
		i := bytes.Index(src[at:], []byte("{{"))
		if i < 0 {
			return s, nil
		}
		a := action{span: edit.Span{Start: at + i}, first: len(s.tokens)}
		if !s.goAction(&a) {
			return nil, unclosed(src, a.span.Start, "the action")
		}
		a.last = len(s.tokens)
		if !a.comment {
			a.kind, a.word = s.goKind(a.first, a.last)
			a.defines = a.word == "define"
		}
		s.actions = append(s.actions, a)
		at = a.span.End
	}
}

// goAction reads the action that begins at a.span.Start. It is false when
// that does not end, or a string of it does not.
func (s *source) goAction(a *action) bool {
	src, at := s.src, a.span.Start+2
	if at+1 < len(src) && src[at] == '-' && isSpace(src[at+1]) {
		a.trimLeft = true
		at += 2
	}
	if c := spaceEnd(src, at); bytes.HasPrefix(src[c:], []byte("/*")) {
		return s.goComment(a, c+2)
	}
	for at < len(src) {
		c := src[at]
		end, kind := at+1, op
		switch {
		case c == '}' && at+1 < len(src) && src[at+1] == '}':
			a.span.End = at + 2
			return true
		case isSpace(c):
			if bytes.HasPrefix(src[at+1:], []byte("-}}")) {
				a.trimRight = true
				a.span.End = at + 4
				return true
			}
			at++
			continue
		case c == '"' || c == '\'':
			if end = goQuoteEnd(src, at); end < 0 {
				return false
			}
			if c == '"' {
				kind = quoted
			}
		case c == '`':
			n := bytes.IndexByte(src[at+1:], '`')
			if n < 0 {
				return false
			}
			end, kind = at+n+2, raw
		case (c == '.' || c == '$') && at+1 < len(src) && isWord(src[at+1]):
			end, kind = wordEnd(src, at+1), name
		case c == '.' || c == '$':
			kind = name
		case isWord(c):
			end, kind = wordEnd(src, at), word
		case c == '(':
			kind = open
		case c == ')':
			kind = shut
		case c == '[' || c == '{':
			kind = open // of no Go template, but see dialect
		case c == ':' && at+1 < len(src) && src[at+1] == '=':
			end = at + 2
		}
		s.tokens = append(s.tokens, token{kind, edit.Span{Start: at, End: end}})
		at = end
	}
	return false
}

// goComment reads the rest of a comment, whose text begins at src[at].
func (s *source) goComment(a *action, at int) bool {
	a.comment, a.kind = true, void
	n := bytes.Index(s.src[at:], []byte("*/"))
	if n < 0 {
		return false
	}
	at = spaceEnd(s.src, at+n+2)
	if at < len(s.src) && s.src[at] == '-' {
		a.trimRight = true
		at++
	}
	a.span.End = at + 2
	return bytes.HasPrefix(s.src[at:], []byte("}}"))
}

// goQuoteEnd returns the offset behind the string or character that begins at
// src[at], -1 when it does not end on its line.
func goQuoteEnd(src []byte, at int) int {
	q := src[at]
	for at++; at < len(src) && src[at] != '\n'; at++ {
		switch src[at] {
		case q:
			return at + 1
		case '\\':
			if at++; at < len(src) && src[at] == '\n' {
				return -1
			}
		}
	}
	return -1
}

var goKeywords = map[string]kind{
	"if": opener, "range": opener, "with": opener, "define": opener, "block": opener,
	"else": middle, "end": closer, "break": void, "continue": void, "template": output,
}

// goKind tells the kind of the action of tokens [first, last), and the
// keyword that it begins with.
func (s *source) goKind(first, last int) (kind, string) {
	if first == last {
		return void, ""
	}
	t := s.tokens[first]
	if t.kind == word {
		text := string(s.text(t))
		if k, ok := goKeywords[text]; ok {
			return k, text
		}
	}
	if t.kind == name && s.src[t.span.Start] == '$' && first+1 < last && (s.is(first+1, ":=") || s.is(first+1, "=")) {
		return void, ""
	}
	return output, ""
}
