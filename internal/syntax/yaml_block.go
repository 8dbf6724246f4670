package syntax

import "strings"

// block decodes a block scalar, from its | or >. It ends behind the line
// break of its last line of text, or, where a + keeps them, behind the last
// of the line breaks that follow.
func (t *yamlToken) block() {
	if t.at >= len(t.src) {
		t.ok = false
		return
	}
	t.literal = t.src[t.at] == '|'
	at, chomp := t.blockHeader()
	indent, text := t.blockIndent(at)
	if !t.ok {
		return
	}
	last := -1 // the line break that ends the last line of text
	wasBlank := false
	blanks := at // the empty lines before the current line begin here
	for text && t.ok {
		line := t.emptyLines(blanks, indent)
		start := line + indent
		if !t.indented(line, indent) {
			break
		}
		isBlank := isYAMLBlank(t.src[start])
		switch {
		case last < 0:
		case !t.literal && !wasBlank && !isBlank && t.src[last] != 0xE2:
			if t.lineBreaks(blanks, line, false) == 0 {
				t.addDecoded(" ")
			}
		default:
			t.lineBreak(last)
		}
		t.lineBreaks(blanks, line, true)
		wasBlank = isBlank
		t.at = start
		end := yamlLineEnd(t.src, start)
		t.copyBytes(end - start)
		last, blanks = -1, end
		if n := yamlBreak(t.src, end); n > 0 {
			last, blanks = end, end+n
		}
	}
	if chomp != '-' && last >= 0 {
		t.lineBreak(last)
	}
	t.at = blanks
	if chomp == '+' {
		end := blanks
		for end < len(t.src) && t.dec < len(t.value) && t.ok {
			next := end
			for next < len(t.src) && t.src[next] == ' ' {
				next++
			}
			n := yamlBreak(t.src, next)
			if n == 0 {
				break
			}
			t.lineBreak(next)
			end = next + n
		}
		t.at = end
	}
}

// blockHeader returns where the first line of the body begins, and the
// indicator that says what becomes of the last line breaks, 0 for none.
func (t *yamlToken) blockHeader() (body int, chomp byte) {
	i := t.at + 1
	for ; i < len(t.src); i++ {
		if c := t.src[i]; c == '+' || c == '-' {
			chomp = c
		} else if c < '1' || c > '9' {
			break
		}
	}
	i = yamlLineEnd(t.src, i) // blanks and a comment
	return i + yamlBreak(t.src, i), chomp
}

// blockIndent returns the indentation of the body that begins at src[at], and
// whether it has a line of text at all. Indentation is relative to the
// parent's, which a token does not know; but the value says how many empty
// lines come first, and how many of the blanks of the first line of text are
// indentation.
func (t *yamlToken) blockIndent(at int) (indent int, text bool) {
	rest := t.value
	for rest != "" {
		switch {
		case rest[0] == '\n':
			rest = rest[1:]
		case strings.HasPrefix(rest, "\u2028"), strings.HasPrefix(rest, "\u2029"):
			rest = rest[3:]
		default:
			spaces := t.spaces(t.lineAfter(at, t.value[:len(t.value)-len(rest)]))
			indent = spaces - (len(rest) - len(strings.TrimLeft(rest, " ")))
			t.ok = t.ok && indent > 0
			return indent, true
		}
	}
	return 0, false
}

// lineAfter returns the start of the line behind as many as breaks has.
func (t *yamlToken) lineAfter(at int, breaks string) int {
	for range breaks { // LS and PS are one code point as LF is
		at = yamlLineEnd(t.src, at)
		at += yamlBreak(t.src, at)
	}
	return at
}

// spaces counts the spaces at src[at].
func (t *yamlToken) spaces(at int) int {
	n := 0
	for at+n < len(t.src) && t.src[at+n] == ' ' {
		n++
	}
	return n
}

// emptyLines returns the start of the first line at or behind the one at
// src[at] that has more than indentation.
func (t *yamlToken) emptyLines(at, indent int) int {
	for {
		i := at + min(t.spaces(at), indent)
		n := yamlBreak(t.src, i)
		if n == 0 {
			return at
		}
		at = i + n
	}
}

// indented reports whether text follows the indentation of the line.
func (t *yamlToken) indented(line, indent int) bool {
	return line+indent < len(t.src) && t.spaces(line) >= indent
}
