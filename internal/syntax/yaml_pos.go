package syntax

import (
	"bytes"
	"unicode/utf8"
)

// yamlBreak returns the size of the line break at src[i], or 0. The line breaks
// are those of YAML 1.1, as in the decoder: LF, CR, CRLF, NEL, LS and PS.
func yamlBreak(src []byte, i int) int {
	switch rest := src[i:]; {
	case len(rest) == 0:
		return 0
	case rest[0] == '\n':
		return 1
	case rest[0] == '\r':
		if len(rest) > 1 && rest[1] == '\n' {
			return 2
		}
		return 1
	case rest[0] == 0xC2 && len(rest) > 1 && rest[1] == 0x85:
		return 2
	case rest[0] == 0xE2 && len(rest) > 2 && rest[1] == 0x80 && (rest[2] == 0xA8 || rest[2] == 0xA9):
		return 3
	}
	return 0
}

func isYAMLBlank(c byte) bool { return c == ' ' || c == '\t' }

// yamlLineEnd returns the offset of the line break at the end of the line of
// src[i], or len(src).
func yamlLineEnd(src []byte, i int) int {
	for ; i < len(src); i++ {
		switch src[i] {
		case '\n', '\r', 0xC2, 0xE2:
			if yamlBreak(src, i) > 0 {
				return i
			}
		}
	}
	return i
}

// yamlLines converts lines and columns of the decoder to byte offsets. The decoder
// counts both from 1. Its lines end at the line breaks of yamlBreak, its columns
// count code points, and it does not count a byte order mark at the start.
type yamlLines struct {
	src    []byte
	starts []int // offset of the first byte of each line
	ascii  bool

	// A cursor: counting code points from the start of the line for every node
	// would take quadratic time for a file with one long line.
	line, col, off int
}

func newYAMLLines(src []byte) *yamlLines {
	first := 0
	if bytes.HasPrefix(src, utf8BOM) {
		first = len(utf8BOM)
	}
	l := &yamlLines{src: src, starts: []int{first}, ascii: isASCII(src[first:]), line: 1, col: 1, off: first}
	if l.ascii && bytes.IndexByte(src, '\r') < 0 {
		for i := first; ; {
			n := bytes.IndexByte(src[i:], '\n')
			if n < 0 {
				return l
			}
			i += n + 1
			l.starts = append(l.starts, i)
		}
	}
	for i := yamlLineEnd(src, first); i < len(src); i = yamlLineEnd(src, i) {
		i += yamlBreak(src, i)
		l.starts = append(l.starts, i)
	}
	return l
}

// offset returns the byte offset of a line and column of the decoder, or false if
// src has no such position.
func (l *yamlLines) offset(line, col int) (int, bool) {
	if line < 1 || line > len(l.starts) || col < 1 {
		return 0, false
	}
	start := l.starts[line-1]
	if l.ascii {
		return start + col - 1, start+col-1 <= len(l.src)
	}
	if line != l.line || col < l.col {
		l.line, l.col, l.off = line, 1, start
	}
	for l.col < col {
		if l.off >= len(l.src) {
			return 0, false
		}
		_, size := utf8.DecodeRune(l.src[l.off:])
		l.off += size
		l.col++
	}
	return l.off, true
}

func isASCII(src []byte) bool {
	for _, c := range src {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
