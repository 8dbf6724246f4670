package report

import (
	"slices"
	"strings"
)

// MarkdownLimit is the length in bytes that no report in Markdown exceeds.
// GitHub accepts 65,536 characters in the text of a pull request; the difference
// is for other text above or below the report.
const MarkdownLimit = 60_000

// A section is a part of a report in Markdown that may be shortened.
type section struct {
	head string // written unless the section is empty
	rows []string
	foot string

	// rest describes the omitted rows, from row i on, in one line.
	rest func(i int) string

	cut   bool // rows are incomplete, because more could never fit
	share int  // guaranteed bytes; the shares of all sections add up to MarkdownLimit
	rank  int  // sections with a lower rank are the first to get unused bytes
}

// restRoom is the number of bytes reserved for the line about omitted rows.
const restRoom = 200

// fill makes the n rows of s, but stops after MarkdownLimit bytes.
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

// write writes s, with as many rows as fit in room bytes.
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

// fit returns the sections in their order, in at most limit bytes. Each section
// gets its share. Bytes that a section does not need go to others.
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
