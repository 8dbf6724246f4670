package report

import (
	"cmp"

	"github.com/regmigrate/regmigrate/pkg/report/wording"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// pageData is the data of the page. All strings are escaped as for a terminal.
type pageData struct {
	Wrote      bool            `json:"wrote"`
	Baseline   bool            `json:"baseline"`
	Flows      []pageFlow      `json:"flows"`
	References []pageReference `json:"references"`
	Actions    []pageAdvice    `json:"actions"`
	Notes      []pageAdvice    `json:"notes"`
	Reasons    []pageReason    `json:"reasons"`
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
	About  string      `json:"about"` // a reason or a reference, or ""
	Text   string      `json:"text"`
	Source string      `json:"source"`
	Places []pagePlace `json:"places"`
	Hidden int         `json:"hidden"`
}

type pagePlace struct {
	Ref      string `json:"ref"`
	Location string `json:"location"`
}

type pageReason struct {
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
	Findings   [][]any    `json:"findings"` // line, column, old, new, reason, note, field, flags
	Diff       [][]string `json:"diff"`
}

// maxFlows is the largest number of flows in the picture. The last one sums up
// the rest.
const maxFlows = 10

func pageOf(p *rewrite.Plan, s *summary) pageData {
	out := pageData{
		Wrote: s.run.Mode == wording.Write, Baseline: p.Baseline != nil, Flows: pageFlows(s),
		References: []pageReference{}, Actions: []pageAdvice{}, Notes: []pageAdvice{}, Reasons: []pageReason{},
		Proofs: []pageProof{}, Images: []pageImage{}, Files: []pageFile{},
	}
	for _, r := range s.references() {
		out.References = append(out.References, pageReference{escape(r.old), escape(r.new), len(r.all)})
	}
	for _, a := range adviceGroups(p, s) {
		x := pageAdvice{cmp.Or(a.reason, escape(a.ref)), escape(a.text), escape(a.source), []pagePlace{}, a.hidden}
		for _, place := range a.places {
			x.Places = append(x.Places, pagePlace{escape(place.ref), escape(place.location)})
		}
		if a.note {
			out.Notes = append(out.Notes, x)
		} else {
			out.Actions = append(out.Actions, x)
		}
	}
	for _, g := range s.unchanged {
		out.Reasons = append(out.Reasons, pageReason{string(g.reason), len(g.all), g.reason.Doc(), g.reason.Advice()})
	}
	proofs, _ := proofsByState(p)
	for _, x := range proofs {
		out.Proofs = append(out.Proofs, pageProof{x.State.String(), escape(x.Subject()), escape(x.Summary), escapes(x.Details)})
	}
	images, _ := imagesByVerdict(p)
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
		for i, on := range []bool{x.Implicit, x.IsConsequence, x.NotInBaseline, x.IsAssumed} {
			if on {
				flags |= 1 << i
			}
		}
		out.Findings = append(out.Findings, []any{x.Line, x.Column, escape(x.Old), escape(x.New), reason, escape(x.Note), escape(fieldOf(x)), flags})
	}
	return out
}

// pageFlows returns the numbers of references that move, by old and new prefix.
// It includes implicit references, so that the sum is the number in the
// headline.
func pageFlows(s *summary) []pageFlow {
	n := map[wording.Move]int{}
	for _, x := range s.moved {
		n[moveOf(x.Finding)]++
	}
	out := []pageFlow{}
	for _, m := range sortedMoves(n) {
		out = append(out, pageFlow{escape(m.From), escape(m.To), m.N})
	}
	if len(out) > maxFlows {
		rest := pageFlow{From: wording.Count(len(out)-maxFlows+1, "other name"), To: "other names"}
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
