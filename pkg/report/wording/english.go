package wording

import (
	"strconv"
	"strings"
)

// Number returns n, which is not negative, with a comma before each group of
// three digits: "1,204".
func Number(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Count returns n and the noun in its singular or plural form: "1 file",
// "1,204 files". The plural is noun + "s".
func Count(n int, noun string) string { return Number(n) + " " + Plural(n, noun, noun+"s") }

// Plural returns one if n is 1, else many.
func Plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// List joins items as a sentence does: "a", "a or b", "a, b or c".
func List(items []string, conjunction string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	last := len(items) - 1
	return strings.Join(items[:last], ", ") + " " + conjunction + " " + items[last]
}

// Prefixed returns prefix + s, "" when s is empty.
func Prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

// Sentence returns s with a capital letter and a full stop, "" when s is
// empty. s begins with an ASCII character.
func Sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + strings.TrimSuffix(s[1:], ".") + "."
}
