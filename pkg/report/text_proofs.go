package report

import (
	"io"
	"slices"

	"github.com/regmigrate/regmigrate/pkg/report/wording"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// proofLabels are the words that begin the line of a proof, padded to equal
// width.
var proofLabels = map[rewrite.ProofState]string{
	rewrite.Proven:   "proven    ",
	rewrite.Unproven: "unproven  ",
	rewrite.Failed:   "FAILED    ",
}

// proofLabelWidth is the width of the proofLabels.
const proofLabelWidth = len("unproven  ")

// maxProofPath is the width up to which the summaries of proofs are aligned
// after paths.
const maxProofPath = 40

// minProofSummary is the smallest number of columns beside the paths in which
// summaries are readable. With fewer they are below the paths.
const minProofSummary = 48

// proofs writes the proofs, the failed ones last, where a reader of a terminal
// looks first. A quiet summary has the failed ones only, and the unproven ones if the
// run requires proofs.
func (t *textReport) proofs() {
	if len(t.p.Proofs) == 0 {
		return
	}
	all, n := proofsByState(t.p)
	slices.SortStableFunc(all, func(a, b rewrite.Proof) int { return proofOrder(a) - proofOrder(b) })
	shown := all
	var folded []rewrite.Proof
	switch {
	case t.o.Quiet:
		shown = slices.DeleteFunc(slices.Clone(all), func(p rewrite.Proof) bool {
			return p.State == rewrite.Proven || p.State == rewrite.Unproven && !t.o.RequireProof
		})
	case t.fewProofs:
		shown = t.sumUpUntouched(all)
	case !t.o.Verbose:
		shown = t.sumUpUntouched(all)
		if !t.o.RequireProof {
			folded, shown = foldUntouched(shown)
		}
		shown = t.foldProven(shown)
	}
	hidden := 0
	if t.fewProofs {
		shown, hidden = t.sumUpProven(shown)
	}
	width := 0
	for _, p := range shown {
		width = max(width, min(columns(p.Subject()), maxProofPath))
	}
	stacked := !t.fits(proofLabelWidth + width + 2 + minProofSummary)
	for i, p := range shown {
		if p.State != rewrite.Proven {
			t.untouchedUnproven(folded)
			folded = nil
		}
		if stacked {
			t.stackedProof(p)
		} else {
			t.proof(p, width)
		}
		last := i+1 == len(shown) || shown[i+1].State != p.State
		if hidden > 0 && p.State == rewrite.Unproven && last {
			t.line(dim, pad(proofLabelWidth)+t.more(hidden))
		}
	}
	t.untouchedUnproven(folded)
	if len(all) > 1 && !t.o.Quiet {
		t.line(bold, n.String())
	}
}

func proofOrder(p rewrite.Proof) int {
	return slices.Index([]rewrite.ProofState{rewrite.Proven, rewrite.Unproven, rewrite.Failed}, p.State)
}

// proof writes one proof. Its summary is aligned after width columns of path.
func (t *textReport) proof(p rewrite.Proof, width int) {
	s := plain
	if p.State == rewrite.Failed {
		s = red
	}
	t.put(s, proofLabels[p.State])
	t.put(bold, p.Subject())
	t.put(plain, "  ")
	t.paragraph(plain, p.Summary, proofLabelWidth+columns(p.Subject())+2, proofLabelWidth+width+2)
	t.proofDetails(p)
}

// stackedProof writes one proof with its summary below its path, for paths that
// leave too little space for the summary.
func (t *textReport) stackedProof(p rewrite.Proof) {
	s := plain
	if p.State == rewrite.Failed {
		s = red
	}
	t.put(s, proofLabels[p.State])
	t.line(bold, p.Subject())
	t.paragraph(plain, p.Summary, 0, proofLabelWidth+2)
	t.proofDetails(p)
}

func (t *textReport) proofDetails(p rewrite.Proof) {
	details := firstN(p.Details, t.limit(maxDetails))
	for _, d := range details {
		t.paragraph(dim, d, 0, proofLabelWidth+2)
	}
	if n := len(p.Details) - len(details); n > 0 {
		t.line(dim, pad(proofLabelWidth+2)+t.more(n))
	}
}

// sumUpUntouched writes one line for the proven charts and kustomizations in which
// no file changes, if there are several, and returns the other proofs. An unproven
// one is among the others, because its reason may hide an old name, and so is one
// with details, such as an old name that is still rendered.
func (t *textReport) sumUpUntouched(all []rewrite.Proof) []rewrite.Proof {
	proven, rest := partition(all, func(p rewrite.Proof) bool { return isUntouched(p, rewrite.Proven) })
	if len(proven) < 2 {
		return all
	}
	t.proofSum(proven, "no file changes")
	return rest
}

// isUntouched reports whether no file changes, and nothing else is to be said about p
// than its summary.
func isUntouched(p rewrite.Proof, state rewrite.ProofState) bool {
	return p.Unchanged && p.State == state && len(p.Details) == 0
}

func partition(all []rewrite.Proof, first func(rewrite.Proof) bool) (yes, no []rewrite.Proof) {
	for _, p := range all {
		if first(p) {
			yes = append(yes, p)
		} else {
			no = append(no, p)
		}
	}
	return yes, no
}

// foldUntouched returns the unproven charts and kustomizations in which no file
// changes, if they are many, and the other proofs.
func foldUntouched(all []rewrite.Proof) (folded, rest []rewrite.Proof) {
	folded, rest = partition(all, func(p rewrite.Proof) bool { return isUntouched(p, rewrite.Unproven) })
	if len(folded) <= maxProofs {
		return nil, all
	}
	return folded, rest
}

// untouchedUnproven writes the result of foldUntouched with all names, because what
// does not render may have an old name.
func (t *textReport) untouchedUnproven(folded []rewrite.Proof) {
	if len(folded) == 0 {
		return
	}
	t.proofSum(folded, "no file changes, but a part of each is not rendered and may have an old name")
	names := make([]string, len(folded))
	for i, p := range folded {
		names[i] = p.Subject()
	}
	t.wrapped(dim, names, "  ", 0, proofLabelWidth+2)
}

// sumUpProven writes one line for the proven proofs without details, if there
// are many. It returns the other proofs in rest, and the number of unproven
// proofs that rest does not contain.
func (t *textReport) sumUpProven(all []rewrite.Proof) (rest []rewrite.Proof, hidden int) {
	var proven []rewrite.Proof
	unproven := 0
	for _, p := range all {
		switch {
		case p.State == rewrite.Proven && len(p.Details) == 0:
			proven = append(proven, p)
			continue
		case p.State == rewrite.Unproven:
			if unproven++; unproven > maxProofs && t.fewProofs {
				continue
			}
		}
		rest = append(rest, p)
	}
	if len(proven) > maxProofs {
		t.proofSum(proven, "only references that move change")
	} else {
		rest = append(proven, rest...)
	}
	return rest, max(0, unproven-maxProofs)
}

// foldProven writes one line for the proven proofs of each summary, if there are many
// proven ones, and returns the others. If that makes many lines, it writes one for all.
func (t *textReport) foldProven(all []rewrite.Proof) []rewrite.Proof {
	var rest []rewrite.Proof
	var summaries []string
	bySummary := map[string][]rewrite.Proof{}
	proven := 0
	for _, p := range all {
		if p.State != rewrite.Proven || len(p.Details) > 0 {
			rest = append(rest, p)
			continue
		}
		proven++
		if bySummary[p.Summary] == nil {
			summaries = append(summaries, p.Summary)
		}
		bySummary[p.Summary] = append(bySummary[p.Summary], p)
	}
	switch {
	case proven <= maxProofs:
		return all
	case len(summaries) > maxProofs:
		rest, _ = t.sumUpProven(all)
		return rest
	}
	var single []rewrite.Proof
	for _, s := range summaries {
		if same := bySummary[s]; len(same) == 1 {
			single = append(single, same[0])
		} else {
			t.proofSum(same, s)
		}
	}
	return append(single, rest...)
}

// proofSum writes one line for several proofs of the same state.
func (t *textReport) proofSum(all []rewrite.Proof, summary string) {
	if len(all) == 0 {
		return
	}
	words := subjects(all) + ": " + summary
	if !t.hinted {
		t.hinted = true
		words += wording.Plural(len(all), " (-v lists it)", " (-v lists them)")
	}
	t.put(plain, proofLabels[all[0].State])
	t.paragraph(plain, words, proofLabelWidth, proofLabelWidth)
}

// WriteProofs writes the proofs of a plan, and the files that failed.
func WriteProofs(w io.Writer, p *rewrite.Plan, o Options) error {
	t := newTextReport(p, o)
	t.proofs()
	if n := len(t.s.failed); n > 0 {
		if !o.Quiet {
			t.line(red, wording.Failures(n)+" and "+wording.Plural(n, "is", "are")+" not covered by the results above")
		}
		t.failedFiles(-1)
	}
	_, err := w.Write(t.b.Bytes())
	return err
}
