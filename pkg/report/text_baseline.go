package report

import (
	"strings"

	"github.com/regmigrate/regmigrate/pkg/report/wording"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// newMentions returns the mentions that the baseline does not accept.
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

// outcome says what becomes of x.
func outcome(x fileFinding) string {
	if x.Status == rewrite.Rewritten {
		return wording.Outcome(x.New, "")
	}
	return wording.NotChanged(string(x.Reason))
}

// baseline writes the mentions that the baseline does not accept.
func (t *textReport) baseline() {
	b := t.p.Baseline
	if b == nil {
		return
	}
	s := bold
	if b.New > 0 {
		s = red
	}
	t.put(s, wording.SinceBaseline(b.New, b.File))
	t.line(plain, ", which accepts "+wording.Number(b.Accepted))
	all := newMentions(t.p)
	shown := firstN(all, t.limit(maxNewMentions))
	for _, x := range shown {
		t.location(x)
		t.line(plain, x.Old+implicitMark(x)+"  "+outcome(x))
	}
	if rest := len(all) - len(shown); rest > 0 {
		t.line(plain, "    "+t.more(rest))
	}
}

// matchesBaseline reports whether a check found nothing new. The summary is
// short then: accepted mentions are not listed.
func (t *textReport) matchesBaseline() bool {
	b := t.p.Baseline
	return b != nil && b.New == 0 && t.o.Check && !t.o.Verbose
}

// accepted writes how much was scanned, and how to list the accepted mentions.
func (t *textReport) accepted() {
	words := t.s.run.Coverage()
	if t.p.Baseline.Accepted > 0 {
		words += "; -v lists all mentions"
	}
	t.withRules(plain, words)
}

// staleEntries writes the entries of the baseline without a mention.
func (t *textReport) staleEntries() {
	if t.p.Baseline == nil || len(t.p.Baseline.Stale) == 0 {
		return
	}
	all := t.p.Baseline.Stale
	n := 0
	for _, a := range all {
		n += a.Count
	}
	t.hanging(plain, wording.Count(n, "mention")+" in baseline "+t.p.Baseline.File+" no longer "+wording.Plural(n, "exists", "exist")+
		"; --update-baseline removes "+wording.Plural(n, "it", "them"))
	shown := firstN(all, t.limit(maxStaleEntries))
	for _, a := range shown {
		words := a.Path + "  " + a.Ref + "  " + a.Reason
		if a.Count > 1 {
			words = wording.Number(a.Count) + " × " + words
		}
		t.line(dim, "    "+strings.TrimSpace(words))
	}
	if rest := len(all) - len(shown); rest > 0 {
		t.line(dim, "    "+t.more(rest))
	}
}
