package edit

import (
	"bytes"
	"sort"
	"unicode/utf8"
)

// bom is the byte order mark of UTF-8, which is not text at the start of a file.
const bom = "\uFEFF"

// Lines turns byte offsets of a text into lines and columns. It computes its
// table on first use. It keeps a cursor between calls, so that looking up
// ascending positions costs one pass over the text, even if the text is one
// long line. Because of the cursor, only one goroutine may use it at a time.
//
// A line ends at "\n" and at nothing else. A text that ends in "\n" has a
// last line that is empty; an empty text has one line.
type Lines struct {
	src    []byte
	starts []int // offset of each line's first byte; nil until first used

	// The cursor: column col (1-based) of line (0-based) begins at offset at.
	line, at, col int
}

// NewLines returns the line table of src, which must not change while the
// table is in use.
func NewLines(src []byte) *Lines { return &Lines{src: src} }

// Position returns the 1-based line and column of a 0-based byte offset. A
// column counts code points; each byte that is not part of a valid code point
// counts as one. An offset inside a code point has the position of that code
// point. A byte order mark at offset 0 counts no column. An offset below 0
// means 0, an offset after the text means its end.
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

// LineSpan returns the byte range of a 1-based line, including its "\n" if it
// has one. The spans of all lines together are the whole text. A line before
// the first has an empty span at 0, a line after the last an empty span at the
// end.
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

// index returns the 0-based line of the byte at offset. For offset = length of
// the text it returns the last line.
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
