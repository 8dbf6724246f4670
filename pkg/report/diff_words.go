package report

import (
	"unicode/utf8"

	"github.com/sergi/go-diff/diffmatchpatch"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// pairs returns the pairs of old lines and the new lines that replace them, as
// indices into both. Equal numbers of lines pair one by one. Otherwise, as after
// the insertion of a key, a line pairs with the next similar one.
func pairs(old, new []edit.Line) [][2]int {
	var out [][2]int
	j := 0
	for i := range old {
		if len(old) == len(new) {
			out = append(out, [2]int{i, i})
			continue
		}
		for k := j; k < len(new); k++ {
			if similar(string(old[i].Text), string(new[k].Text)) {
				out = append(out, [2]int{i, k})
				j = k + 1
				break
			}
		}
	}
	return out
}

// similar reports whether a and b have common ends of at least half of the
// shorter line.
func similar(a, b string) bool {
	start, end := commonEnds(a, b)
	return 2*(start+end) >= min(len(a), len(b))
}

// commonEnds returns the number of bytes that a and b have in common at the start
// and, without these, at the end.
func commonEnds(a, b string) (start, end int) {
	for start < min(len(a), len(b)) && a[start] == b[start] {
		start++
	}
	for end < min(len(a), len(b))-start && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	return start, end
}

// changedSpans returns the byte ranges of a and b that differ. They consist of
// whole words, so that a replaced registry is marked completely and not without
// the letters that it shares with the new one. Lines that have nothing in common
// have no marks.
func changedSpans(a, b string) (inA, inB []edit.Span) {
	if len(a) > longLine || len(b) > longLine {
		return middleChange(a, b)
	}
	inA, inB, ok := wordChanges(a, b)
	if !ok {
		return middleChange(a, b)
	}
	if coversLine(inA, a) || coversLine(inB, b) {
		return nil, nil
	}
	return inA, inB
}

// coversLine reports whether spans cover the whole line.
func coversLine(spans []edit.Span, line string) bool {
	return len(spans) == 1 && spans[0].Len() == len(line)
}

// wordChanges compares word by word. It returns false if the result does not
// cover both lines.
func wordChanges(a, b string) (inA, inB []edit.Span, ok bool) {
	var known []string
	index := map[string]rune{}
	// Package diffmatchpatch compares code points: each word gets one of the
	// private use area, U+E000 to U+F8FF.
	letters := func(line string) []rune {
		var out []rune
		for _, w := range splitWords(line) {
			r, seen := index[w]
			if !seen {
				r = 0xE000 + rune(len(known))
				index[w] = r
				known = append(known, w)
			}
			out = append(out, r)
		}
		return out
	}
	wordsA, wordsB := letters(a), letters(b)
	if len(known) > 0xF8FF-0xE000 {
		return nil, nil, false
	}
	compare := diffmatchpatch.New()
	compare.DiffTimeout = 0 // with a time limit, equal runs could differ; lines are short
	diffs := compare.DiffCleanupSemantic(compare.DiffMainRunes(wordsA, wordsB, false))
	atA, atB := 0, 0
	for _, d := range diffs {
		n := 0
		for _, r := range d.Text {
			if i := int(r - 0xE000); i >= 0 && i < len(known) {
				n += len(known[i])
			}
		}
		switch d.Type {
		case diffmatchpatch.DiffDelete:
			inA = appendSpan(inA, edit.Span{Start: atA, End: atA + n})
			atA += n
		case diffmatchpatch.DiffInsert:
			inB = appendSpan(inB, edit.Span{Start: atB, End: atB + n})
			atB += n
		default:
			atA += n
			atB += n
		}
	}
	return inA, inB, atA == len(a) && atB == len(b)
}

// appendSpan appends s to spans, or to the last of them if they touch.
func appendSpan(spans []edit.Span, s edit.Span) []edit.Span {
	if n := len(spans); n > 0 && spans[n-1].End == s.Start {
		spans[n-1].End = s.End
		return spans
	}
	return append(spans, s)
}

// middleChange returns the ranges between the common ends of a and b, extended
// to whole words.
func middleChange(a, b string) (inA, inB []edit.Span) {
	start, end := commonEnds(a, b)
	for start > 0 && (start < len(a) && isWordByte(a[start]) || start < len(b) && isWordByte(b[start])) && isWordByte(a[start-1]) {
		start--
	}
	for end > 0 && isWordByte(a[len(a)-end]) && (wordContinuesBefore(a, end) || wordContinuesBefore(b, end)) {
		end--
	}
	span := func(s string) []edit.Span {
		if start >= len(s)-end {
			return nil
		}
		return []edit.Span{{Start: start, End: len(s) - end}}
	}
	return span(a), span(b)
}

// wordContinuesBefore reports whether the byte before the last n bytes of s is
// part of a word.
func wordContinuesBefore(s string, n int) bool { return len(s) > n && isWordByte(s[len(s)-n-1]) }

// splitWords splits line into words and the single bytes between them.
func splitWords(line string) []string {
	var out []string
	for i := 0; i < len(line); {
		n := i + 1
		for isWordByte(line[i]) && n < len(line) && isWordByte(line[n]) {
			n++
		}
		out = append(out, line[i:n])
		i = n
	}
	return out
}

// isWordByte reports whether c is part of a word: a domain, a path component or a
// tag. Bytes that are not ASCII count as parts of words.
func isWordByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '.' || c == '-' || c == '_' || c >= utf8.RuneSelf
}
