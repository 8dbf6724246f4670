package report

import (
	"github.com/regmigrate/regmigrate/pkg/report/wording"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// verdicts are the verdicts of registries, the worst first.
var verdicts = []rewrite.Verdict{rewrite.Missing, rewrite.Different, rewrite.Unreachable, rewrite.Skipped, rewrite.Exists, rewrite.Same}

// imagesByVerdict returns the images of p, the worst verdict first, and the
// number of images by verdict.
func imagesByVerdict(p *rewrite.Plan) ([]rewrite.RegistryResult, map[rewrite.Verdict]int) {
	n := map[rewrite.Verdict]int{}
	var out []rewrite.RegistryResult
	for _, v := range verdicts {
		for _, x := range p.RegistryResults {
			if x.Verdict == v {
				out = append(out, x)
				n[v]++
			}
		}
	}
	return out, n
}

// isBad reports whether images with the verdict v cannot be used.
func isBad(v rewrite.Verdict) bool { return v == rewrite.Missing || v == rewrite.Different }

// verdictDetail says more about the verdict of x: what a registry answered, or
// the digests.
func verdictDetail(x *rewrite.RegistryResult) string {
	switch {
	case x.Detail != "":
		return x.Detail
	case x.Verdict == rewrite.Different:
		return "was " + x.OldDigest + ", is " + x.NewDigest
	}
	return x.NewDigest
}

// proofsByState returns the proofs of p, the failed ones first, and the number
// of proofs by state.
func proofsByState(p *rewrite.Plan) ([]rewrite.Proof, wording.ProofCount) {
	var n wording.ProofCount
	var failed, unproven, proven []rewrite.Proof
	for _, x := range p.Proofs {
		switch x.State {
		case rewrite.Failed:
			failed = append(failed, x)
			n.Failed++
		case rewrite.Unproven:
			unproven = append(unproven, x)
			n.Unproven++
		default:
			proven = append(proven, x)
			n.Proven++
		}
	}
	return append(append(failed, unproven...), proven...), n
}

// subjects says how many charts, kustomizations, files and releases proofs are about.
func subjects(all []rewrite.Proof) string {
	count := map[string]int{}
	for _, p := range all {
		count[p.Kind]++
	}
	return wording.Subjects(count)
}
