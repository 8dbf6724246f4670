// Package envfile reads files of lines NAME=VALUE as a tree whose values have
// byte positions: environments, Java properties, INI files and systemd units.
//
// [Parse] returns the lines and the tree, and [Verify] checks that edits change
// nothing but the text of values and comments. Positions are byte offsets,
// 0-based; a range is half-open. The package has no notion of image
// references.
package envfile

import (
	"bytes"
	"sort"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A Dialect is a form of lines NAME=VALUE.
type Dialect uint8

// The dialects.
const (
	None       Dialect = iota // no such lines
	Dotenv                    // a value may have quotes, and a comment after it
	Properties                // name=value or name: value; quotes belong to the value; ! begins a comment too
	INI                       // the same as Dotenv, and [sections]; ; begins a comment too
	Unit                      // of systemd: [sections]; quotes belong to the value, which has no comment after it; ; begins a comment too
)

// hasSections reports whether files of the dialect have [sections].
func (d Dialect) hasSections() bool { return d == INI || d == Unit }

// beginsComment reports whether a line that begins with c is a comment.
func (d Dialect) beginsComment(c byte) bool {
	return c == '#' || c == ';' && d.hasSections() || c == '!' && d == Properties
}

// beginsTrailingComment reports whether c, after a blank, begins a comment
// after a value.
func (d Dialect) beginsTrailingComment(c byte) bool { return c == '#' || c == ';' && d == INI }

// A Kind is the kind of a line.
type Kind uint8

// The kinds of lines.
const (
	Blank Kind = iota
	Comment
	Section // [Name]
	Pair    // NAME=VALUE
	Other
)

// A Line is a line of the file, or the lines of one value that backslashes at
// their ends join.
type Line struct {
	Kind         Kind
	Span         edit.Span    // with the line break
	Key          edit.Span    // the name of a pair or of a section
	Value        *syntax.Node // of a pair
	CommentStart int          // the offset of the comment after a value, or 0
}

// A File is a file of lines NAME=VALUE.
type File struct {
	// Root is the tree: a mapping of the pairs in front of the first section,
	// and of a mapping for each section. Keys have no span; Lines has theirs.
	Root  *syntax.Node
	Lines []Line

	src []byte
}

// LineAt returns the line that contains the byte at offset.
func (f *File) LineAt(offset int) Line {
	i := sort.Search(len(f.Lines), func(i int) bool { return f.Lines[i].Span.End > offset })
	if i == len(f.Lines) {
		return Line{Kind: Other}
	}
	return f.Lines[i]
}

// InInnerComment reports whether s is in a comment between the lines of one
// value, which systemd ignores.
func (f *File) InInnerComment(s edit.Span) bool {
	l := f.LineAt(s.Start)
	if l.Kind != Pair || !l.Value.Span.Contains(s) {
		return false
	}
	if _, _, ok := l.Value.Map.Decoded(s); ok {
		return false
	}
	start := bytes.LastIndexByte(f.src[:s.Start], '\n') + 1
	line := trim(f.src, edit.Span{Start: start, End: s.End})
	return f.src[line.Start] == '#' || f.src[line.Start] == ';'
}

// Parse reads src, with or without a byte order mark at its start. It accepts
// every text: a line that the dialect does not have is of the kind [Other].
func Parse(src []byte, d Dialect) *File {
	root := &syntax.Node{Kind: syntax.Mapping, Tag: "!!map"}
	p := &parser{src: src, dialect: d, lines: edit.LineSpans(src)}
	f := &File{Root: root, src: src}
	section := root
	for p.next < len(p.lines) {
		l := p.line()
		switch l.Kind {
		case Section:
			section = &syntax.Node{Kind: syntax.Mapping, Tag: "!!map"}
			root.Children = append(root.Children, p.name(l.Key), section)
		case Pair:
			section.Children = append(section.Children, p.name(l.Key), l.Value)
		}
		f.Lines = append(f.Lines, l)
	}
	return f
}

// A parser reads a file line by line.
type parser struct {
	src     []byte
	dialect Dialect
	lines   []edit.Span
	next    int // the index of the first line that is not read yet
}

// line reads one line, or the lines of one value.
func (p *parser) line() Line {
	l := Line{Span: p.lines[p.next]}
	start := l.Span.Start
	if p.next == 0 && bytes.HasPrefix(p.src, []byte("\uFEFF")) {
		start += len("\uFEFF")
	}
	p.next++
	text := trim(p.src, edit.Span{Start: start, End: l.Span.End})
	switch line := p.src[text.Start:text.End]; {
	case len(line) == 0:
	case p.dialect.beginsComment(line[0]):
		l.Kind = Comment
	case p.dialect.hasSections() && line[0] == '[' && line[len(line)-1] == ']':
		l.Kind = Section
		l.Key = edit.Span{Start: text.Start + 1, End: text.End - 1}
	default:
		key, value, ok := p.splitPair(text)
		if !ok {
			l.Kind = Other
			break
		}
		l.Kind, l.Key = Pair, key
		p.value(&l, value)
		l.Span.End = p.lines[p.next-1].End
	}
	return l
}

// name returns the node of a key or of a section's name. It has no span.
func (p *parser) name(s edit.Span) *syntax.Node {
	return &syntax.Node{Kind: syntax.Scalar, Tag: "!!str", Value: string(p.src[s.Start:s.End])}
}

// splitPair returns the key of the line text, and the offset at which the
// value begins. It is false if the line is not a pair.
func (p *parser) splitPair(text edit.Span) (key edit.Span, value int, ok bool) {
	src, at := p.src, text.Start
	if p.dialect == Dotenv && bytes.HasPrefix(src[at:text.End], []byte("export ")) {
		at += len("export ")
		for at < text.End && isBlank(src[at]) {
			at++
		}
	}
	key.Start = at
	for at < text.End && p.isKeyByte(src[at]) {
		at++
	}
	key.End = at
	for at < text.End && (src[at] == ' ' || src[at] == '\t') {
		at++
	}
	if key.Len() == 0 || at == text.End || src[at] != '=' && (src[at] != ':' || p.dialect != Properties) {
		return edit.Span{}, 0, false
	}
	return key, at + 1, true
}

func (p *parser) isKeyByte(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' ||
		c == '-' || c == '.' || c == '/' && p.dialect == Properties
}

// value reads the value of l, which begins at offset from of the last line
// read.
func (p *parser) value(l *Line, from int) {
	v := trim(p.src, edit.Span{Start: from, End: p.lines[p.next-1].End})
	l.Value = &syntax.Node{Kind: syntax.Scalar, Tag: "!!str"}
	if p.dialect == Unit || p.dialect == Properties {
		p.joinLines(l.Value, v)
		return
	}
	switch end, ok := p.quoted(v); {
	case ok:
		if rest := trim(p.src, edit.Span{Start: end + 1, End: v.End}); rest.Len() > 0 {
			l.CommentStart = rest.Start
		}
		v = edit.Span{Start: v.Start + 1, End: end}
		l.Value.Style = syntax.DoubleQuoted
	case v.Len() == 0 || p.src[v.Start] != '"' && p.src[v.Start] != '\'':
		if l.CommentStart = p.trailingComment(v); l.CommentStart > 0 {
			v = trim(p.src, edit.Span{Start: v.Start, End: l.CommentStart})
		}
	}
	l.Value.Value, l.Value.Span, l.Value.Map = string(p.src[v.Start:v.End]), v, edit.Identity(v.Start, v.Len())
}

// quoted returns the offset of the quote that ends the value at v. It is false
// unless the value is in quotes, without escapes, and nothing but a comment
// follows.
func (p *parser) quoted(v edit.Span) (int, bool) {
	text := p.src[v.Start:v.End]
	if len(text) == 0 || text[0] != '"' && text[0] != '\'' {
		return 0, false
	}
	n := bytes.IndexByte(text[1:], text[0])
	if n < 0 || bytes.IndexByte(text[:n+1], '\\') >= 0 {
		return 0, false
	}
	rest := bytes.TrimLeft(text[n+2:], " \t")
	if len(rest) > 0 && !p.dialect.beginsTrailingComment(rest[0]) {
		return 0, false
	}
	return v.Start + 1 + n, true
}

// trailingComment returns the offset of the comment after the unquoted value
// at v, or 0.
func (p *parser) trailingComment(v edit.Span) int {
	for at := v.Start + 1; at < v.End; at++ {
		if p.dialect.beginsTrailingComment(p.src[at]) && (p.src[at-1] == ' ' || p.src[at-1] == '\t') {
			return at
		}
	}
	return 0
}

// joinLines sets n to the value at v, and to the lines after it as long as a
// line ends in a backslash. In a unit the backslash stands for a blank, and
// comments between the lines do not count.
// Source: https://www.freedesktop.org/software/systemd/man/latest/systemd.syntax.html
func (p *parser) joinLines(n *syntax.Node, v edit.Span) {
	var b strings.Builder
	n.Span = v
	for {
		more := v.Len() > 0 && p.src[v.End-1] == '\\' && p.next < len(p.lines)
		if more {
			v.End--
		}
		if v.Len() > 0 {
			n.Map = append(n.Map, edit.Run{Dec: b.Len(), Src: v.Start, Len: v.Len()})
			b.Write(p.src[v.Start:v.End])
			n.Span.End = v.End
		}
		if !more {
			break
		}
		if p.dialect == Unit {
			b.WriteByte(' ')
			p.skipInnerComments()
		}
		v = trim(p.src, p.lines[p.next])
		p.next++
	}
	n.Value = b.String()
}

// skipInnerComments skips comments between the lines of a value. The last line
// of the file is never skipped.
func (p *parser) skipInnerComments() {
	for p.next+1 < len(p.lines) {
		line := trim(p.src, p.lines[p.next])
		if line.Len() == 0 || p.src[line.Start] != '#' && p.src[line.Start] != ';' {
			return
		}
		p.next++
	}
}

// trim returns s without blanks and line breaks at both ends.
func trim(src []byte, s edit.Span) edit.Span {
	for s.Start < s.End && isBlank(src[s.Start]) {
		s.Start++
	}
	for s.End > s.Start && isBlank(src[s.End-1]) {
		s.End--
	}
	return s
}

func isBlank(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }
