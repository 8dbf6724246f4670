package report

import (
	"io"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// maxDetails is how many details of a proof a summary shows.
const maxDetails = 5

// proofs writes what was proven, what was not, and what failed, worst last so
// that it stands where one looks.
func (t *text) proofs() {
	if len(t.p.Proofs) == 0 {
		return
	}
	order := []rewrite.ProofState{rewrite.Proven, rewrite.Unproven, rewrite.Failed}
	all := slices.Clone(t.p.Proofs)
	slices.SortStableFunc(all, func(a, b rewrite.Proof) int {
		return slices.Index(order, a.State) - slices.Index(order, b.State)
	})
	label := 0
	for _, p := range all {
		label = max(label, min(columns(p.Path), 40))
	}
	for _, p := range all {
		word, s := "proven    ", plain
		switch p.State {
		case rewrite.Unproven:
			word = "unproven  "
		case rewrite.Failed:
			word, s = "FAILED    ", red
		}
		t.put(s, word)
		t.put(bold, p.Path)
		at := len(word) + columns(p.Path)
		indent := len(word) + label + 2
		t.b.WriteString("  ")
		t.wrapped(plain, strings.Fields(p.Summary), " ", at+2, indent)
		details := p.Details
		if len(details) > maxDetails && !t.o.Verbose {
			details = details[:maxDetails]
		}
		for _, d := range details {
			t.wrapped(dim, strings.Fields(d), " ", 0, len(word)+2)
		}
		if n := len(p.Details) - len(details); n > 0 {
			t.line(dim, strings.Repeat(" ", len(word)+2)+t.more(n))
		}
	}
	n := map[rewrite.ProofState]int{}
	for _, p := range all {
		n[p.State]++
	}
	if len(all) > 1 {
		t.line(bold, number(n[rewrite.Proven])+" proven, "+number(n[rewrite.Unproven])+" unproven, "+number(n[rewrite.Failed])+" failed")
	}
}

// unrendered names the charts whose values were told apart by names of keys.
func (t *text) unrendered() {
	n := len(t.p.Unrendered)
	if n == 0 || len(t.p.Proofs) > 0 {
		return
	}
	t.line(plain, count(n, "chart")+some(n, " does", " do")+" not render, so names of keys decided there; regmigrate verify says why")
	shown := t.p.Unrendered
	if n > maxDetails && !t.o.Verbose {
		shown = shown[:maxDetails]
	}
	for _, dir := range shown {
		t.line(dim, "    "+dir)
	}
	if rest := n - len(shown); rest > 0 {
		t.line(dim, "    "+t.more(rest))
	}
}

// Proofs writes the proofs of a plan and nothing else, as `verify` does.
func Proofs(w io.Writer, p *rewrite.Plan, o Options) error {
	t := &text{o: o, p: p, width: o.Width}
	if t.width == 0 {
		t.width = 80
	}
	t.proofs()
	_, err := w.Write(t.b.Bytes())
	return err
}
