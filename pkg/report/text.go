package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// How much a summary shows, so that it fits a screen.
const (
	maxMoves    = 8  // names that references move from
	maxFailures = 8  // files that failed
	maxFiles    = 3  // files in which something stays, per reason
	maxAllFiles = 10 // the same where each place is one to look at
	maxProofs   = 8  // charts and kustomizations that are proven, and that are not
	maxNotes    = 5  // explanations, per reason
	maxNames    = 3  // names in the sentence that none was found
)

func writeText(w io.Writer, p *rewrite.Plan, o Options) error {
	t := &textReport{o: o, p: p, s: summarize(p), width: o.Width, brief: !o.Verbose && !o.Quiet}
	if t.width == 0 {
		t.width = 80
	}
	switch {
	case o.Quiet:
		t.proofs()
		t.failures()
	case t.settled():
		t.baseline()
		t.stale()
		t.proofs()
		t.registries()
		t.failures()
		t.accepted()
	default:
		t.baseline()
		t.answer()
		t.moved()
		t.kept()
		t.stale()
		t.advice()
		t.unverified()
		t.unrendered()
		t.proofs()
		t.registries()
		t.failures()
		t.counted()
		t.next()
	}
	if _, err := w.Write(t.b.Bytes()); err != nil {
		return fmt.Errorf("writing the summary: %w", err)
	}
	return nil
}

// A textReport is a summary being written.
type textReport struct {
	o     Options
	p     *rewrite.Plan
	s     summary
	width int  // negative: no limit
	brief bool // proofs are a part of it, and not all that it is for
	hints bool // a line has said how to see all
	b     bytes.Buffer
}

// more says that n more of something are not shown, and once how to see them.
func (t *textReport) more(n int) string {
	s := "and " + number(n) + " more"
	if !t.hints {
		s += " (-v lists all)"
	}
	t.hints = true
	return s
}

// put writes words in style s. All text gets into a summary by it or by line,
// so that none gets there without being escaped.
func (t *textReport) put(s style, words string) { t.b.WriteString(paint(t.o.Color, s, escape(words))) }

// line writes words in style s, and ends the line.
func (t *textReport) line(s style, words string) {
	t.put(s, words)
	t.b.WriteByte('\n')
}

// columns is the number of columns that s takes once it is escaped. Wide
// letters count one: they move a remark, and break nothing.
func columns(s string) int { return utf8.RuneCountInString(escape(s)) }

// fits reports whether n columns fit a line.
func (t *textReport) fits(n int) bool { return t.width < 0 || n <= t.width }

// wrapped writes items, separated by gap, to as many lines as it takes, each
// after indent columns; the first of them begins at column at, which is where
// the line already is. It ends the last line.
func (t *textReport) wrapped(s style, items []string, gap string, at, indent int) {
	if at < indent {
		t.b.WriteString(strings.Repeat(" ", indent-at))
		at = indent
	}
	first := true
	for _, x := range items {
		n := columns(x)
		switch {
		case first:
		case t.fits(at + len(gap) + n):
			t.put(plain, gap)
			at += len(gap)
		default:
			t.b.WriteString("\n" + strings.Repeat(" ", indent))
			at = indent
		}
		t.put(s, x)
		at += n
		first = false
	}
	t.b.WriteByte('\n')
}
