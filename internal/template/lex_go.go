package template

import (
	"bytes"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// lexGo splits src as text/template/parse does (lex.go there): if that package
// parses src, the actions are the same. lexGo accepts more, since it does not
// parse the content of an action.
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

// goAction reads the action that begins at a.span.Start. It returns false if
// the action, or a string in it, is not closed.
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
		switch {
		case bytes.HasPrefix(src[at:], []byte("}}")):
			a.span.End = at + 2
			return true
		case isSpace(src[at]):
			if bytes.HasPrefix(src[at+1:], []byte("-}}")) {
				a.trimRight = true
				a.span.End = at + 4
				return true
			}
			at++
		default:
			end, kind := goToken(src, at)
			if end < 0 {
				return false
			}
			s.tokens = append(s.tokens, token{kind, edit.Span{Start: at, End: end}})
			at = end
		}
	}
	return false
}

// goToken returns the end and the kind of the token at src[at]. The end is -1
// for a string that is not closed.
func goToken(src []byte, at int) (end int, kind tokenKind) {
	switch c := src[at]; {
	case c == '"':
		return goQuoteEnd(src, at), quoted
	case c == '\'':
		return goQuoteEnd(src, at), op
	case c == '`':
		n := bytes.IndexByte(src[at+1:], '`')
		if n < 0 {
			return -1, raw
		}
		return at + n + 2, raw
	case c == '.' || c == '$':
		return wordEnd(src, at+1), name
	case isWord(c):
		return wordEnd(src, at), word
	case c == '(' || c == '[' || c == '{': // Go templates have no [ and {, but see guessEngine
		return at + 1, open
	case c == ')':
		return at + 1, shut
	case bytes.HasPrefix(src[at:], []byte(":=")):
		return at + 2, op
	}
	return at + 1, op
}

// goComment reads the rest of a comment, whose text begins at src[at]. It
// returns false if the comment is not closed.
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

// goQuoteEnd returns the offset after the string or character that begins at
// src[at], or -1 if it is not closed on its line.
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

// goKind returns the kind of the action with tokens [first, last), and the
// keyword at its beginning.
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
