package report

import (
	"strings"

	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// maxNew is how many mentions that are new to a baseline a summary names, and
// maxStale how many entries that are gone.
const (
	maxNew   = 30
	maxStale = 5
)

// newMentions returns the mentions that are new to the baseline.
func newMentions(p *rewrite.Plan) []fileFinding {
	var out []fileFinding
	for i := range p.Files {
		f := &p.Files[i]
		for j := range f.Findings {
			if f.Findings[j].NotInBaseline {
				out = append(out, fileFinding{f, &f.Findings[j]})
			}
		}
	}
	return out
}

// outcome says what is to become of x: where it would move, or why it stays.
func outcome(x fileFinding) string {
	if x.Status == rewrite.Rewritten {
		return "would move to " + x.New
	}
	return "kept: " + string(x.Reason)
}

// baselineHeadline is the answer where there is a baseline.
func baselineHeadline(b *rewrite.BaselineComparison) string {
	if b.New == 0 {
		return "nothing is new since " + b.File
	}
	return count(b.New, "mention") + some(b.New, " is", " are") + " new since " + b.File
}

// baseline writes what is new to the baseline.
func (t *textReport) baseline() {
	b := t.p.Baseline
	if b == nil {
		return
	}
	s := bold
	if b.New > 0 {
		s = red
	}
	t.put(s, baselineHeadline(b))
	t.line(plain, ", which accepts "+number(b.Accepted))
	all := newMentions(t.p)
	shown := all
	if !t.o.Verbose {
		shown = all[:min(maxNew, len(all))]
	}
	for _, x := range shown {
		t.place(x)
		t.line(plain, x.Old+implied(x)+"  "+outcome(x))
	}
	if rest := len(all) - len(shown); rest > 0 {
		t.line(plain, "    "+t.more(rest))
	}
}

// settled reports whether a check found nothing that its baseline does not
// accept: a gate that is open is not the place for all that is accepted.
func (t *textReport) settled() bool {
	b := t.p.Baseline
	return b != nil && b.New == 0 && t.o.Check && !t.o.Verbose
}

// accepted writes how much was looked at, and how to see what is accepted.
func (t *textReport) accepted() {
	words := "no file was looked at"
	if t.p.ScannedFiles > 0 {
		words = count(t.p.ScannedFiles, "file") + " looked at"
	}
	words += after(", ", t.skipped())
	if t.p.Baseline.Accepted > 0 {
		words += "; -v lists what moves and what stays"
	}
	if rules := t.inForce(); rules != "" {
		t.put(plain, words)
		t.line(dim, "   ("+rules+")")
		return
	}
	t.line(plain, words)
}

// stale writes which entries of the baseline are gone.
func (t *textReport) stale() {
	if t.p.Baseline == nil || len(t.p.Baseline.Stale) == 0 {
		return
	}
	all := t.p.Baseline.Stale
	n := 0
	for _, a := range all {
		n += a.Count
	}
	t.line(plain, count(n, "mention")+" that "+t.p.Baseline.File+" accepts "+some(n, "is", "are")+" gone; --update-baseline takes "+some(n, "it", "them")+" out")
	shown := all
	if !t.o.Verbose {
		shown = all[:min(maxStale, len(all))]
	}
	for _, a := range shown {
		words := a.Path + "  " + a.Ref + "  " + a.Reason
		if a.Count > 1 {
			words = number(a.Count) + " × " + words
		}
		t.line(dim, "    "+strings.TrimSpace(words))
	}
	if rest := len(all) - len(shown); rest > 0 {
		t.line(dim, "    "+t.more(rest))
	}
}
