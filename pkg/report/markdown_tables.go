package report

import (
	"github.com/regmigrate/regmigrate/pkg/report/wording"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"strings"
)

// openRows is the maximum number of rows of a table that is not collapsed.
const openRows = 15

// folded puts a long table of n rows into an element that is collapsed at
// first.
func folded(s *section, n int, title string) {
	if n > openRows {
		s.head += "<details><summary>" + title + "</summary>\n\n"
		s.foot = "\n</details>\n" + s.foot
	}
}

// references returns the table of the references that move.
func (m *markdownReport) references(share, rank int) section {
	s := section{share: share, rank: rank}
	all := m.s.references()
	if len(all) == 0 {
		return s
	}
	s.head = "\n### References\n\n"
	folded(&s, len(all), wording.Count(len(all), "different reference"))
	// Old and new in one cell: with four columns, forges hide the locations at the edge.
	s.head += "| old → new | uses | locations |\n|---|--:|---|\n"
	s.fill(len(all), func(i int) string {
		r := &all[i]
		items, hidden := locations(r.all, maxFiles, -1)
		return mdRow(mdCode(r.old)+"<br>→ "+mdCode(r.new), wording.Number(len(r.all)), mdCodes(items, hidden))
	})
	s.rest = func(i int) string {
		n := 0
		for _, r := range all[i:] {
			n += len(r.all)
		}
		return omitted(wording.Count(len(all)-i, "more reference") + " (" + wording.Count(n, "use") + ")")
	}
	return s
}

// proofs returns the table of the proofs.
func (m *markdownReport) proofs(share, rank int) section {
	s := section{share: share, rank: rank}
	all, n := proofsByState(m.p)
	if len(all) == 0 {
		return s
	}
	s.head = "\n### Proofs\n\n" + n.String() + ". Proven: rendered before and after the change, the output differs only in references that move.\n\n"
	folded(&s, len(all), subjects(all))
	s.head += "| state | path | result |\n|---|---|---|\n"
	s.fill(len(all), func(i int) string {
		p := &all[i]
		state := p.State.String()
		if p.State == rewrite.Failed {
			state = "**failed**"
		}
		result := mdProse(p.Summary)
		details := firstN(p.Details, maxDetails)
		for _, d := range details {
			result += "<br>" + mdProse(d)
		}
		if rest := len(p.Details) - len(details); rest > 0 {
			result += "<br>and " + wording.Number(rest) + " more"
		}
		return mdRow(state, mdCode(p.Subject()), result)
	})
	s.rest = func(i int) string { return omitted(wording.Count(len(all)-i, "more result")) }
	return s
}

// registries returns the table of the verdicts of registries.
func (m *markdownReport) registries(share, rank int) section {
	s := section{share: share, rank: rank}
	all, n := imagesByVerdict(m.p)
	if len(all) == 0 {
		return s
	}
	s.head = "\n### Registry checks\n\n" + wording.Count(len(all), "reference") + " checked in registries:\n\n"
	for _, v := range verdicts {
		if n[v] > 0 {
			s.head += "- " + wording.Number(n[v]) + " " + v.String() + ": " + wording.Verdict(v.String()) + "\n"
		}
	}
	s.head += "\n"
	folded(&s, len(all), wording.Count(len(all), "reference"))
	s.head += "| verdict | old | new | details |\n|---|---|---|---|\n"
	s.fill(len(all), func(i int) string {
		x := &all[i]
		verdict := x.Verdict.String()
		if isBad(x.Verdict) {
			verdict = "**" + verdict + "**"
		}
		return mdRow(verdict, mdCode(x.Old), mdCode(x.New), mdProse(verdictDetail(x)))
	})
	s.rest = func(i int) string { return omitted(wording.Count(len(all)-i, "more reference")) }
	return s
}

// unchanged returns the table of the mentions that are not changed, by reason.
func (m *markdownReport) unchanged(share, rank int) section {
	s := section{share: share, rank: rank}
	var rows []reasonRow
	for _, g := range m.s.unchanged {
		rows = append(rows, reasonRows(g, rowLayout{columns: -1})...)
	}
	if len(rows) == 0 {
		return s
	}
	s.head = "\n### Not changed\n\n| mentions | reason | remark | locations |\n|--:|---|---|---|\n"
	s.fill(len(rows), func(i int) string {
		r := &rows[i]
		if len(r.all) == 0 {
			return mdRow(wording.Number(r.hidden), "", "with "+wording.Count(r.hiddenNotes, "other note"), "")
		}
		return mdRow(wording.Number(len(r.all)), string(r.reason), mdProse(r.remark), mdCodes(r.locations, r.hidden))
	})
	s.rest = func(i int) string {
		n := 0
		for _, r := range rows[i:] {
			n += max(len(r.all), r.hidden)
		}
		return omitted(wording.Count(n, "more mention"))
	}
	return s
}

// mdRow returns a row of a table.
func mdRow(cells ...string) string { return "| " + strings.Join(cells, " | ") + " |\n" }

// mdCodes lists texts from outside as code, and the number of hidden ones.
func mdCodes(items []string, hidden int) string {
	var out []string
	for _, x := range items {
		out = append(out, mdCode(x))
	}
	if hidden > 0 {
		out = append(out, "and "+wording.Number(hidden)+" more")
	}
	return strings.Join(out, ", ")
}
