package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/report/wording"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// contextLines is the number of unchanged lines around a change, as in git.
const contextLines = 3

// writeDiff writes a unified diff of the changed files, sorted by path. A diff in
// colour is for reading only: it escapes control characters, and omits parts of
// long lines.
func writeDiff(w io.Writer, p *rewrite.Plan, o Options) error {
	b := bufio.NewWriter(w)
	for i := range p.Files {
		f := &p.Files[i]
		if len(f.Edits) == 0 {
			continue
		}
		d := edit.Unified(f.Path, f.Before, f.Edits, contextLines)
		if o.Color {
			colorDiff(b, d)
		} else if err := d.Format(b); err != nil {
			break // b keeps the error
		}
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("writing the diff: %w", err)
	}
	return nil
}

// colorDiff writes d in colour. b keeps the error.
func colorDiff(b *bufio.Writer, d edit.FileDiff) {
	if len(d.Hunks) == 0 {
		return
	}
	// Package edit makes the three lines that name the file, quoted as in git.
	head := edit.FileDiff{Path: d.Path, Hunks: []edit.Hunk{{}}}.Bytes()
	for _, l := range strings.SplitAfterN(string(head), "\n", 4)[:3] {
		b.WriteString(paint(true, bold, visible(strings.TrimSuffix(l, "\n"))) + "\n")
	}
	for _, h := range d.Hunks {
		b.WriteString(paint(true, cyan, h.Header()) + "\n")
		lines := h.Lines
		for len(lines) > 0 {
			if lines[0].Op == ' ' {
				colorLine(b, lines[0], nil)
				lines = lines[1:]
				continue
			}
			n := blockLen(lines)
			colorBlock(b, lines[:n])
			lines = lines[n:]
		}
	}
}

// blockLen returns the number of lines in the first block: old lines, then the
// new lines in their place.
func blockLen(lines []edit.Line) int {
	n := 0
	for n < len(lines) && lines[n].Op == '-' {
		n++
	}
	for n < len(lines) && lines[n].Op == '+' {
		n++
	}
	return n
}

// colorBlock writes old lines and the new lines in their place. It marks the
// differences between an old line and its new one.
func colorBlock(b *bufio.Writer, block []edit.Line) {
	marks := blockMarks(block)
	for i, l := range block {
		colorLine(b, l, marks[i])
	}
}

// blockMarks returns the byte ranges to mark in each line of a block.
func blockMarks(block []edit.Line) [][]edit.Span {
	old := 0
	for old < len(block) && block[old].Op == '-' {
		old++
	}
	marks := make([][]edit.Span, len(block))
	for _, p := range pairs(block[:old], block[old:]) {
		i, j := p[0], old+p[1]
		marks[i], marks[j] = changedSpans(string(block[i].Text), string(block[j].Text))
	}
	return marks
}

// colorLine writes l with the byte ranges marks of its text marked.
func colorLine(b *bufio.Writer, l edit.Line, marks []edit.Span) {
	s := plain
	switch l.Op {
	case '-':
		s = red
	case '+':
		s = green
	}
	var line strings.Builder
	line.WriteByte(l.Op)
	for _, p := range segments(string(l.Text), marks) {
		switch {
		case p.omitted > 0:
			line.WriteString("…" + wording.Count(p.omitted, "byte") + "…")
		case p.marked:
			line.WriteString(markOn + visible(p.text) + markOff)
		default:
			line.WriteString(visible(p.text))
		}
	}
	b.WriteString(paint(true, s, line.String()) + "\n")
	if l.NoEOL {
		b.WriteString(paint(true, dim, `\ No newline at end of file`) + "\n")
	}
}

// visible escapes a line of a diff, except for tabs, which are harmless.
func visible(s string) string { return escapeExcept(s, '\t') }
