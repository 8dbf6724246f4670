package report

import (
	"slices"
	"strconv"

	"github.com/regmigrate/regmigrate/pkg/report/wording"
)

// headline writes how many references move, and the rules in force.
func (t *textReport) headline() { t.withRules(bold, t.s.run.Headline()) }

// withRules writes words in style s, and after them the rules in force. If both
// do not fit on a line, the rules are on a line of their own.
func (t *textReport) withRules(s style, words string) {
	rules := wording.Prefixed("(", t.s.run.RulesInForce())
	if rules != "" {
		rules += ")"
	}
	if n := columns(words); t.fits(n) {
		t.put(s, words)
		if rules != "" && t.fits(n+3+columns(rules)) {
			t.put(dim, "   "+rules)
			rules = ""
		}
		t.b.WriteByte('\n')
	} else {
		t.hanging(s, words)
	}
	if rules != "" {
		t.paragraph(dim, rules, 0, 4)
	}
}

// moves writes the prefixes that references move from, and what else changes.
// The numbers add up to that of the headline.
func (t *textReport) moves() {
	r := &t.s.run
	if items := r.Sources(t.limit(maxSources)); len(items) > 0 {
		t.wrapped(plain, items, "   ", 0, 4)
	}
	for _, words := range []string{r.ImplicitMoves(), r.AssumedMoves(), r.Updated(), r.AddedKeysText()} {
		if words != "" {
			t.paragraph(plain, words, 0, 4)
		}
	}
	if items, hidden := r.VersionBumps(t.limit(maxReviewFiles)); len(items) > 0 {
		if hidden > 0 {
			items = append(items, t.more(hidden))
		}
		t.wrapped(plain, items, "  ", 0, 4)
	}
	t.assumed()
	if !t.o.Verbose {
		return
	}
	for _, x := range append(slices.Clone(t.s.moved), t.s.consequences...) {
		t.location(x)
		t.line(plain, x.Old+" -> "+x.New+implicitMark(x))
	}
}

// assumed lists the references that move although they are only likely images. A
// verbose report lists them with the others.
func (t *textReport) assumed() {
	if len(t.s.assumed) == 0 || t.o.Verbose {
		return
	}
	items, hidden := locations(t.s.assumed, maxReviewFiles, -1)
	if hidden > 0 {
		items = append(items, t.more(hidden))
	}
	t.wrapped(dim, items, "  ", 0, 6)
}

// location begins a line about one mention: path:line:column.
func (t *textReport) location(x fileFinding) {
	t.put(plain, "    ")
	t.put(dim, x.file.Path+":"+strconv.Itoa(x.Line)+":"+strconv.Itoa(x.Column))
	t.put(plain, "  ")
}

func implicitMark(x fileFinding) string {
	switch {
	case x.IsAssumed:
		return "  (implicit, likely image)"
	case x.Implicit:
		return "  (implicit)"
	}
	return ""
}
