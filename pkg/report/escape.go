package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// escape returns s as a terminal may show it: what moves the cursor, starts a
// sequence, turns the direction of writing or cannot be seen is spelled out,
// as \n, \x1b, \u202e or \U000e0001, and so is a byte that is not UTF-8, as
// \xff. A backslash stays as it is, for patterns are full of them: escape is
// for reading, and cannot be undone.
//
// What it spells out are the categories Cc, Cf, Zl and Zp of Unicode. The
// attack that makes Cf a matter of safety is CVE-2021-42574.
func escape(s string) string { return escapeExcept(s, -1) }

// EscapeText returns text that others wrote, such as an error with what a server
// said in it, as a terminal may show it: as in all reports, with its line ends.
func EscapeText(text string) string { return escapeExcept(text, '\n') }

// escapeExcept is escape, but leaves the rune but alone.
func escapeExcept(s string, but rune) string {
	clean := true
	for i, r := range s {
		if isUnsafe(r) && r != but || r == utf8.RuneError && startsInvalid(s[i:]) {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && startsInvalid(s[i:]):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == but || !isUnsafe(r):
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < utf8.RuneSelf:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r <= 0xFFFF:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	return b.String()
}

func isUnsafe(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) }

// startsInvalid reports whether s begins with a byte that is not UTF-8, where a
// range over a string gives the same rune as for a U+FFFD that is there.
func startsInvalid(s string) bool {
	_, n := utf8.DecodeRuneInString(s)
	return n == 1
}
