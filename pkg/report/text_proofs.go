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
// that it stands where one looks; a quiet summary has what failed.
func (t *textReport) proofs() {
	if len(t.p.Proofs) == 0 {
		return
	}
	order := []rewrite.ProofState{rewrite.Proven, rewrite.Unproven, rewrite.Failed}
	all := slices.Clone(t.p.Proofs)
	slices.SortStableFunc(all, func(a, b rewrite.Proof) int {
		return slices.Index(order, a.State) - slices.Index(order, b.State)
	})
	shown := all
	switch {
	case t.o.Quiet:
		shown = slices.DeleteFunc(slices.Clone(all), func(p rewrite.Proof) bool { return p.State != rewrite.Failed })
	case !t.o.Verbose:
		shown = t.proofsToSee(all)
	}
	hidden := 0
	if t.brief {
		shown, hidden = t.fewProofs(shown)
	}
	label := 0
	for _, p := range shown {
		label = max(label, min(columns(p.Path), 40))
	}
	for i, p := range shown {
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
		if hidden > 0 && p.State == rewrite.Unproven && (i+1 == len(shown) || shown[i+1].State != p.State) {
			t.line(dim, strings.Repeat(" ", len(word))+t.more(hidden))
		}
	}
	n := map[rewrite.ProofState]int{}
	for _, p := range all {
		n[p.State]++
	}
	if len(all) > 1 && !t.o.Quiet {
		t.line(bold, number(n[rewrite.Proven])+" proven, "+number(n[rewrite.Unproven])+" unproven, "+number(n[rewrite.Failed])+" failed")
	}
}

// proofsToSee writes a line for the charts and kustomizations in which no file
// changes, if they are several, and returns the others. One in which something is still printed
// under the old name is among the others.
func (t *textReport) proofsToSee(all []rewrite.Proof) []rewrite.Proof {
	out := map[rewrite.ProofState][]rewrite.Proof{}
	rest := slices.DeleteFunc(slices.Clone(all), func(p rewrite.Proof) bool {
		same := p.Unchanged && (p.State == rewrite.Proven && len(p.Details) == 0 || p.State == rewrite.Unproven)
		if same {
			out[p.State] = append(out[p.State], p)
		}
		return same
	})
	if len(out[rewrite.Proven])+len(out[rewrite.Unproven]) < 2 {
		return all
	}
	for _, x := range []struct {
		state rewrite.ProofState
		word  string
		what  string
	}{{rewrite.Proven, "proven    ", "no file changes"}, {rewrite.Unproven, "unproven  ", "no file changes, but not all of it renders"}} {
		if all := out[x.state]; len(all) > 0 {
			t.line(plain, x.word+whatAre(all)+": "+x.what+t.names(len(all)))
		}
	}
	return rest
}

// fewProofs writes a line for those that are proven, if they are many and there
// is nothing else to say of them, and returns the others, with how many that are
// unproven it leaves out.
func (t *textReport) fewProofs(all []rewrite.Proof) (rest []rewrite.Proof, hidden int) {
	var proven []rewrite.Proof
	unproven := 0
	for _, p := range all {
		switch {
		case p.State == rewrite.Proven && len(p.Details) == 0:
			proven = append(proven, p)
			continue
		case p.State == rewrite.Unproven:
			if unproven++; unproven > maxProofs {
				continue
			}
		}
		rest = append(rest, p)
	}
	if len(proven) > maxProofs {
		t.line(plain, "proven    "+whatAre(proven)+": nothing changed but what the rules move"+t.names(len(proven)))
	} else {
		rest = append(proven, rest...)
	}
	return rest, max(0, unproven-maxProofs)
}

// whatAre says how many charts and kustomizations proofs are about.
func whatAre(all []rewrite.Proof) string {
	charts := 0
	for _, p := range all {
		if p.Kind == "chart" {
			charts++
		}
	}
	var what []string
	if charts > 0 {
		what = append(what, count(charts, "chart"))
	}
	if k := len(all) - charts; k > 0 {
		what = append(what, count(k, "kustomization"))
	}
	return list(what, "and")
}

// names says, once, how to see the names of n things.
func (t *textReport) names(n int) string {
	if t.hints {
		return ""
	}
	t.hints = true
	return some(n, " (-v names it)", " (-v names them)")
}

// unrendered names the charts whose values were told apart by names of keys.
func (t *textReport) unrendered() {
	n := len(t.p.Unrendered)
	if n == 0 || len(t.p.Proofs) > 0 {
		return
	}
	t.line(plain, count(n, "chart")+some(n, " does", " do")+" not render, so key names decided there; regmigrate verify says why")
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

// WriteProofs writes the proofs of a plan and nothing else, as `verify` does.
func WriteProofs(w io.Writer, p *rewrite.Plan, o Options) error {
	t := &textReport{o: o, p: p, width: o.Width}
	if t.width == 0 {
		t.width = 80
	}
	t.proofs()
	t.unproved()
	_, err := w.Write(t.b.Bytes())
	return err
}

// unproved writes which files of the plan failed, of which no verdict speaks.
func (t *textReport) unproved() {
	failed := summarize(t.p).failed
	if len(failed) == 0 {
		return
	}
	if !t.o.Quiet {
		t.line(red, count(len(failed), "file")+" failed, and the verdicts say nothing of "+some(len(failed), "it", "them"))
	}
	for _, f := range failed {
		t.line(red, "    "+f.path+": "+f.why)
	}
}
