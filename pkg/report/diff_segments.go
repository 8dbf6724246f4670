package report

import (
	"unicode/utf8"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A line of more than longLine bytes is shown in parts: contextBytes before and
// after each change, and at both ends of a change.
const (
	longLine     = 2000
	contextBytes = 120
)

// A segment is a piece of a line in a coloured diff: text, marked or not, or the
// number of omitted bytes.
type segment struct {
	text    string
	marked  bool
	omitted int
}

// segments splits line at its marks, which are sorted and disjoint. It omits
// bytes only from a line of more than longLine bytes.
func segments(line string, marks []edit.Span) []segment {
	var out []segment
	short := len(line) <= longLine
	add := func(start, end int, mark, head, tail bool) {
		start, end = max(start, 0), min(end, len(line))
		if start >= end {
			return
		}
		// head and tail say at which ends of the piece context is shown.
		from, to := start, end
		if head {
			from = runeStart(line, min(start+contextBytes, end))
		}
		if tail {
			to = runeStart(line, max(end-contextBytes, start))
		}
		if short || to-from < contextBytes {
			out = append(out, segment{text: line[start:end], marked: mark})
			return
		}
		if from > start {
			out = append(out, segment{text: line[start:from], marked: mark})
		}
		out = append(out, segment{omitted: to - from})
		if to < end {
			out = append(out, segment{text: line[to:end], marked: mark})
		}
	}
	at := 0
	for i, m := range marks {
		add(at, m.Start, false, i > 0, true)
		add(m.Start, m.End, true, true, true)
		at = m.End
	}
	add(at, len(line), false, true, false)
	return out
}

// runeStart moves i back to where a code point starts.
func runeStart(s string, i int) int {
	for n := 0; n < utf8.UTFMax && i > 0 && i < len(s) && !utf8.RuneStart(s[i]); n++ {
		i--
	}
	return i
}
