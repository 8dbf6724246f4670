package template

import (
	"bytes"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// line masks one line that has actions: [at.Start, at.End) with its line
// break, or several lines when an action goes over them. behind is the index
// of the first action of a later line.
func (m *masker) line(at edit.Span, behind int, items []item) {
	segs := make([]edit.Span, 0, len(items)+1) // the text before each item, and behind the last
	from, last := at.Start, -1                 // last: the last one that is not blank
	for i := range len(items) + 1 {
		end := at.End
		if i < len(items) {
			end = items[i].span.Start
		}
		segs = append(segs, edit.Span{Start: from, End: end})
		if !isBlank(m.src[from:end]) {
			last = i
		}
		if i < len(items) {
			from = items[i].span.End
		}
	}
	if last < 0 {
		m.onlyActions(items)
		return
	}
	m.lookRight(items, segs)
	lead := m.lead(items, segs)
	start := len(m.out.text)
	left := false
	leaveOut := false // the rest
	for i, seg := range segs {
		if i > 0 && i <= lead && items[i-1].trimRight {
			for seg.Start < seg.End && isSpace(m.src[seg.Start]) && m.src[seg.Start] != '\n' {
				seg.Start++
			}
		}
		m.text(seg)
		if seg.Len() > 0 {
			left = inWord(m.src[seg.End-1])
		}
		if i == len(items) {
			break
		}
		if i == last {
			leaveOut = m.isCollection(m.out.text[start:], items[i:], at.End, behind)
		}
		it := items[i]
		left = m.pass(it.kind, left)
		switch {
		case i < lead:
			m.leaveOut(it)
			left = false
		case leaveOut:
			m.put(it, gap, "")
		case it.kind == output:
			m.put(it, filler, fill)
		case left && m.right[i]:
			m.put(it, filler, fill)
		case m.right[i] && inWord(m.out.text[len(m.out.text)-1]):
			m.put(it, gap, " ")
		default:
			m.put(it, gap, "")
		}
	}
}

// onlyActions leaves out a line that has nothing but actions.
func (m *masker) onlyActions(items []item) {
	for _, it := range items {
		m.pass(it.kind, false)
		if m.divide && it.divides && m.begun {
			m.put(it, divide, "---\n")
			continue
		}
		m.leaveOut(it)
	}
}

// lead returns how many items at the begin of a line are left out: those
// that print nothing, and all of them before a comment.
func (m *masker) lead(items []item, segs []edit.Span) int {
	lead, silent := 0, true
	for k := range items {
		if !isBlank(m.src[segs[k].Start:segs[k].End]) {
			break
		}
		silent = silent && items[k].kind != output
		if silent {
			lead = k + 1
		}
		next := m.src[segs[k+1].Start:segs[k+1].End]
		if t := bytes.TrimLeft(next, " \t"); len(t) > 0 && t[0] == '#' && (silent || len(t) < len(next)) {
			return k + 1
		}
	}
	return lead
}

// isBlank reports whether text is nothing but blanks and line breaks.
func isBlank(text []byte) bool { return spaceEnd(text, 0) == len(text) }

// isCollection reports whether items, which are all that follows on a line,
// print a mapping or a list, or lines of a block scalar, rather than one
// value. masked is the line so far, end where the next one begins, and behind
// the first action there.
func (m *masker) isCollection(masked []byte, items []item, end, behind int) bool {
	p := bytes.TrimRight(masked, " \t")
	if len(p) == 0 {
		return false
	}
	apart := len(p) < len(masked)
	if isBlockHeader(p) {
		return true
	}
	column, isKey := valueColumn(p)
	printed := m.printsLines(items)
	switch {
	case isKey && !apart:
		return printed || items[0].trimLeft && items[0].kind == output
	case !isKey && (column < 0 || !apart):
		return false
	}
	if printed || items[0].trimLeft && items[0].kind == output {
		return true
	}
	indent, dash := m.nextIndent(end, behind)
	return indent > column || isKey && dash && indent == column
}

// isBlockHeader reports whether a line ends with the header of a block scalar.
func isBlockHeader(line []byte) bool {
	line = bytes.TrimRight(line, "+-0123456789")
	k := len(line) - 1
	return k > 0 && (line[k] == '|' || line[k] == '>') && (line[k-1] == ' ' || line[k-1] == '\t')
}

// valueColumn returns where the key begins whose value follows a line, in
// bytes; or, for a line of dashes, the last of them. It is -1 when neither is
// what the line ends with.
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

// printsLines reports whether one of items prints whole lines, by the name
// of the function that indents them.
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

// nextIndent returns the indentation in bytes of the next line from src[at]
// on that has text, comments not counted, and whether it begins a list item; i is the
// first action there. It is -1 when there is no such line in this branch.
func (m *masker) nextIndent(at, i int) (indent int, dash bool) {
	for at < len(m.src) {
		line := at
		for at < len(m.src) && m.src[at] == ' ' {
			at++
		}
		indent := at - line
		for { // actions at the begin of the line
			for at < len(m.src) && m.src[at] != '\n' && isSpace(m.src[at]) {
				at++
			}
			if i == len(m.items) || m.items[i].span.Start != at {
				break
			}
			if m.items[i].kind == middle {
				return -1, false // what follows is another branch
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
		for i < len(m.items) && m.items[i].span.Start < end { // in a comment
			if m.items[i].span.End > end {
				end = lineEnd(m.src, m.items[i].span.End)
			}
			i++
		}
		at = end
	}
	return -1, false
}
