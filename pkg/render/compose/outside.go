package compose

import (
	"regexp"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// sameOutside reports whether two texts are the same but for the given parts and comments.
func sameOutside(before, after []byte, changed [2][]edit.Span) bool {
	b := strings.Split(without(before, changed[0]), "\n")
	a := strings.Split(without(after, changed[1]), "\n")
	if len(b) != len(a) {
		return false
	}
	for i := range b {
		if b[i] != a[i] && withoutComment(b[i]) != withoutComment(a[i]) {
			return false
		}
	}
	return true
}

// commentRE matches a comment. Values are compared before: a text that matches inside a
// value is the same in both files.
var commentRE = regexp.MustCompile(`(?:^|[ \t]+)#.*$`)

func withoutComment(line string) string {
	at := commentRE.FindStringIndex(line)
	if at == nil || strings.ContainsAny(line[:at[0]], `"'`) { // the # may be in quotes
		return line
	}
	return line[:at[0]]
}

// without returns src with a mark in the place of each span.
func without(src []byte, spans []edit.Span) string {
	var out strings.Builder
	end := 0
	for _, s := range slices.SortedFunc(slices.Values(spans), func(x, y edit.Span) int { return x.Start - y.Start }) {
		if s.Start < end {
			continue
		}
		out.Write(src[end:s.Start])
		out.WriteString("\x00")
		end = s.End
	}
	out.Write(src[end:])
	return out.String()
}
