package report

import (
	"strconv"
	"strings"
)

// number returns n, which is not negative, with a comma before each thousand.
func number(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// count returns n and the noun that goes with it: "1 file", "1,204 files".
func count(n int, noun string) string { return number(n) + " " + some(n, noun, noun+"s") }

// some returns one if n is 1, else many.
func some(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// list returns items as prose has them: "a", "a or b", "a, b or c".
func list(items []string, or string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	last := len(items) - 1
	return strings.Join(items[:last], ", ") + " " + or + " " + items[last]
}
