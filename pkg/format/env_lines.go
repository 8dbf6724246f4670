package format

import (
	"bytes"
	"sort"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// An envKind is what a line is.
type envKind uint8

const (
	envBlank envKind = iota
	envComment
	envSection
	envPair
	envOther
)

// An envLine is a line, or several that a backslash at the end of each joins.
type envLine struct {
	kind    envKind
	span    edit.Span    // with its end of line
	key     edit.Span    // of a pair; the name of a section
	value   *syntax.Node // of a pair
	comment int          // where a comment behind a value begins, 0 when there is none
}

// An envFile is a file as lines and as a tree: the pairs, and for each section
// a mapping of its pairs.
type envFile struct {
	root  *syntax.Node
	lines []envLine
}

// lineAt returns the line that holds the byte at offset.
func (f *envFile) lineAt(offset int) envLine {
	i := sort.Search(len(f.lines), func(i int) bool { return f.lines[i].span.End > offset })
	if i == len(f.lines) {
		return envLine{kind: envOther}
	}
	return f.lines[i]
}

// betweenLines reports whether the mark m stands in a comment between the
// lines of one value.
func (f *envFile) betweenLines(src []byte, m edit.Span) bool {
	l := f.lineAt(m.Start)
	if l.kind != envPair || !l.value.Span.Contains(m) {
		return false
	}
	if _, _, ok := l.value.Map.Decoded(m); ok {
		return false
	}
	start := bytes.LastIndexByte(src[:m.Start], '\n') + 1
	line := trimmed(src, edit.Span{Start: start, End: m.End})
	return src[line.Start] == '#' || src[line.Start] == ';'
}

func readEnv(src []byte, d dialect) *envFile {
	root := &syntax.Node{Kind: syntax.Mapping, Tag: "!!map"}
	f := &envFile{root: root}
	section := root
	spans := lineSpans(src)
	for i := 0; i < len(spans); i++ {
		l := envLine{span: spans[i]}
		start := l.span.Start
		if i == 0 && bytes.HasPrefix(src, []byte("\uFEFF")) {
			start += len("\uFEFF")
		}
		text := trimmed(src, edit.Span{Start: start, End: l.span.End})
		switch line := string(src[text.Start:text.End]); {
		case line == "":
		case line[0] == '#' || line[0] == ';' && d >= ini || line[0] == '!' && d == properties:
			l.kind = envComment
		case d >= ini && line[0] == '[' && strings.HasSuffix(line, "]"):
			l.kind = envSection
			l.key = edit.Span{Start: text.Start + 1, End: text.End - 1}
			section = &syntax.Node{Kind: syntax.Mapping, Tag: "!!map"}
			root.Children = append(root.Children, name(src, l.key), section)
		default:
			from := pairKey(src, text, &l, d)
			if from < 0 {
				l.kind = envOther
				break
			}
			l.kind = envPair
			l.value, i = f.value(src, spans, i, from, &l, d)
			l.span.End = spans[i].End
			section.Children = append(section.Children, name(src, l.key), l.value)
		}
		f.lines = append(f.lines, l)
	}
	return f
}

// name returns the node of a name: without a span, so that it is looked up in
// its line when somebody asks what stands there.
func name(src []byte, s edit.Span) *syntax.Node {
	return &syntax.Node{Kind: syntax.Scalar, Tag: "!!str", Value: string(src[s.Start:s.End])}
}

// trimmed returns s without blanks and ends of line at either end.
func trimmed(src []byte, s edit.Span) edit.Span {
	for s.Start < s.End && isBlank(src[s.Start]) {
		s.Start++
	}
	for s.End > s.Start && isBlank(src[s.End-1]) {
		s.End--
	}
	return s
}

// pairKey finds the name that the line at text gives a value to, and returns
// where the value begins, -1 when the line is none of that form.
func pairKey(src []byte, text edit.Span, l *envLine, d dialect) int {
	at := text.Start
	if d == dotenv && bytes.HasPrefix(src[at:text.End], []byte("export ")) {
		at += len("export ")
		for at < text.End && isBlank(src[at]) {
			at++
		}
	}
	l.key.Start = at
	for at < text.End && (isNameByte(src[at]) || src[at] == '-' || src[at] == '.' || src[at] == '/' && d == properties) {
		at++
	}
	l.key.End = at
	for at < text.End && (src[at] == ' ' || src[at] == '\t') {
		at++
	}
	if l.key.Len() == 0 || at == text.End || src[at] != '=' && (src[at] != ':' || d != properties) {
		l.key = edit.Span{}
		return -1
	}
	return at + 1
}

// value reads the value that begins at from on line i, and returns the index
// of its last line.
func (f *envFile) value(src []byte, spans []edit.Span, i, from int, l *envLine, d dialect) (*syntax.Node, int) {
	v := trimmed(src, edit.Span{Start: from, End: spans[i].End})
	n := &syntax.Node{Kind: syntax.Scalar, Tag: "!!str"}
	if d == unit || d == properties {
		return n, joinLines(src, spans, i, v, n, d)
	}
	if q := v.Start; v.Len() > 0 && (src[q] == '"' || src[q] == '\'') {
		end := bytes.IndexByte(src[q+1:v.End], src[q])
		rest := bytes.TrimLeft(src[min(q+end+2, v.End):v.End], " \t")
		if end >= 0 && (len(rest) == 0 || isEnvComment(rest[0], d)) && bytes.IndexByte(src[q:q+1+end], '\\') < 0 {
			if len(rest) > 0 {
				l.comment = v.End - len(rest)
			}
			v = edit.Span{Start: q + 1, End: q + 1 + end}
			n.Style = syntax.DoubleQuoted
		}
	} else {
		for at := v.Start + 1; at < v.End; at++ {
			if isEnvComment(src[at], d) && (src[at-1] == ' ' || src[at-1] == '\t') {
				l.comment = at
				v = trimmed(src, edit.Span{Start: v.Start, End: at})
				break
			}
		}
	}
	n.Value, n.Span, n.Map = string(src[v.Start:v.End]), v, edit.Identity(v.Start, v.Len())
	return n, i
}

func isEnvComment(c byte, d dialect) bool { return c == '#' || c == ';' && d == ini }

// joinLines makes n the value at v and on the lines that follow as long as
// one ends in a backslash, which stands for a blank. systemd leaves comments
// between them out. It returns the index of the last line.
// Source: https://www.freedesktop.org/software/systemd/man/latest/systemd.syntax.html
func joinLines(src []byte, spans []edit.Span, i int, v edit.Span, n *syntax.Node, d dialect) int {
	var b strings.Builder
	n.Span = v
	for {
		more := v.Len() > 0 && src[v.End-1] == '\\' && i+1 < len(spans)
		if more {
			v.End--
		}
		if v.Len() > 0 {
			n.Map = append(n.Map, edit.Run{Dec: b.Len(), Src: v.Start, Len: v.Len()})
			b.Write(src[v.Start:v.End])
			n.Span.End = v.End
		}
		if !more {
			break
		}
		if d == unit {
			b.WriteByte(' ')
		}
		for i++; i+1 < len(spans) && d == unit; i++ {
			if next := trimmed(src, spans[i]); next.Len() == 0 || src[next.Start] != '#' && src[next.Start] != ';' {
				break
			}
		}
		v = trimmed(src, spans[i])
	}
	n.Value = b.String()
	return i
}
