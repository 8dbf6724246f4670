package template

import (
	"bytes"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// lexJinja splits src as Jinja2 does (lexer.py there) with its default
// delimiters, which Ansible uses too. The content of a raw block is text.
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
			closed = s.jinjaAction(&a, "}}")
		case '%':
			if closed = s.jinjaAction(&a, "%}"); closed {
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

// endRaw returns the offset of the statement that ends a raw block, or -1.
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

// jinjaAction reads the action that begins at a.span.Start and ends with the
// delimiter end. A }} inside an open brace does not end an action. It returns
// false if the action, or a string in it, is not closed.
func (s *source) jinjaAction(a *action, end string) bool {
	src, at := s.src, a.span.Start+2
	if at < len(src) && (src[at] == '-' || src[at] == '+') {
		a.trimLeft = src[at] == '-'
		at++
	}
	var brackets []byte // the open brackets
	for at < len(src) {
		c := src[at]
		if bytes.HasPrefix(src[at:], []byte(end)) && (c == '%' || len(brackets) == 0 || brackets[len(brackets)-1] != '{') {
			s.dropTrimMark(a, at)
			a.span.End = at + 2
			return true
		}
		if isSpace(c) {
			at++
			continue
		}
		next, kind := jinjaToken(src, at)
		switch {
		case next < 0:
			return false
		case kind == open:
			brackets = append(brackets, c)
		case kind == shut:
			brackets = brackets[:max(len(brackets)-1, 0)]
		}
		s.tokens = append(s.tokens, token{kind, edit.Span{Start: at, End: next}})
		at = next
	}
	return false
}

// dropTrimMark removes the last token of a if it is the - or + directly in front
// of the closing delimiter at src[at].
func (s *source) dropTrimMark(a *action, at int) {
	if k := len(s.tokens) - 1; k >= a.first && s.tokens[k].span.End == at && (s.is(k, "-") || s.is(k, "+")) {
		a.trimRight = s.is(k, "-")
		s.tokens = s.tokens[:k]
	}
}

// jinjaToken returns the end and the kind of the token at src[at]. The end is
// -1 for a string that is not closed.
func jinjaToken(src []byte, at int) (end int, kind tokenKind) {
	switch c := src[at]; {
	case c == '"' || c == '\'':
		return jinjaQuoteEnd(src, at), quoted
	case isWord(c):
		return wordEnd(src, at), word
	case strings.IndexByte("([{", c) >= 0:
		return at + 1, open
	case strings.IndexByte(")]}", c) >= 0:
		return at + 1, shut
	case strings.IndexByte("=!<>", c) >= 0 && at+1 < len(src) && src[at+1] == '=':
		return at + 2, op
	}
	return at + 1, op
}

// jinjaQuoteEnd returns the offset after the string that begins at src[at], or
// -1 if it is not closed. A string may contain line breaks.
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

// jinjaKind returns the kind of the statement with tokens [first, last), and
// the keyword at its beginning.
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
