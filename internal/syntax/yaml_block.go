package syntax

import "strings"

// block decodes a block scalar, from its | or >. The token ends after the line
// break of its last line of text. If a + keeps the line breaks that follow, the
// token ends after the last of them.
func (t *yamlToken) block() {
	if t.at >= len(t.src) {
		t.ok = false
		return
	}
	t.literal = t.src[t.at] == '|'
	body, chomp := t.blockHeader()
	indent, hasText := t.blockIndent(body)
	if !t.ok {
		return
	}
	lastBreak, end := -1, body
	if hasText {
		lastBreak, end = t.blockLines(body, indent)
	}
	if chomp != '-' && lastBreak >= 0 {
		t.lineBreak(lastBreak)
	}
	if chomp == '+' {
		end = t.keptBreaks(end)
	}
	t.at = end
}

// blockLines decodes the lines of text of a block scalar without the line break
// of the last one. It returns the offset of this line break, or -1 if the source
// ends without one, and the offset after it.
func (t *yamlToken) blockLines(body, indent int) (lastBreak, end int) {
	lastBreak = -1
	end = body              // the empty lines before the current line begin here
	previousIsMore := false // the previous line is indented more than the block
	for t.ok {
		line := t.skipEmptyLines(end, indent)
		start := line + indent
		if !t.hasTextAt(line, indent) {
			break
		}
		isMore := isYAMLBlank(t.src[start])
		switch {
		case lastBreak < 0:
		case !t.literal && !previousIsMore && !isMore && t.src[lastBreak] != 0xE2:
			if t.lineBreaks(end, line, false) == 0 {
				t.addDecoded(" ")
			}
		default:
			t.lineBreak(lastBreak)
		}
		t.lineBreaks(end, line, true)
		previousIsMore = isMore
		t.at = start
		textEnd := yamlLineEnd(t.src, start)
		t.copyBytes(textEnd - start)
		lastBreak, end = -1, textEnd
		if n := yamlBreak(t.src, textEnd); n > 0 {
			lastBreak, end = textEnd, textEnd+n
		}
	}
	return lastBreak, end
}

// keptBreaks decodes the empty lines at src[at] that are part of the value, and
// returns the offset after them.
func (t *yamlToken) keptBreaks(at int) int {
	for at < len(t.src) && t.dec < len(t.value) && t.ok {
		next := at + t.countSpaces(at)
		n := yamlBreak(t.src, next)
		if n == 0 {
			break
		}
		t.lineBreak(next)
		at = next + n
	}
	return at
}

// blockHeader returns where the first line of the body begins, and the chomping
// indicator (+ or -), or 0.
func (t *yamlToken) blockHeader() (body int, chomp byte) {
	i := t.at + 1
	for ; i < len(t.src); i++ {
		if c := t.src[i]; c == '+' || c == '-' {
			chomp = c
		} else if c < '1' || c > '9' {
			break
		}
	}
	i = yamlLineEnd(t.src, i) // skips blanks and a comment
	return i + yamlBreak(t.src, i), chomp
}

// blockIndent returns the indentation of the body that begins at src[at], and
// whether it has a line of text. YAML defines the indentation relative to the
// parent, which a token does not have. But the value shows how many empty lines
// precede the first line of text, and how many of its spaces are not
// indentation.
func (t *yamlToken) blockIndent(at int) (indent int, hasText bool) {
	rest := t.value
	for rest != "" {
		switch {
		case rest[0] == '\n':
			rest = rest[1:]
		case strings.HasPrefix(rest, "\u2028"), strings.HasPrefix(rest, "\u2029"):
			rest = rest[3:]
		default:
			spaces := t.countSpaces(t.lineAfter(at, t.value[:len(t.value)-len(rest)]))
			indent = spaces - (len(rest) - len(strings.TrimLeft(rest, " ")))
			t.ok = t.ok && indent > 0
			return indent, true
		}
	}
	return 0, false
}

// lineAfter returns the start of the line that is n lines after src[at], where n
// is the number of line breaks in breaks.
func (t *yamlToken) lineAfter(at int, breaks string) int {
	for range breaks { // LS, PS and LF are one code point each
		at = yamlLineEnd(t.src, at)
		at += yamlBreak(t.src, at)
	}
	return at
}

// countSpaces counts the spaces at src[at].
func (t *yamlToken) countSpaces(at int) int {
	n := 0
	for at+n < len(t.src) && t.src[at+n] == ' ' {
		n++
	}
	return n
}

// skipEmptyLines returns the start of the first line at or after src[at] that has
// more than indentation.
func (t *yamlToken) skipEmptyLines(at, indent int) int {
	for {
		i := at + min(t.countSpaces(at), indent)
		n := yamlBreak(t.src, i)
		if n == 0 {
			return at
		}
		at = i + n
	}
}

// hasTextAt reports whether the line has the indentation and text after it.
func (t *yamlToken) hasTextAt(line, indent int) bool {
	return line+indent < len(t.src) && t.countSpaces(line) >= indent
}
