package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/mattn/go-runewidth"

	"github.com/regmigrate/regmigrate/pkg/report/wording"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// Limits of a summary that is not verbose, so that it fits a screen.
const (
	maxSources      = 8  // prefixes that references move from
	maxFailures     = 8  // failed files
	maxFiles        = 3  // files per reason
	maxReviewFiles  = 10 // files per reason, where a person has to look at each place
	maxProofs       = 8  // proven charts and kustomizations, and unproven ones
	maxDetails      = 5  // details per proof
	maxNotes        = 5  // different notes per reason
	maxAdvice       = 5  // pieces of advice
	maxImages       = 8  // verdicts of registries
	maxNewMentions  = 30 // mentions that are not in the baseline
	maxStaleEntries = 5  // entries of the baseline without a mention
)

func writeText(w io.Writer, p *rewrite.Plan, o Options) error {
	t := newTextReport(p, o)
	t.fewProofs = !o.Verbose && !o.Quiet
	switch {
	case o.Quiet:
		t.proofs()
		t.failures()
	case t.matchesBaseline():
		t.baseline()
		t.staleEntries()
		t.proofs()
		t.registries()
		t.failures()
		t.accepted()
	default:
		t.baseline()
		t.headline()
		t.moves()
		t.unchanged()
		t.staleEntries()
		t.advice()
		t.unverified()
		t.unrendered()
		t.proofs()
		t.registries()
		t.failures()
		t.coverage()
		t.next()
	}
	if _, err := w.Write(t.b.Bytes()); err != nil {
		return fmt.Errorf("writing the summary: %w", err)
	}
	return nil
}

// A textReport writes a summary.
type textReport struct {
	o         Options
	p         *rewrite.Plan
	s         summary
	width     int  // columns; negative: no limit
	fewProofs bool // proofs are limited to maxProofs
	hinted    bool // a line has mentioned -v
	b         bytes.Buffer
}

func newTextReport(p *rewrite.Plan, o Options) *textReport {
	return &textReport{o: o, p: p, s: summarize(p, o), width: o.columns()}
}

// limit returns n, or -1 for no limit if the report is verbose.
func (t *textReport) limit(n int) int {
	if t.o.Verbose {
		return -1
	}
	return n
}

// more says that n items are not listed. The first such line of a report
// mentions -v.
func (t *textReport) more(n int) string {
	s := "and " + wording.Number(n) + " more"
	if !t.hinted {
		s += " (-v lists all)"
	}
	t.hinted = true
	return s
}

// put writes words in style s. Only put writes words to a summary, so that all
// of them are escaped.
func (t *textReport) put(s style, words string) { t.b.WriteString(paint(t.o.Color, s, escape(words))) }

// line writes words in style s, and ends the line.
func (t *textReport) line(s style, words string) {
	t.put(s, words)
	t.b.WriteByte('\n')
}

// cells measures text for terminals in which ambiguous characters are narrow, as in most.
// The default of the package depends on the environment, and reports do not.
var cells = runewidth.Condition{}

// columns returns the number of columns that s takes in a terminal. A wide character,
// such as a Chinese one, takes two.
func columns(s string) int { return cells.StringWidth(escape(s)) }

// fits reports whether n columns fit on a line.
func (t *textReport) fits(n int) bool { return t.width < 0 || n <= t.width }

// paragraph writes the words of text from column indent on, wrapped. The line
// is at column at. It ends the last line.
func (t *textReport) paragraph(s style, text string, at, indent int) {
	t.wrapped(s, strings.Fields(text), " ", at, indent)
}

// hanging writes the words of text from the start of the line on, wrapped, with
// the other lines indented by four columns.
func (t *textReport) hanging(s style, text string) { t.flow(s, strings.Fields(text), " ", 0, 4) }

// wrapped writes items, separated by gap, from column indent on, wrapped
// between items. The line is at column at. It ends the last line.
func (t *textReport) wrapped(s style, items []string, gap string, at, indent int) {
	t.b.WriteString(pad(indent - at))
	t.flow(s, items, gap, max(at, indent), indent)
}

// flow is like wrapped, but begins at column at even if that is before indent.
func (t *textReport) flow(s style, items []string, gap string, at, indent int) {
	for i, x := range items {
		n := columns(x)
		switch {
		case i == 0:
		case t.fits(at + len(gap) + n):
			t.put(plain, gap)
			at += len(gap)
		default:
			t.b.WriteString("\n" + pad(indent))
			at = indent
		}
		t.put(s, x)
		at += n
	}
	t.b.WriteByte('\n')
}

// wrap returns the words of text in lines of at most width columns; no limit if
// width is not positive. The first line begins at column at, the others are
// indented. text is escaped.
func wrap(text string, width, at, indent int) string {
	var b strings.Builder
	for i, w := range strings.Fields(text) {
		n := length(w)
		switch {
		case i == 0:
		case width <= 0 || at+1+n <= width:
			b.WriteByte(' ')
			at++
		default:
			b.WriteString("\n" + pad(indent))
			at = indent
		}
		b.WriteString(w)
		at += n
	}
	return b.String()
}

// pad returns n spaces; none if n is negative.
func pad(n int) string { return strings.Repeat(" ", max(n, 0)) }

// firstN returns the first n of items; a negative n means all.
func firstN[T any](items []T, n int) []T {
	if n >= 0 && n < len(items) {
		return items[:n]
	}
	return items
}
