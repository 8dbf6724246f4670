package render

import (
	"strings"

	"github.com/regmigrate/regmigrate/pkg/image"
)

// A TextChange is how a text that may contain references differs from the text before.
type TextChange uint8

// The changes of a text, from the worst to the best.
const (
	WrongChange    TextChange = iota // the rules do not require it
	DoubtfulChange                   // the rules require it if the word is an image; a short name or a host may be something else
	MovedReference                   // references with a registry and a name changed as the rules require
	SameText
)

// CompareText compares a text before and after a change. The text is not known to be an
// image: it may be a command, the value of a variable, or a script.
func CompareText(before, after string, rewrite RewriteFunc) TextChange {
	switch {
	case before == after:
		return SameText
	case SameLines(before, after, withPath(rewrite)):
		return MovedReference
	case SameLines(before, after, rewrite):
		return DoubtfulChange
	}
	return WrongChange
}

// withPath is rewrite without registry hosts, and without names that have no domain:
// redis:6379 in a command is a host and a port.
func withPath(rewrite RewriteFunc) RewriteFunc {
	return func(text string) (string, bool) {
		if ref, err := image.Parse(text); err != nil || ref.Domain == "" || strings.Trim(ref.Path, "/") == "" {
			return "", false
		}
		return rewrite(text)
	}
}
