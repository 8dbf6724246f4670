package format

import (
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A word is a range of bytes of an instruction's text: what stands between
// two blanks, quotes and escapes as they are.
type word struct{ start, end int }

// A segment is decoded text and the bytes that it stands in: of an
// instruction's text while a word is read, of the file afterwards.
type segment struct {
	text string
	m    edit.Map
}

// cut returns the bytes [start, end) of s.
func (s segment) cut(start, end int) segment {
	return segment{s.text[start:end], slice(s.m, start, end)}
}

// grow appends the bytes [start, end) of text to s.
func (s *segment) grow(text string, start, end int) {
	if n := len(s.m); n > 0 && s.m[n-1].Src+s.m[n-1].Len == start {
		s.m[n-1].Len += end - start
	} else if start < end {
		s.m = append(s.m, edit.Run{Dec: len(s.text), Src: start, Len: end - start})
	}
	s.text += text[start:end]
}

// A part is a stretch of a word: literal text, or a variable.
type part struct {
	segment        // the text, or the variable as it is written
	name    string // of the variable, "" for a literal
	or      []part // what stands for the variable when it is not set
}

// isBlank reports whether c separates words.
func isBlank(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

// nextWord returns the word of text that begins at or after from; it is empty
// at the end. Blanks in quotes are part of a word.
func nextWord(text string, from int, escape byte) word {
	for from < len(text) && isBlank(text[from]) {
		from++
	}
	var quote byte
	i := from
	for i < len(text) {
		switch c := text[i]; {
		case c == escape && quote != '\'':
			i++
		case quote == 0 && isBlank(c):
			return word{from, i}
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case c == quote:
			quote = 0
		}
		i++
	}
	return word{from, len(text)}
}

// fields returns the words of text from from on, quotes being like any byte,
// as FROM is read.
func fields(text string, from int) []word {
	var out []word
	for i := from; i < len(text); {
		for i < len(text) && isBlank(text[i]) {
			i++
		}
		start := i
		for i < len(text) && !isBlank(text[i]) {
			i++
		}
		if start < i {
			out = append(out, word{start, i})
		}
	}
	return out
}

// readFlags finds the --flags of in. If they are not the ones that the parser
// found there are none, and all arguments are text like any other.
func (in *instruction) readFlags(escape byte) {
	at := in.args
	var flags []word
	for {
		w := nextWord(in.text, at, escape)
		if !strings.HasPrefix(in.text[w.start:w.end], "--") {
			break
		}
		at = w.end
		if in.text[w.start:w.end] == "--" {
			break
		}
		flags = append(flags, w)
	}
	if len(flags) != len(in.node.Flags) {
		return
	}
	for i, w := range flags {
		if in.unquote(w, escape).text != in.node.Flags[i] {
			return
		}
	}
	in.flags, in.args = flags, at
}

// unquote returns the word w without its quotes and escapes, as a flag is read.
func (in *instruction) unquote(w word, escape byte) segment {
	var out segment
	var quote byte
	for i := w.start; i < w.end; i++ {
		switch c := in.text[i]; {
		case c == escape:
			if i++; i < w.end {
				out.grow(in.text, i, i+1)
			}
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote != 0 && c == quote:
			quote = 0
		default:
			out.grow(in.text, i, i+1)
		}
	}
	return out
}

// parse reads the word w as BuildKit's shell lexer does: quotes and escapes
// go, variables are told apart.
// Source: github.com/moby/buildkit, frontend/dockerfile/shell/lex.go
func (in *instruction) parse(w word, escape byte) []part {
	if w.end-w.start > maxWord {
		return nil
	}
	l := &wordLexer{text: in.text, at: w.start, end: w.end, escape: escape}
	return l.parts(0, 0)
}

// A wordLexer reads the bytes [at, end) of text.
type wordLexer struct {
	text    string
	at, end int
	escape  byte
}

// maxWord is the length in bytes of the longest word that is read; no
// reference comes near it.
const maxWord = 4096

// maxNested is how deep defaults of variables may nest to be read.
const maxNested = 16

// parts reads up to the byte closing, outside of quotes, or the end.
func (l *wordLexer) parts(closing byte, depth int) []part {
	var out []part
	var literal segment
	flush := func() {
		if literal.text != "" {
			out = append(out, part{segment: literal})
			literal = segment{}
		}
	}
	var quote byte
	for l.at < l.end {
		switch c := l.text[l.at]; {
		case c == closing && closing != 0 && quote == 0:
			flush()
			return out
		case quote == '\'' && c != '\'':
			literal.grow(l.text, l.at, l.at+1)
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case c == quote && quote != 0:
			quote = 0
		case c == l.escape && l.at+1 < l.end:
			// In double quotes an escape that escapes nothing stays.
			if next := l.text[l.at+1]; quote == '"' && next != '"' && next != '$' && next != l.escape {
				literal.grow(l.text, l.at, l.at+1)
			} else {
				l.at++
				literal.grow(l.text, l.at, l.at+1)
			}
		case c == '$' && l.at+1 < l.end:
			if p, ok := l.variable(depth); ok {
				flush()
				out = append(out, p)
				continue
			}
			literal.grow(l.text, l.at, l.at+1)
		default:
			literal.grow(l.text, l.at, l.at+1)
		}
		l.at++
	}
	flush()
	return out
}

// variable reads the variable at l.at, `$NAME`, `${NAME}` or
// `${NAME:-default}`. Of the other forms nothing is known but where they end:
// the name of the part is then one that no variable has.
func (l *wordLexer) variable(depth int) (part, bool) {
	start := l.at
	if l.text[start+1] != '{' {
		end := start + 1
		for end < l.end && isNameByte(l.text[end]) {
			end++
		}
		if end == start+1 {
			return part{}, false
		}
		l.at = end
		p := part{name: l.text[start+1 : end]}
		p.grow(l.text, start, end)
		return p, true
	}
	end := closingBrace(l.text[:l.end], start+2)
	if end < 0 || depth > maxNested {
		return part{}, false
	}
	name := start + 2
	for name < end && isNameByte(l.text[name]) {
		name++
	}
	p := part{name: l.text[start+2 : name]}
	p.grow(l.text, start, end+1)
	switch op := l.text[name:end]; {
	case op == "":
	case strings.HasPrefix(op, ":-"), strings.HasPrefix(op, "-"):
		inner := &wordLexer{text: l.text, at: name + 1 + strings.IndexByte(op, '-'), end: end, escape: l.escape}
		p.or = inner.parts(0, depth+1)
	case strings.HasPrefix(op, ":?"), strings.HasPrefix(op, "?"):
	default:
		p.name = "?"
	}
	l.at = end + 1
	return p, true
}

// closingBrace returns the offset of the brace that closes the one before
// from, -1 when there is none.
func closingBrace(text string, from int) int {
	depth := 1
	for i := from; i < len(text); i++ {
		switch text[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

func isNameByte(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
