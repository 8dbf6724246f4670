package report

import (
	"strings"

	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// openRows is how many rows of a table stand open. A longer one is folded.
const openRows = 15

// folded puts a table of n rows into an element that the reader unfolds, if it
// is long.
func folded(s *section, n int, title string) {
	if n > openRows {
		s.head += "<details><summary>" + title + "</summary>\n\n"
		s.foot = "\n</details>\n" + s.foot
	}
}

// references is the table of what moves.
func (m *markdownReport) references(share, rank int) section {
	s := section{share: share, rank: rank}
	all := m.s.references()
	if len(all) == 0 {
		return s
	}
	s.head = "\n### References\n\n"
	folded(&s, len(all), count(len(all), "different reference"))
	s.head += "| old | new | places | where |\n|---|---|--:|---|\n"
	s.fill(len(all), func(i int) string {
		r := &all[i]
		return mdRow(mdCode(r.old), mdCode(r.new), number(len(r.all)), mdPlaces(r.all))
	})
	s.rest = func(i int) string {
		n := 0
		for _, r := range all[i:] {
			n += len(r.all)
		}
		return leftOut(count(len(all)-i, "more reference") + ", in " + count(n, "place"))
	}
	return s
}

// proofs is the table of what was proven.
func (m *markdownReport) proofs(share, rank int) section {
	s := section{share: share, rank: rank}
	all, n := byState(m.p)
	if len(all) == 0 {
		return s
	}
	s.head = "\n### Proof\n\n" + number(n[rewrite.Proven]) + " proven, " + number(n[rewrite.Unproven]) + " unproven, " + number(n[rewrite.Failed]) +
		" failed: rendered before and after, with nothing but references that differ.\n\n"
	folded(&s, len(all), whatAre(all))
	s.head += "| | what | result |\n|---|---|---|\n"
	s.fill(len(all), func(i int) string {
		p := &all[i]
		state := p.State.String()
		if p.State == rewrite.Failed {
			state = "**failed**"
		}
		result := mdProse(p.Summary)
		details := p.Details[:min(len(p.Details), maxDetails)]
		for _, d := range details {
			result += "<br>" + mdProse(d)
		}
		if rest := len(p.Details) - len(details); rest > 0 {
			result += "<br>and " + number(rest) + " more"
		}
		return mdRow(state, mdCode(p.Path), result)
	})
	s.rest = func(i int) string { return leftOut(count(len(all)-i, "more result")) }
	return s
}

// registries is the table of what registries say.
func (m *markdownReport) registries(share, rank int) section {
	s := section{share: share, rank: rank}
	all, n := byVerdict(m.p)
	if len(all) == 0 {
		return s
	}
	s.head = "\n### Registries\n\n" + count(len(all), "reference") + some(len(all), " was", " were") + " looked up:\n\n"
	for _, v := range verdicts {
		if n[v.verdict] > 0 {
			s.head += "- " + number(n[v.verdict]) + " " + v.verdict.String() + ": " + v.doc + "\n"
		}
	}
	s.head += "\n"
	folded(&s, len(all), "each of them")
	s.head += "| | old | new | |\n|---|---|---|---|\n"
	s.fill(len(all), func(i int) string {
		x := &all[i]
		verdict := x.Verdict.String()
		if x.Verdict == rewrite.Missing || x.Verdict == rewrite.Different {
			verdict = "**" + verdict + "**"
		}
		return mdRow(verdict, mdCode(x.Old), mdCode(x.New), mdProse(verdictDetail(x)))
	})
	s.rest = func(i int) string { return leftOut(count(len(all)-i, "more reference")) }
	return s
}

// kept is the table of what stays, and why.
func (m *markdownReport) kept(share, rank int) section {
	s := section{share: share, rank: rank}
	var rows []reasonRow
	for _, k := range m.s.kept {
		rows = append(rows, m.t.rowsOf(k, 0)...)
	}
	if len(rows) == 0 {
		return s
	}
	s.head = "\n### What stays, and why\n\n| mentions | reason | | where |\n|--:|---|---|---|\n"
	s.fill(len(rows), func(i int) string {
		r := &rows[i]
		if len(r.all) == 0 {
			return mdRow(number(r.hidden), "", "for "+count(r.causes, "other cause"), "")
		}
		return mdRow(number(len(r.all)), string(r.reason), mdProse(r.remark), mdCodes(r.places, r.hidden))
	})
	s.rest = func(i int) string {
		n := 0
		for _, r := range rows[i:] {
			n += max(len(r.all), r.hidden)
		}
		return leftOut(count(n, "more mention") + " that " + some(n, "stays", "stay"))
	}
	return s
}

// mdRow is a row of a table.
func mdRow(cells ...string) string { return "| " + strings.Join(cells, " | ") + " |\n" }

// mdPlaces says where mentions stand, in few words.
func mdPlaces(all []fileFinding) string {
	items, hidden := locations(all, maxFiles, -1)
	return mdCodes(items, hidden)
}

// mdCodes lists texts from outside, and how many more there are.
func mdCodes(items []string, hidden int) string {
	var out []string
	for _, x := range items {
		out = append(out, mdCode(x))
	}
	if hidden > 0 {
		out = append(out, "and "+number(hidden)+" more")
	}
	return strings.Join(out, ", ")
}
