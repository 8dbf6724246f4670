package edit

import (
	"bytes"
	"sort"
	"unicode/utf8"
)

// bom is the byte order mark of UTF-8, which is no text at the start of a file.
const bom = "\uFEFF"

// Lines turns byte offsets of a text into lines and columns. Its table is made
// when it is first asked. It keeps a cursor between calls, so that positions
// asked for in ascending order cost one pass over the text, even if all of it
// is one line; it must therefore not be used by two goroutines at once.
//
// A line ends at "\n" and at nothing else. A text that ends in "\n" has one
// more line, which is empty; an empty text has one line.
type Lines struct {
	src    []byte
	starts []int // offset of each line's first byte; nil until first used

	// The cursor: column col, 1-based, of 0-based line begins at offset at.
	line, at, col int
}

// NewLines returns the line table of src, which must not change while the
// table is in use.
func NewLines(src []byte) *Lines { return &Lines{src: src} }

// Position returns the line and column, both 1-based, of a byte offset,
// 0-based. A column counts code points, and each byte that is not part of a
// valid one counts one. Within a code point the position is that of the code
// point. A BOM at offset 0 counts no column. An offset below 0 is taken as 0,
// one beyond the text as its end.
func (l *Lines) Position(offset int) (line, col int) {
	offset = min(max(offset, 0), len(l.src))
	i := l.index(offset)
	if i != l.line || offset < l.at || l.col == 0 {
		l.line, l.at, l.col = i, l.starts[i], 1
		if i == 0 && bytes.HasPrefix(l.src, []byte(bom)) {
			l.at = len(bom)
		}
	}
	for l.at < offset {
		_, n := utf8.DecodeRune(l.src[l.at:])
		if l.at+n > offset {
			break
		}
		l.at += n
		l.col++
	}
	return i + 1, l.col
}

// LineSpan returns the bytes of a line, 1-based, its "\n" included if it has
// one: the spans of all lines, one after the other, are the text. For a line
// before the first it is empty at 0, for one after the last empty at the end.
func (l *Lines) LineSpan(line int) Span {
	starts := l.table()
	switch {
	case line < 1:
		return Span{}
	case line > len(starts):
		return Span{len(l.src), len(l.src)}
	case line == len(starts):
		return Span{starts[line-1], len(l.src)}
	}
	return Span{starts[line-1], starts[line]}
}

// index returns the 0-based line that holds the byte at offset, for the
// length of the text the last line.
func (l *Lines) index(offset int) int {
	starts := l.table()
	if l.line+1 < len(starts) && starts[l.line] <= offset && offset < starts[l.line+1] {
		return l.line
	}
	return sort.SearchInts(starts, offset+1) - 1
}

func (l *Lines) table() []int {
	if l.starts == nil {
		l.starts = append(make([]int, 0, 1+bytes.Count(l.src, []byte("\n"))), 0)
		for at := 0; ; {
			i := bytes.IndexByte(l.src[at:], '\n')
			if i < 0 {
				break
			}
			at += i + 1
			l.starts = append(l.starts, at)
		}
	}
	return l.starts
}
