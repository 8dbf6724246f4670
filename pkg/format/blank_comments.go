package format

import "bytes"

// blankComments are functions that return a copy of a source with blanks in place of
// comments, by the syntax of the comments. Line breaks stay.
var blankComments = map[string]func(src []byte) []byte{"hash": blankHash, "slashes": blankSlashes, "jsonnet": blankJsonnet}

// blankHash blanks comments from # to the end of the line. A comment begins a line, or
// follows a blank.
func blankHash(src []byte) []byte {
	out := bytes.Clone(src)
	for i := range out {
		if out[i] == '#' && (i == 0 || isBlank(out[i-1]) || out[i-1] == '\n') {
			blank(out[i:], "\n")
		}
	}
	return out
}

// blankSlashes blanks the comments of Groovy, the text in three quotes, and quotes inside
// of other quotes.
// Source: https://groovy-lang.org/syntax.html
func blankSlashes(src []byte) []byte { return blankQuoted(src, false) }

// blankJsonnet blanks the comments of Jsonnet: those of Groovy, and from # to the end of
// the line.
// Source: https://jsonnet.org/ref/spec.html#lexing
func blankJsonnet(src []byte) []byte { return blankQuoted(src, true) }

// blankQuoted is blankSlashes, or blankJsonnet if hash is true.
func blankQuoted(src []byte, hash bool) []byte {
	out := bytes.Clone(src)
	for i := 0; i < len(out); {
		rest := out[i:]
		switch {
		case bytes.HasPrefix(rest, []byte("//")) || hash && rest[0] == '#':
			i += blank(rest, "\n")
		case bytes.HasPrefix(rest, []byte("/*")):
			i += 2 + blank(rest[2:], "*/")
		case bytes.HasPrefix(rest, []byte("'''")):
			i += 3 + blank(rest[3:], "'''") + 3
		case bytes.HasPrefix(rest, []byte(`"""`)):
			i += 3 + blank(rest[3:], `"""`) + 3
		case rest[0] == '\'' || rest[0] == '"':
			n := quotedLen(rest)
			for k := 1; k+1 < n; k++ {
				if rest[k] == '\'' || rest[k] == '"' {
					rest[k] = ' '
				}
			}
			i += n
		default:
			i++
		}
	}
	return out
}

// blank replaces the bytes of text before end by blanks, and returns their number. Line
// breaks stay.
func blank(text []byte, end string) int {
	n := bytes.Index(text, []byte(end))
	if n < 0 {
		n = len(text)
	}
	for i := range n {
		if text[i] != '\n' && text[i] != '\r' {
			text[i] = ' '
		}
	}
	return n
}

// quotedLen returns the length of the text in quotes at the start of src, with its
// quotes. A line break ends it.
func quotedLen(src []byte) int {
	for i := 1; i < len(src); i++ {
		switch src[i] {
		case '\\':
			i++
		case src[0], '\n':
			return i + 1
		}
	}
	return len(src)
}
