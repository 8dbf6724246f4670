package template

import (
	"bytes"
	"fmt"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A source is a template cut into text and actions.
type source struct {
	engine  Engine
	src     []byte
	actions []action // in order, disjoint; what is between them is text
	tokens  []token  // of all actions, in order
}

// An action is what stands between the delimiters, and they themselves.
type action struct {
	span        edit.Span
	kind        kind
	comment     bool
	word        string // the keyword that it begins with, "" for none
	first, last int    // its tokens are source.tokens[first:last]
	trimLeft    bool   // the blanks and line breaks before it are not printed
	trimRight   bool
	defines     bool // begins or ends the definition of a template
}

// A kind says what an action means for the text around it.
type kind uint8

const (
	output kind = iota // prints something
	opener             // begins a block: if, range, for, define
	middle             // begins another branch of a block: else
	closer             // ends a block
	void               // prints nothing: an assignment, a comment
)

// A token is a token of an action. Blanks are none.
type token struct {
	kind tokenKind
	span edit.Span
}

type tokenKind uint8

const (
	word   tokenKind = iota // an identifier, a keyword, a number
	name                    // of Go templates: .field, .method or $variable
	quoted                  // a string literal with escapes
	raw                     // a string literal without: `…` of Go templates
	open                    // ( [ {
	shut                    // ) ] }
	op                      // any other byte or operator
)

func (k tokenKind) isString() bool { return k == quoted || k == raw }

// text returns the bytes of a token.
func (s *source) text(t token) []byte { return s.src[t.span.Start:t.span.End] }

// is reports whether token i is the word or operator text.
func (s *source) is(i int, text string) bool {
	t := s.tokens[i]
	return !t.kind.isString() && string(s.text(t)) == text
}

// lex cuts src into text and actions, as the engine does that it is most
// likely meant for. The error is a *syntax.ParseError.
func lex(src []byte) (*source, error) {
	g, goErr := lexGo(src)
	if goErr == nil && !g.looksJinja() {
		return g, nil
	}
	j, err := lexJinja(src)
	if goErr != nil && (err != nil && !bytes.Contains(src, []byte("{%")) || err == nil && !j.looksJinja()) {
		return nil, goErr
	}
	return j, err
}

// looksJinja reports whether what was lexed as either looks more like Jinja2
// than like a Go template. In doubt, such as for `{{ x }}`, it makes no difference.
func (s *source) looksJinja() bool {
	jinja, golang := bytes.Count(s.src, []byte("{%")), 0
	for _, a := range s.actions {
		switch s.dialect(a) {
		case Go:
			golang++
		case Jinja:
			jinja++
		}
	}
	return jinja > golang
}

// unknown stands for an action that could be of either engine.
const unknown Engine = 255

// dialect tells by the look of one action which engine it is of.
func (s *source) dialect(a action) Engine {
	if s.engine == Go && (a.comment || a.kind != output) {
		return Go
	}
	toks := s.tokens[a.first:a.last]
	if len(toks) > 0 && s.is(a.first, "/") {
		return Go // a comment that does not end well
	}
	for i, t := range toks {
		switch {
		case t.kind != raw && t.span.Len() > 3 && s.src[t.span.Start] == '\'':
			return Jinja // a string in quotes that Go has for single characters
		case t.kind == op && bytes.IndexByte([]byte("!=+~%*<>&"), s.src[t.span.Start]) >= 0:
			return Jinja
		case t.kind == open && s.src[t.span.Start] != '(':
			return Jinja
		case t.kind == open && i > 0 && toks[i-1].kind == word && toks[i-1].span.End == t.span.Start:
			return Jinja // a call
		case i == 1 && t.kind == word && toks[0].kind == word && jinjaInfix[string(s.text(t))]:
			return Jinja
		}
	}
	if len(toks) > 0 && (toks[0].kind == name || toks[0].kind.isString()) {
		return Go
	}
	if len(toks) > 1 && toks[0].kind == word && (toks[1].kind == word || toks[1].kind.isString() || toks[1].kind == name && toks[0].span.End < toks[1].span.Start) {
		return Go // a function and its argument
	}
	return unknown
}

var jinjaInfix = set("if", "is", "in", "not", "and", "or", "else")

// unclosed is the error for an action that begins at src[at].
func unclosed(src []byte, at int, what string) error {
	return &syntax.ParseError{Line: 1 + bytes.Count(src[:at], []byte("\n")), Msg: fmt.Sprintf("%s that begins here is not closed", what)}
}

func set(words ...string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[w] = true
	}
	return m
}

// isSpace is what both engines skip between tokens, and trim.
func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// isWord reports whether c may stand in an identifier. Go templates ask for
// letters of Unicode; every other byte of such a letter is taken, too.
func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= 0x80
}

// wordEnd returns the offset behind the identifier at src[at].
func wordEnd(src []byte, at int) int {
	for at < len(src) && isWord(src[at]) {
		at++
	}
	return at
}

// spaceEnd returns the offset behind the blanks and line breaks at src[at].
func spaceEnd(src []byte, at int) int {
	for at < len(src) && isSpace(src[at]) {
		at++
	}
	return at
}
