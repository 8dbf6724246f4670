package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// escape returns s for a terminal. It replaces control characters, characters
// that change the direction of text, and invisible ones with escapes such as
// \n, \x1b, \u202e or \U000e0001, and bytes that are not UTF-8 with \xff. It does
// not escape the backslash, which is frequent in patterns, so that the result
// is for reading and cannot be undone.
//
// The replaced characters are those of the Unicode categories Cc, Cf, Zl and
// Zp. Cf is dangerous because of CVE-2021-42574.
func escape(s string) string { return escapeExcept(s, -1) }

// EscapeText returns text from outside, such as an error that quotes a server's
// response, for a terminal. It escapes as all reports do, but keeps line feeds.
func EscapeText(text string) string { return escapeExcept(text, '\n') }

// escapeExcept is like escape, but does not escape the rune except.
func escapeExcept(s string, except rune) string {
	clean := true
	for i, r := range s {
		if isUnsafe(r) && r != except || r == utf8.RuneError && startsInvalid(s[i:]) {
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
		case r == except || !isUnsafe(r):
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

// startsInvalid reports whether s, which starts with utf8.RuneError, starts with
// a byte that is not UTF-8. The alternative is an encoded U+FFFD.
func startsInvalid(s string) bool {
	_, n := utf8.DecodeRuneInString(s)
	return n == 1
}
