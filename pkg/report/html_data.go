package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// The data of the page. All strings are escaped: they are for reading.

type pageData struct {
	Wrote      bool            `json:"wrote"`
	Baseline   bool            `json:"baseline"`
	Flows      []pageFlow      `json:"flows"`
	References []pageReference `json:"references"`
	Advice     []pageAdvice    `json:"advice"`
	Kept       []pageKept      `json:"kept"`
	Proofs     []pageProof     `json:"proofs"`
	Images     []pageImage     `json:"images"`
	Files      []pageFile      `json:"files"`
}

type pageFlow struct {
	From string `json:"from"`
	To   string `json:"to"`
	N    int    `json:"n"`
}

type pageReference struct {
	Old string `json:"old"`
	New string `json:"new"`
	N   int    `json:"n"`
}

type pageAdvice struct {
	About  string   `json:"about"`
	Text   string   `json:"text"`
	Source string   `json:"source"`
	Refs   []string `json:"refs"` // of each place, when there are several
	Places []string `json:"places"`
	Hidden int      `json:"hidden"`
}

type pageKept struct {
	Reason string `json:"reason"`
	N      int    `json:"n"`
	Doc    string `json:"doc"`
	Advice string `json:"advice"`
}

type pageProof struct {
	State   string   `json:"state"`
	Path    string   `json:"path"`
	Summary string   `json:"summary"`
	Details []string `json:"details"`
}

type pageImage struct {
	Verdict string `json:"verdict"`
	Old     string `json:"old"`
	New     string `json:"new"`
	Detail  string `json:"detail"`
}

type pageFile struct {
	Path       string     `json:"path"`
	Format     string     `json:"format"`
	Error      string     `json:"error"`
	Unverified bool       `json:"unverified"`
	Findings   [][]any    `json:"findings"` // line, column, old, new, reason, note, where, flags
	Diff       [][]string `json:"diff"`
}

// maxFlows is how many flows the picture has; the rest is one.
const maxFlows = 10

func pageOf(p *rewrite.Plan, s *summary, t *textReport) pageData {
	out := pageData{
		Wrote: !t.o.readOnly(), Baseline: p.Baseline != nil, Flows: pageFlows(p, s),
		References: []pageReference{}, Advice: []pageAdvice{}, Kept: []pageKept{}, Proofs: []pageProof{}, Images: []pageImage{}, Files: []pageFile{},
	}
	for _, r := range s.references() {
		out.References = append(out.References, pageReference{escape(r.old), escape(r.new), len(r.all)})
	}
	for _, a := range adviceGroups(p, s) {
		out.Advice = append(out.Advice, pageAdvice{cmp.Or(a.reason, escape(a.ref)), escape(a.text), escape(a.source), escapes(a.refs), escapes(a.places), a.hidden})
	}
	for _, k := range s.kept {
		out.Kept = append(out.Kept, pageKept{string(k.reason), len(k.all), k.reason.Doc(), k.reason.Advice()})
	}
	proofs, _ := byState(p)
	for _, x := range proofs {
		out.Proofs = append(out.Proofs, pageProof{x.State.String(), escape(x.Path), escape(x.Summary), escapes(x.Details)})
	}
	images, _ := byVerdict(p)
	for _, x := range images {
		out.Images = append(out.Images, pageImage{x.Verdict.String(), escape(x.Old), escape(x.New), escape(verdictDetail(&x))})
	}
	for i := range p.Files {
		out.Files = append(out.Files, pageFileOf(&p.Files[i]))
	}
	for _, x := range p.Skipped {
		if x.Err != nil {
			out.Files = append(out.Files, pageFile{Path: escape(x.Path), Error: escape(string(x.Reason) + ": " + x.Err.Error()), Findings: [][]any{}, Diff: [][]string{}})
		}
	}
	return out
}

func pageFileOf(f *rewrite.File) pageFile {
	out := pageFile{Path: escape(f.Path), Format: escape(f.Format), Unverified: f.Unverified && len(f.Edits) > 0, Findings: [][]any{}, Diff: diffOf(f)}
	if f.Err != nil {
		out.Error = escape(problem(f))
	}
	for j := range f.Findings {
		x := fileFinding{f, &f.Findings[j]}
		reason, flags := "", 0
		if x.Status == rewrite.NotChanged {
			reason = string(x.Reason)
		}
		for i, on := range []bool{x.Implicit, x.IsConsequence, x.NotInBaseline} {
			if on {
				flags |= 1 << i
			}
		}
		out.Findings = append(out.Findings, []any{x.Line, x.Column, escape(x.Old), escape(x.New), reason, escape(x.Note), escape(strings.TrimPrefix(where(x), " — ")), flags})
	}
	return out
}

// pageFlows are what moves from which name to which, implied ones too, so that
// they add up to the number in the headline.
func pageFlows(p *rewrite.Plan, s *summary) []pageFlow {
	n := map[move]int{}
	names := newRuleNames(p)
	for _, x := range s.moved {
		m, _ := names.of(x.Finding)
		n[m]++
	}
	out := []pageFlow{}
	for m, k := range n {
		out = append(out, pageFlow{escape(m.from), escape(m.to), k})
	}
	slices.SortFunc(out, func(a, b pageFlow) int {
		return cmp.Or(b.N-a.N, strings.Compare(a.From, b.From), strings.Compare(a.To, b.To))
	})
	if len(out) > maxFlows {
		rest := pageFlow{From: count(len(out)-maxFlows+1, "other name"), To: "elsewhere"}
		for _, f := range out[maxFlows-1:] {
			rest.N += f.N
		}
		out = append(out[:maxFlows-1], rest)
	}
	return out
}

func escapes(all []string) []string {
	out := []string{}
	for _, s := range all {
		out = append(out, escape(s))
	}
	return out
}
