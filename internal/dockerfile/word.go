package dockerfile

import (
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A Fragment is decoded text with a map to its source bytes.
type Fragment struct {
	Text string
	Map  edit.Map
}

// Slice returns the bytes [start, end) of f.
func (f Fragment) Slice(start, end int) Fragment {
	return Fragment{f.Text[start:end], f.Map.Slice(start, end)}
}

// grow appends the bytes [start, end) of text to f.
func (f *Fragment) grow(text string, start, end int) {
	if n := len(f.Map); n > 0 && f.Map[n-1].Src+f.Map[n-1].Len == start {
		f.Map[n-1].Len += end - start
	} else if start < end {
		f.Map = append(f.Map, edit.Run{Dec: len(f.Text), Src: start, Len: end - start})
	}
	f.Text += text[start:end]
}

// Join returns the text that fragments make up.
func Join(fragments []Fragment) string {
	var b strings.Builder
	for _, f := range fragments {
		b.WriteString(f.Text)
	}
	return b.String()
}

// A Part is a part of a word: literal text, or a variable.
type Part struct {
	Fragment        // the literal without quotes, or the variable as written
	Name     string // of the variable, "" for a literal
	Default  []Part // the value of the variable if it is not set
}

// Limits of what [Instruction.Parts] reads. References stay far below them.
const (
	MaxWord   = 4096 // the length of a word in bytes
	MaxNested = 16   // the depth of defaults in defaults
)

func isBlank(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

// NextWord returns the first word of in.Text at or after from; it is empty at
// the end of the text. A word ends at a blank that is neither quoted nor
// escaped, and includes its quotes.
func (in *Instruction) NextWord(from int) edit.Span {
	text := in.Text
	for from < len(text) && isBlank(text[from]) {
		from++
	}
	var quote byte
	i := from
	for i < len(text) {
		switch c := text[i]; {
		case c == in.escape && quote != '\'':
			i++
		case quote == 0 && isBlank(c):
			return edit.Span{Start: from, End: i}
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case c == quote:
			quote = 0
		}
		i++
	}
	return edit.Span{Start: from, End: len(text)}
}

// nextField returns the first word of text at or after from as FROM reads it:
// it ends at every blank, quoted or not.
func nextField(text string, from int) edit.Span {
	for from < len(text) && isBlank(text[from]) {
		from++
	}
	end := from
	for end < len(text) && !isBlank(text[end]) {
		end++
	}
	return edit.Span{Start: from, End: end}
}

// readFlags sets in.Flags and in.Args. If the flags are not those that the
// parser reports, the instruction has no flags and all is arguments.
func (in *Instruction) readFlags() {
	at := in.Args
	var flags []edit.Span
	for {
		w := in.NextWord(at)
		if !strings.HasPrefix(in.Text[w.Start:w.End], "--") {
			break
		}
		at = w.End
		if in.Text[w.Start:w.End] == "--" {
			break
		}
		flags = append(flags, w)
	}
	if len(flags) != len(in.node.Flags) {
		return
	}
	for i, w := range flags {
		if in.unquote(w).Text != in.node.Flags[i] {
			return
		}
	}
	in.Flags, in.Args = flags, at
}

// Flag returns the flag at w without quotes and escapes, mapped to the file.
func (in *Instruction) Flag(w edit.Span) Fragment {
	f := in.unquote(w)
	f.Map = f.Map.Compose(in.Map)
	return f
}

// unquote returns the word w without quotes and escapes, mapped to in.Text.
func (in *Instruction) unquote(w edit.Span) Fragment {
	var out Fragment
	var quote byte
	for i := w.Start; i < w.End; i++ {
		switch c := in.Text[i]; {
		case c == in.escape:
			if i++; i < w.End {
				out.grow(in.Text, i, i+1)
			}
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote != 0 && c == quote:
			quote = 0
		default:
			out.grow(in.Text, i, i+1)
		}
	}
	return out
}

// Parts returns the parts of the word w, mapped to the file, as BuildKit's
// shell lexer reads it: without quotes and escapes, split at variables. It is
// nil for a word that is too long.
// Source: github.com/moby/buildkit, frontend/dockerfile/shell/lex.go
func (in *Instruction) Parts(w edit.Span) []Part {
	if w.Len() > MaxWord {
		return nil
	}
	l := &wordLexer{text: in.Text, at: w.Start, end: w.End, escape: in.escape}
	return compose(l.parts(0), in.Map)
}

// compose returns parts, which are mapped to the text of an instruction, with
// maps to the file.
func compose(parts []Part, m edit.Map) []Part {
	for i := range parts {
		parts[i].Map = parts[i].Map.Compose(m)
		parts[i].Default = compose(parts[i].Default, m)
	}
	return parts
}

// A wordLexer splits the bytes [at, end) of text at variables.
type wordLexer struct {
	text    string
	at, end int
	escape  byte

	quote   byte // the quote around the next byte, 0 outside of quotes
	literal Fragment
	out     []Part
}

// parts reads all bytes. depth is the number of defaults around them.
func (l *wordLexer) parts(depth int) []Part {
	for l.at < l.end {
		c := l.text[l.at]
		switch {
		case l.quote == '\'' && c != '\'':
			l.copy()
		case l.quote == 0 && (c == '"' || c == '\''):
			l.quote = c
			l.at++
		case l.quote != 0 && c == l.quote:
			l.quote = 0
			l.at++
		case c == l.escape && l.at+1 < l.end:
			l.escaped()
		case c == '$' && l.at+1 < l.end:
			if p, ok := l.variable(depth); ok {
				l.flush()
				l.out = append(l.out, p)
			} else {
				l.copy()
			}
		default:
			l.copy()
		}
	}
	l.flush()
	return l.out
}

// copy adds the next byte to the literal.
func (l *wordLexer) copy() {
	l.literal.grow(l.text, l.at, l.at+1)
	l.at++
}

// flush ends the literal.
func (l *wordLexer) flush() {
	if l.literal.Text != "" {
		l.out = append(l.out, Part{Fragment: l.literal})
		l.literal = Fragment{}
	}
}

// escaped reads the escape and the byte after it. In double quotes an escape
// stays in the text unless a quote, a dollar or an escape follows.
func (l *wordLexer) escaped() {
	if next := l.text[l.at+1]; l.quote == '"' && next != '"' && next != '$' && next != l.escape {
		l.copy()
		return
	}
	l.at++
	l.copy()
}

// variable reads the variable at l.at: `$NAME`, `${NAME}` or
// `${NAME:-default}`. For the other forms of ${…} it returns a part whose name
// no variable has.
func (l *wordLexer) variable(depth int) (Part, bool) {
	start := l.at
	if l.text[start+1] != '{' {
		end := nameEnd(l.text[:l.end], start+1)
		if end == start+1 {
			return Part{}, false
		}
		l.at = end
		p := Part{Name: l.text[start+1 : end]}
		p.grow(l.text, start, end)
		return p, true
	}
	end := ClosingBrace(l.text[:l.end], start+2)
	if end < 0 || depth > MaxNested {
		return Part{}, false
	}
	name := nameEnd(l.text[:end], start+2)
	p := Part{Name: l.text[start+2 : name]}
	p.grow(l.text, start, end+1)
	switch op := l.text[name:end]; {
	case op == "":
	case strings.HasPrefix(op, ":-"), strings.HasPrefix(op, "-"):
		inner := &wordLexer{text: l.text, at: name + 1 + strings.IndexByte(op, '-'), end: end, escape: l.escape}
		p.Default = inner.parts(depth + 1)
	case strings.HasPrefix(op, ":?"), strings.HasPrefix(op, "?"):
	default:
		p.Name = "?"
	}
	l.at = end + 1
	return p, true
}

// nameEnd returns the end of the name of a variable that begins at from.
func nameEnd(text string, from int) int {
	for from < len(text) && IsNameByte(text[from]) {
		from++
	}
	return from
}

// ClosingBrace returns the offset of the brace that closes the one in front of
// from, or -1 if none of the next MaxWord bytes does.
func ClosingBrace(text string, from int) int {
	depth := 1
	for i := from; i < min(len(text), from+MaxWord); i++ {
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

// IsNameByte reports whether the name of a variable may contain c.
func IsNameByte(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
