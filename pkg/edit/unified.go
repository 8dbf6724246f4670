package edit

import (
	"bytes"
	"fmt"
)

// A FileDiff is the unified diff of one file. It has no hunks if nothing
// changes.
type FileDiff struct {
	Path  string // relative, with slashes
	Hunks []Hunk
}

// A Hunk is a range of lines, some of which change. OldStart and NewStart are
// 1-based lines of the old and the new text. If the hunk has no lines of one
// text, its start there is the line before the hunk, 0 at the top of the text.
type Hunk struct {
	OldStart, OldLines int
	NewStart, NewLines int
	Lines              []Line
}

// A Line is one line of a hunk.
type Line struct {
	Op    byte   // ' ' in both texts, '-' only in the old text, '+' only in the new text
	Text  []byte // without the final "\n"; a "\r" before it is part of Text
	NoEOL bool   // the text ends here, without a "\n"
}

// Unified returns the diff between before and Apply(before, edits), with
// context unchanged lines around each change. It compares only the lines that
// an edit touches, so its cost is one pass over before. Adjacent changed lines
// form one block: first all old lines, then all new lines.
//
// The lines of the result share memory with before. Unified panics if Validate
// returns an error for edits: a caller that shows a diff has validated its
// edits already.
func Unified(path string, before []byte, edits []Edit, context int) FileDiff {
	if err := Validate(edits, len(before)); err != nil {
		panic(fmt.Sprintf("edit: unified diff of %q: %v", path, err))
	}
	d := FileDiff{Path: path}
	if len(edits) == 0 {
		return d
	}
	context = max(context, 0)
	old := NewLines(before)
	blocks := lineBlocks(old, edits)
	shift := 0 // number of new lines minus number of old lines, above the hunk
	for len(blocks) > 0 {
		n := 1
		for n < len(blocks) && blocks[n].start-blocks[n-1].end <= 2*context {
			n++
		}
		h := hunk(old, blocks[:n], context, shift)
		d.Hunks = append(d.Hunks, h)
		shift += h.NewLines - h.OldLines
		blocks = blocks[n:]
	}
	return d
}

// A block replaces the old lines [start, end), 0-based, with lines. Each of
// them includes its "\n" if it has one.
type block struct {
	start, end int
	lines      [][]byte
}

// lineBlocks widens edits to whole lines. The blocks ascend and at least one
// unchanged line separates them.
func lineBlocks(old *Lines, edits []Edit) []block {
	var out []block
	for len(edits) > 0 {
		// The block includes the line where the edit ends, even if the edit
		// ends at its first byte: the edit may delete the line break before it.
		first, last, n := old.index(edits[0].Start), old.index(edits[0].End), 1
		for n < len(edits) && old.index(edits[n].Start) <= last {
			last = old.index(edits[n].End)
			n++
		}
		b := block{first, min(last+1, old.count()), newLines(old, first, last, edits[:n])}
		edits = edits[n:]
		b.trim(old)
		switch k := len(out); {
		case b.start == b.end && len(b.lines) == 0:
		case k > 0 && out[k-1].end == b.start:
			out[k-1].end = b.end
			out[k-1].lines = append(out[k-1].lines, b.lines...)
		default:
			out = append(out, b)
		}
	}
	return out
}

// newLines returns the 0-based lines first to last with edits applied.
func newLines(old *Lines, first, last int, edits []Edit) [][]byte {
	at, end := old.LineSpan(first+1).Start, old.LineSpan(last+1).End
	var text []byte
	for _, e := range edits {
		text = append(text, old.src[at:e.Start]...)
		text = append(text, e.New...)
		at = e.End
	}
	text = append(text, old.src[at:end]...)
	lines := bytes.SplitAfter(text, []byte("\n"))
	if n := len(lines); len(lines[n-1]) == 0 {
		lines = lines[:n-1]
	}
	return lines
}

// trim removes unchanged lines from both ends of b.
func (b *block) trim(old *Lines) {
	for b.start < b.end && len(b.lines) > 0 && bytes.Equal(old.text(b.start), b.lines[0]) {
		b.start++
		b.lines = b.lines[1:]
	}
	for b.start < b.end && len(b.lines) > 0 && bytes.Equal(old.text(b.end-1), b.lines[len(b.lines)-1]) {
		b.end--
		b.lines = b.lines[:len(b.lines)-1]
	}
}

// hunk makes one hunk from blocks whose contexts touch or overlap.
func hunk(old *Lines, blocks []block, context, shift int) Hunk {
	low := max(blocks[0].start-context, 0)
	high := min(blocks[len(blocks)-1].end+context, old.count())
	h := Hunk{OldStart: low, OldLines: high - low, NewStart: low + shift, NewLines: high - low}
	at := low
	addContext := func(to int) {
		for ; at < to; at++ {
			h.Lines = append(h.Lines, line(' ', old.text(at)))
		}
	}
	for _, b := range blocks {
		addContext(b.start)
		for ; at < b.end; at++ {
			h.Lines = append(h.Lines, line('-', old.text(at)))
		}
		for _, l := range b.lines {
			h.Lines = append(h.Lines, line('+', l))
		}
		h.NewLines += len(b.lines) - (b.end - b.start)
	}
	addContext(high)
	if h.OldLines > 0 {
		h.OldStart++
	}
	if h.NewLines > 0 {
		h.NewStart++
	}
	return h
}

func line(op byte, text []byte) Line {
	t, eol := bytes.CutSuffix(text, []byte("\n"))
	return Line{Op: op, Text: t, NoEOL: !eol}
}

// count returns the number of lines as a diff counts them: without the empty
// line after a final "\n".
func (l *Lines) count() int {
	n := len(l.table())
	if l.starts[n-1] == len(l.src) {
		n--
	}
	return n
}

// text returns the 0-based line i with its "\n".
func (l *Lines) text(i int) []byte {
	s := l.LineSpan(i + 1)
	return l.src[s.Start:s.End]
}
