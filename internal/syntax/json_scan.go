package syntax

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// skipSpace skips white space and comments.
func (p *jsonParser) skipSpace() error {
	for p.pos < len(p.src) {
		switch p.src[p.pos] {
		case ' ', '\t', '\n', '\r':
			p.pos++
		case '/':
			if err := p.skipComment(); err != nil {
				return err
			}
		default:
			return nil
		}
	}
	return nil
}

// skipComment skips the comment at p.pos.
func (p *jsonParser) skipComment() error {
	rest := p.src[p.pos+1:]
	size := 0
	switch {
	case bytes.HasPrefix(rest, []byte("/")):
		if size = bytes.IndexAny(rest, "\r\n"); size < 0 {
			size = len(rest)
		}
	case bytes.HasPrefix(rest, []byte("*")):
		i := bytes.Index(rest[1:], []byte("*/"))
		if i < 0 {
			return p.errorAt(p.pos, "the comment is not closed")
		}
		size = 1 + i + len("*/")
	default:
		return p.errorAt(p.pos, "a slash outside strings does not start a comment")
	}
	end := p.pos + 1 + size
	p.comments = append(p.comments, edit.Span{Start: p.pos, End: end})
	p.pos = end
	return nil
}

// peek returns the byte at p.pos, or 0 at the end; a source does not contain
// NUL.
func (p *jsonParser) peek() byte {
	if p.pos == len(p.src) {
		return 0
	}
	return p.src[p.pos]
}

// unexpected returns the error for text at p.pos that is not want.
func (p *jsonParser) unexpected(want string) error {
	rest := p.src[p.pos:]
	switch {
	case len(rest) == 0:
		return p.errorAt(p.pos, "expected "+want+", found the end of the file")
	case bytes.HasPrefix(rest, utf8BOM):
		return fmt.Errorf("line %d: %w", p.line(p.pos), ErrInnerBOM)
	case rest[0] == '\'':
		return p.errorAt(p.pos, "expected "+want+", found a single quote, which only JSON5 allows")
	}
	r, _ := utf8.DecodeRune(rest)
	return p.errorAt(p.pos, fmt.Sprintf("expected %s, found %q", want, r))
}

func (p *jsonParser) errorAt(pos int, msg string) error {
	return &ParseError{Line: p.line(pos), Msg: msg}
}

// line returns the 1-based line of byte offset pos.
func (p *jsonParser) line(pos int) int {
	return 1 + bytes.Count(p.src[:pos], []byte("\n"))
}
