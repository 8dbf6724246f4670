package template

import (
	"bytes"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// line masks a line that has actions: [at.Start, at.End) with its line break. It
// is several lines if an action contains line breaks. nextItem is the index of
// the first item of a later line.
func (m *masker) line(at edit.Span, nextItem int, items []item) {
	texts := textsBetween(at, items)
	last := -1 // the last text that is not blank
	for i, text := range texts {
		if !isBlank(m.src[text.Start:text.End]) {
			last = i
		}
	}
	if last < 0 {
		m.actionsOnly(items)
		return
	}
	m.findWordsAfter(items, texts)
	leading := m.countLeading(items, texts)
	start := len(m.out.text)
	wordBefore := false
	isCollection := false // the remaining items print a collection
	for i, text := range texts {
		if i > 0 && i <= leading && items[i-1].trimRight {
			text.Start = m.blanksEnd(text)
		}
		m.copy(text)
		if text.Len() > 0 {
			wordBefore = inWord(m.src[text.End-1])
		}
		if i == len(items) {
			break
		}
		if i == last {
			isCollection = m.printsCollection(m.out.text[start:], items[i:], at.End, nextItem)
		}
		wordBefore = m.track(items[i].kind, wordBefore)
		switch {
		case i < leading:
			m.omit(items[i])
			wordBefore = false
		case isCollection:
			m.replace(items[i], blank, "")
		default:
			m.replaceInText(items[i], wordBefore, m.wordAfter[i])
		}
	}
}

// textsBetween returns the spans of the text in front of each item, and after
// the last one.
func textsBetween(at edit.Span, items []item) []edit.Span {
	texts := make([]edit.Span, 0, len(items)+1)
	from := at.Start
	for _, it := range items {
		texts = append(texts, edit.Span{Start: from, End: it.span.Start})
		from = it.span.End
	}
	return append(texts, edit.Span{Start: from, End: at.End})
}

// blanksEnd returns the offset after the white space at the beginning of a text,
// without its line break.
func (m *masker) blanksEnd(text edit.Span) int {
	at := text.Start
	for at < text.End && isSpace(m.src[at]) && m.src[at] != '\n' {
		at++
	}
	return at
}

// replaceInText replaces an item that is part of the text of its line.
// wordBefore and wordAfter say whether a word may reach up to the item from the
// left, and begin directly after it.
func (m *masker) replaceInText(it item, wordBefore, wordAfter bool) {
	switch {
	case it.kind == output, wordBefore && wordAfter:
		m.replace(it, placeholder, placeholderText)
	case wordAfter && inWord(m.out.text[len(m.out.text)-1]):
		m.replace(it, blank, " ")
	default:
		m.replace(it, blank, "")
	}
}

// actionsOnly omits a line that has only actions and white space.
func (m *masker) actionsOnly(items []item) {
	for _, it := range items {
		m.track(it.kind, false)
		if m.separate && it.defines && m.started {
			m.replace(it, separator, "---\n")
			continue
		}
		m.omit(it)
	}
}

// countLeading returns how many items at the beginning of a line are omitted:
// those that print nothing, and all items in front of a comment.
func (m *masker) countLeading(items []item, texts []edit.Span) int {
	leading, silent := 0, true
	for k := range items {
		if !isBlank(m.src[texts[k].Start:texts[k].End]) {
			break
		}
		silent = silent && items[k].kind != output
		if silent {
			leading = k + 1
		}
		next := m.src[texts[k+1].Start:texts[k+1].End]
		if t := bytes.TrimLeft(next, " \t"); len(t) > 0 && t[0] == '#' && (silent || len(t) < len(next)) {
			return k + 1
		}
	}
	return leading
}

// isBlank reports whether text is only white space.
func isBlank(text []byte) bool { return spaceEnd(text, 0) == len(text) }

// printsCollection reports whether items, which are the rest of a line, print a
// mapping, a list or lines of a block scalar, and not one value. masked is the
// line up to the items, end the offset of the next line in the source, and
// nextItem the index of the first item there.
func (m *masker) printsCollection(masked []byte, items []item, end, nextItem int) bool {
	p := bytes.TrimRight(masked, " \t")
	if len(p) == 0 {
		return false
	}
	if isBlockHeader(p) {
		return true
	}
	hasSpace := len(p) < len(masked)
	column, isKey := valueColumn(p)
	if !isKey && (column < 0 || !hasSpace) {
		return false
	}
	if m.printsLines(items) || items[0].trimLeft && items[0].kind == output {
		return true
	}
	if !hasSpace {
		return false
	}
	indent, isItem := m.nextIndent(end, nextItem)
	return indent > column || isKey && isItem && indent == column
}

// isBlockHeader reports whether a line ends with the header of a block scalar.
func isBlockHeader(line []byte) bool {
	line = bytes.TrimRight(line, "+-0123456789")
	k := len(line) - 1
	return k > 0 && (line[k] == '|' || line[k] == '>') && (line[k-1] == ' ' || line[k-1] == '\t')
}

// valueColumn returns the column (0-based, in bytes) of the key whose value
// follows a line, or of the last dash if the line has only dashes. It returns -1
// if the line ends with neither.
func valueColumn(line []byte) (column int, isKey bool) {
	i, dash := 0, -1
	for ; i < len(line); i++ {
		if line[i] == '-' && (i+1 == len(line) || line[i+1] == ' ') {
			dash = i
		} else if line[i] != ' ' {
			break
		}
	}
	switch {
	case i == len(line):
		return dash, false
	case line[len(line)-1] == ':':
		return i, true
	}
	return -1, false
}

// printsLines reports whether one of items prints whole lines: it calls
// nindent.
func (m *masker) printsLines(items []item) bool {
	for _, it := range items {
		a := m.actions[it.action]
		for i := a.first; i < a.last; i++ {
			if m.tokens[i].kind == word && m.is(i, "nindent") {
				return true
			}
		}
	}
	return false
}

// nextIndent returns the indentation in bytes of the next line at or after
// src[at] that has text other than a comment, and whether this line begins a
// list item. i is the index of the first item there. The indentation is -1 if
// the current branch has no such line.
func (m *masker) nextIndent(at, i int) (indent int, isItem bool) {
	for at < len(m.src) {
		line := at
		for at < len(m.src) && m.src[at] == ' ' {
			at++
		}
		indent := at - line
		for { // actions at the beginning of the line
			for at < len(m.src) && m.src[at] != '\n' && isSpace(m.src[at]) {
				at++
			}
			if i == len(m.items) || m.items[i].span.Start != at {
				break
			}
			if m.items[i].kind == middle {
				return -1, false // another branch begins
			}
			at = m.items[i].span.End
			i++
		}
		if at == len(m.src) {
			break
		}
		if c := m.src[at]; c != '\n' && c != '#' {
			return indent, c == '-' && at+1 < len(m.src) && isSpace(m.src[at+1])
		}
		end := lineEnd(m.src, at)
		for i < len(m.items) && m.items[i].span.Start < end { // actions in a comment
			if m.items[i].span.End > end {
				end = lineEnd(m.src, m.items[i].span.End)
			}
			i++
		}
		at = end
	}
	return -1, false
}
