package template

import (
	"bytes"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// lexJinja cuts src as Jinja2 does (lexer.py there) with its own delimiters,
// which Ansible keeps. What stands in a raw block is text.
func lexJinja(src []byte) (*source, error) {
	s := &source{engine: Jinja, src: src}
	for at := 0; ; {
		i := bytes.IndexByte(src[at:], '{')
		if i < 0 || at+i+1 >= len(src) {
			return s, nil
		}
		at += i
		a := action{span: edit.Span{Start: at}, first: len(s.tokens)}
		closed := false
		switch src[at+1] {
		case '#':
			if n := bytes.Index(src[at+2:], []byte("#}")); n >= 0 {
				a.comment, a.kind, closed = true, void, true
				a.span.End = at + 2 + n + 2
			}
		case '{':
			closed = s.jinjaTokens(&a, "}}")
		case '%':
			if closed = s.jinjaTokens(&a, "%}"); closed {
				a.kind, a.word = s.jinjaKind(a.first, len(s.tokens))
				a.defines = a.word == "macro"
			}
		default:
			at++
			continue
		}
		if !closed {
			return nil, unclosed(src, at, "the action")
		}
		a.last = len(s.tokens)
		s.actions = append(s.actions, a)
		at = a.span.End
		if a.word == "raw" {
			n := endRaw(src[at:])
			if n < 0 {
				return nil, unclosed(src, a.span.Start, "the raw block")
			}
			at += n
		}
	}
}

// endRaw returns the offset of the tag that ends a raw block, -1 when there
// is none.
func endRaw(src []byte) int {
	for at := 0; ; {
		i := bytes.Index(src[at:], []byte("{%"))
		if i < 0 {
			return -1
		}
		at += i
		rest := src[at+2:]
		if len(rest) > 0 && (rest[0] == '-' || rest[0] == '+') {
			rest = rest[1:]
		}
		if rest = rest[spaceEnd(rest, 0):]; string(rest[:wordEnd(rest, 0)]) == "endraw" {
			return at
		}
		at += 2
	}
}

// jinjaTokens reads the action that begins at a.span.Start and ends with the
// delimiter end, where no bracket is open. It is false when it does not end.
func (s *source) jinjaTokens(a *action, end string) bool {
	src, at := s.src, a.span.Start+2
	if at < len(src) && (src[at] == '-' || src[at] == '+') {
		a.trimLeft = src[at] == '-'
		at++
	}
	var braces []byte // the brackets that are open
	for at < len(src) {
		c := src[at]
		next, kind := at+1, op
		switch {
		case bytes.HasPrefix(src[at:], []byte(end)) && (c == '%' || len(braces) == 0 || braces[len(braces)-1] != '{'):
			if k := len(s.tokens) - 1; k >= a.first && s.tokens[k].span.End == at && (s.is(k, "-") || s.is(k, "+")) {
				a.trimRight = s.is(k, "-")
				s.tokens = s.tokens[:k]
			}
			a.span.End = at + 2
			return true
		case isSpace(c):
			at++
			continue
		case c == '"' || c == '\'':
			if next = jinjaQuoteEnd(src, at); next < 0 {
				return false
			}
			kind = quoted
		case isWord(c):
			next, kind = wordEnd(src, at), word
		case strings.IndexByte("([{", c) >= 0:
			kind = open
			braces = append(braces, c)
		case strings.IndexByte(")]}", c) >= 0:
			kind = shut
			braces = braces[:max(len(braces)-1, 0)]
		case strings.IndexByte("=!<>", c) >= 0 && at+1 < len(src) && src[at+1] == '=':
			next = at + 2
		}
		s.tokens = append(s.tokens, token{kind, edit.Span{Start: at, End: next}})
		at = next
	}
	return false
}

// jinjaQuoteEnd returns the offset behind the string that begins at src[at],
// which may go over lines; -1 when it does not end.
func jinjaQuoteEnd(src []byte, at int) int {
	q := src[at]
	for at++; at < len(src); at++ {
		switch src[at] {
		case q:
			return at + 1
		case '\\':
			at++
		}
	}
	return -1
}

var jinjaBlocks = set("if", "for", "block", "macro", "call", "filter", "autoescape", "with", "trans")

// jinjaKind tells the kind of the statement of tokens [first, last), and the
// keyword that it begins with.
func (s *source) jinjaKind(first, last int) (kind, string) {
	if first == last || s.tokens[first].kind != word {
		return void, ""
	}
	text := string(s.text(s.tokens[first]))
	switch {
	case text == "elif" || text == "else" || text == "pluralize":
		return middle, text
	case text == "include":
		return output, text
	case text == "raw" || text == "endraw":
		return void, text
	case strings.HasPrefix(text, "end"):
		return closer, text
	case jinjaBlocks[text]:
		return opener, text
	case text == "set":
		for i := first + 1; i < last; i++ {
			if s.is(i, "=") {
				return void, text
			}
		}
		return opener, text
	}
	return void, text
}
