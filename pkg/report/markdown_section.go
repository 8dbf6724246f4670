package report

import (
	"slices"
	"strings"
)

// MarkdownLimit is the length in bytes that no report in Markdown exceeds.
// GitHub takes 65,536 characters for the text of a pull request; the rest is
// for what others write above or below it.
const MarkdownLimit = 60_000

// A section is a part of a report in Markdown that may be shortened.
type section struct {
	head string // written if there is anything in the section
	rows []string
	foot string

	// rest says what the rows from i on are that were left out, in one line.
	rest func(i int) string

	cut   bool // there are more rows than in rows, which do not fit all the same
	share int  // bytes that it has in any case; those of all sections make MarkdownLimit
	rank  int  // of two sections, that with the lower rank gets first what others left
}

// restRoom is how many bytes the line takes that says what was left out.
const restRoom = 200

// fill makes the n rows of s, up to what may fit in any case.
func (s *section) fill(n int, row func(i int) string) {
	for i, size := 0, 0; i < n; i++ {
		if s.cut = size > MarkdownLimit; s.cut {
			return
		}
		s.rows = append(s.rows, row(i))
		size += len(s.rows[i])
	}
}

func (s *section) size() int {
	if s.head == "" && len(s.rows) == 0 {
		return 0
	}
	n := len(s.head) + len(s.foot)
	for _, r := range s.rows {
		n += len(r)
	}
	return n
}

// write writes as many rows of s as room bytes hold.
func (s *section) write(b *strings.Builder, room int) {
	if s.size() == 0 {
		return
	}
	b.WriteString(s.head)
	shown := len(s.rows)
	if s.cut || s.size() > room {
		left := room - len(s.head) - len(s.foot) - restRoom
		shown = 0
		for shown < len(s.rows) && len(s.rows[shown]) <= left {
			left -= len(s.rows[shown])
			shown++
		}
	}
	for _, r := range s.rows[:shown] {
		b.WriteString(r)
	}
	b.WriteString(s.foot)
	if s.cut || shown < len(s.rows) {
		b.WriteString("\n" + s.rest(shown) + "\n")
	}
}

// fit writes sections in their order, together no longer than limit bytes.
// Each gets its share; what some of them do not need, others get.
func fit(sections []section, limit int) string {
	room := make([]int, len(sections))
	left := limit
	for i := range sections {
		room[i] = min(sections[i].size(), sections[i].share)
		left -= room[i]
	}
	byRank := make([]int, len(sections))
	for i := range byRank {
		byRank[i] = i
	}
	slices.SortStableFunc(byRank, func(a, b int) int { return sections[a].rank - sections[b].rank })
	for _, i := range byRank {
		more := min(left, sections[i].size()-room[i])
		room[i] += more
		left -= more
	}
	var b strings.Builder
	for i := range sections {
		sections[i].write(&b, room[i])
	}
	return b.String()
}
