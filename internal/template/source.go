package template

import (
	"bytes"
	"fmt"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A source is a template split into text and actions.
type source struct {
	engine  Engine
	src     []byte
	actions []action // in order, disjoint; everything between them is text
	tokens  []token  // of all actions, in order
}

// An action is a part of a template between two delimiters of the engine,
// including the delimiters.
type action struct {
	span        edit.Span
	kind        kind
	comment     bool
	word        string // the keyword at its beginning, or ""
	first, last int    // its tokens are source.tokens[first:last]
	trimLeft    bool   // the white space in front of the action is not printed
	trimRight   bool   // the white space after the action is not printed
	defines     bool   // begins or ends the definition of a template
}

// A kind says how an action affects the text around it.
type kind uint8

const (
	output kind = iota // prints something
	opener             // begins a block: if, range, for, define
	middle             // begins another branch of a block: else
	closer             // ends a block
	void               // prints nothing: an assignment, a comment
)

// A token is a token of an action. White space between tokens is not one.
type token struct {
	kind tokenKind
	span edit.Span
}

type tokenKind uint8

const (
	word   tokenKind = iota // an identifier, a keyword, a number
	name                    // in Go templates: .field, .method or $variable
	quoted                  // a string literal with escapes
	raw                     // a string literal without escapes: `…` in Go templates
	open                    // ( [ {
	shut                    // ) ] }
	op                      // any other byte or operator
)

func (k tokenKind) isString() bool { return k == quoted || k == raw }

// text returns the bytes of a token.
func (s *source) text(t token) []byte { return s.src[t.span.Start:t.span.End] }

// is reports whether token i is the given word or operator.
func (s *source) is(i int, text string) bool {
	t := s.tokens[i]
	return !t.kind.isString() && string(s.text(t)) == text
}

// lex splits src into text and actions, with the syntax of the engine that it
// is most likely written for. The error is a *syntax.ParseError.
func lex(src []byte) (*source, error) {
	g, goErr := lexGo(src)
	if goErr == nil && !g.looksLikeJinja() {
		return g, nil
	}
	j, err := lexJinja(src)
	if goErr != nil && (err != nil && !bytes.Contains(src, []byte("{%")) || err == nil && !j.looksLikeJinja()) {
		return nil, goErr
	}
	return j, err
}

// lexAs splits src with the syntax of the given engine.
func lexAs(e Engine, src []byte) (*source, error) {
	if e == Jinja {
		return lexJinja(src)
	}
	return lexGo(src)
}

// looksLikeJinja reports whether more actions of s look like Jinja2 than like a
// Go template, whichever syntax was used to split it. Actions that could be
// either, such as `{{ x }}`, do not count.
func (s *source) looksLikeJinja() bool {
	jinja, golang := bytes.Count(s.src, []byte("{%")), 0
	for _, a := range s.actions {
		switch s.guessEngine(a) {
		case Go:
			golang++
		case Jinja:
			jinja++
		}
	}
	return jinja > golang
}

// unknown is the engine of an action that either engine could have.
const unknown Engine = 255

// guessEngine guesses from the tokens of one action which engine it is for.
func (s *source) guessEngine(a action) Engine {
	if s.engine == Go && (a.comment || a.kind != output) {
		return Go
	}
	toks := s.tokens[a.first:a.last]
	if len(toks) == 0 {
		return unknown
	}
	if s.is(a.first, "/") {
		return Go // a comment that is not closed correctly
	}
	for i := range toks {
		if s.isJinjaToken(toks, i) {
			return Jinja
		}
	}
	if s.isGoCommand(toks) {
		return Go
	}
	return unknown
}

// isJinjaToken reports whether token i of an action is valid in Jinja2 only.
func (s *source) isJinjaToken(toks []token, i int) bool {
	t := toks[i]
	first := s.src[t.span.Start]
	switch {
	case t.kind != raw && t.span.Len() > 3 && first == '\'':
		return true // in Go, single quotes enclose one character
	case t.kind == op:
		return bytes.IndexByte([]byte("!=+~%*<>&"), first) >= 0
	case t.kind == open && first != '(':
		return true
	case t.kind == open && i > 0:
		return toks[i-1].kind == word && toks[i-1].span.End == t.span.Start // a call
	}
	return i == 1 && t.kind == word && toks[0].kind == word && jinjaInfix[string(s.text(t))]
}

// isGoCommand reports whether tokens begin with a value of a Go template, or
// with a function and its argument.
func (s *source) isGoCommand(toks []token) bool {
	if toks[0].kind == name || toks[0].kind.isString() {
		return true
	}
	if len(toks) == 1 || toks[0].kind != word {
		return false
	}
	arg := toks[1]
	return arg.kind == word || arg.kind.isString() || arg.kind == name && toks[0].span.End < arg.span.Start
}

var jinjaInfix = set("if", "is", "in", "not", "and", "or", "else")

// unclosed returns the error for an action or block that begins at src[at].
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

// isSpace reports whether c is white space, which both engines skip between
// tokens and trim.
func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// isWord reports whether c may be part of an identifier. Go templates allow
// Unicode letters, so every byte above ASCII counts.
func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= 0x80
}

// wordEnd returns the offset after the identifier at src[at].
func wordEnd(src []byte, at int) int {
	for at < len(src) && isWord(src[at]) {
		at++
	}
	return at
}

// spaceEnd returns the offset after the white space at src[at].
func spaceEnd(src []byte, at int) int {
	for at < len(src) && isSpace(src[at]) {
		at++
	}
	return at
}
