package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// writeMarkdown writes the summary of a job or the text of a pull request, in
// the Markdown of GitHub, which Gitea and GitLab read too. It is no longer than
// MarkdownLimit, however much is found.
func writeMarkdown(w io.Writer, p *rewrite.Plan, o Options) error {
	o.Verbose, o.Quiet = false, false // what there is room for is shown in any case
	m := &markdownReport{p: p, s: summarize(p)}
	m.t = &textReport{o: o, p: p, s: m.s, width: -1, hints: true}
	// What nobody may miss has the lower ranks; the shares are MarkdownLimit.
	sections := []section{
		m.answer(6_000, 0),
		m.failures(4_000, 1),
		m.unaccepted(4_000, 2),
		m.references(11_000, 5),
		m.proofs(8_000, 4),
		m.registries(8_000, 6),
		m.byHand(8_000, 3),
		m.unverified(2_000, 7),
		m.kept(7_000, 8),
		m.ledger(2_000, 9),
	}
	if _, err := io.WriteString(w, fit(sections, MarkdownLimit)); err != nil {
		return fmt.Errorf("writing the Markdown report: %w", err)
	}
	return nil
}

// A markdownReport is a report in Markdown being made.
type markdownReport struct {
	p *rewrite.Plan
	s summary
	t *textReport // for the words that both have in common
}

// answer is the headline, the rules, and what moves from where.
func (m *markdownReport) answer(share, rank int) section {
	s := section{head: "## " + mdHeading(m.t.headline()) + "\n\n", share: share, rank: rank}
	if m.p.Baseline != nil {
		s.head = "## " + mdHeading(baselineHeadline(m.p.Baseline)) + "\n\n" + mdHeading(m.t.headline()) + ".\n\n"
	}
	if rules := m.t.inForce(); rules != "" {
		s.head += "By " + mdHeading(rules) + ".\n\n"
	}
	items := slices.DeleteFunc(append(m.t.from(), m.t.unsearchable(), m.t.following()), func(x string) bool { return x == "" })
	if raises := m.t.raises(); len(raises) > 0 {
		items = append(items, raises[0]+" "+strings.Join(raises[1:], ", "))
	}
	s.fill(len(items), func(i int) string { return "- " + mdProse(items[i]) + "\n" })
	s.rest = func(i int) string { return leftOut(count(len(items)-i, "more line")) }
	return s
}

// failures are the files that could not be dealt with.
func (m *markdownReport) failures(share, rank int) section {
	s := section{share: share, rank: rank}
	if n := len(m.s.failed); n > 0 {
		s.head = "\n### " + count(n, "file") + " failed\n\n" + some(n, "It stays", "They stay") + " as " + some(n, "it is", "they are") +
			"; put " + some(n, "it", "them") + " right or leave " + some(n, "it", "them") + " out with `--exclude`, and run again.\n\n"
		s.fill(n, func(i int) string {
			return "- " + mdCode(m.s.failed[i].path) + ": " + mdProse(m.s.failed[i].why) + "\n"
		})
		s.rest = func(i int) string { return leftOut(count(n-i, "more file") + " that failed") }
	}
	return s
}

// unaccepted is the table of what is new to the baseline.
func (m *markdownReport) unaccepted(share, rank int) section {
	s := section{share: share, rank: rank}
	all := newMentions(m.p)
	if len(all) == 0 {
		return s
	}
	s.head = "\n### New\n\n| where | reference | |\n|---|---|---|\n"
	s.fill(len(all), func(i int) string {
		x := all[i]
		return mdRow(mdCode(location(x.file.Path, x.Line)), mdCode(x.Old), mdProse(outcome(x)))
	})
	s.rest = func(i int) string { return leftOut(count(len(all)-i, "more new mention")) }
	return s
}

// byHand lists what is left for a person.
func (m *markdownReport) byHand(share, rank int) section {
	s := section{share: share, rank: rank}
	all := adviceGroups(m.p, &m.s)
	if len(all) == 0 {
		return s
	}
	s.head = "\n### To do by hand\n\n"
	s.fill(len(all), func(i int) string {
		a := &all[i]
		row := "- [ ] "
		switch {
		case a.reason != "":
			row += "**" + a.reason + "**: "
		case a.ref != "":
			row += mdCode(a.ref) + ": "
		}
		row += mdProse(a.text)
		if a.source != "" {
			row += " (" + mdCode(a.source) + ")"
		}
		switch {
		case a.refs != nil:
			for i, ref := range a.refs {
				row += "<br>" + mdCode(ref)
				if a.places[i] != "" {
					row += " in " + mdCode(a.places[i])
				}
			}
			if a.hidden > 0 {
				row += "<br>and " + number(a.hidden) + " more"
			}
		case len(a.places) > 0:
			row += "<br>" + mdCodes(a.places, a.hidden)
		}
		return row + "\n"
	})
	s.rest = func(i int) string { return leftOut(count(len(all)-i, "more thing") + " to do") }
	return s
}

// unverified lists the files that were edited without a parser.
func (m *markdownReport) unverified(share, rank int) section {
	s := section{share: share, rank: rank}
	all := m.s.unverified
	if len(all) == 0 {
		return s
	}
	s.head = "\n### Look at the diff of " + count(len(all), "file") + "\n\nNo parser takes " + some(len(all), "it", "them") + ", so that the edits rest on the grammar of references alone.\n\n"
	folded(&s, len(all), count(len(all), "file"))
	s.fill(len(all), func(i int) string { return "- " + mdCode(all[i].Path) + "\n" })
	s.rest = func(i int) string { return leftOut(count(len(all)-i, "more file")) }
	return s
}

// ledger is the sum.
func (m *markdownReport) ledger(share, rank int) section {
	s := section{share: share, rank: rank}
	s.head = "\n### Ledger\n\n" + mdProse(m.s.ledger()) + "\n\n" + mdProse(m.t.lookedAt()) + ".\n"
	all := m.p.Unrendered
	if n := len(all); n > 0 && len(m.p.Proofs) == 0 {
		s.head += "\n" + count(n, "chart") + some(n, " does", " do") + " not render, so that key names decided there:\n\n"
		s.fill(min(n, maxDetails), func(i int) string {
			if i == maxDetails-1 && n > maxDetails {
				return "- and " + number(n-i) + " more\n"
			}
			return "- " + mdCode(all[i]) + "\n"
		})
		s.rest = func(i int) string { return leftOut(count(n-i, "more chart")) }
	}
	return s
}

// leftOut says that something is not shown here, and what shows it.
func leftOut(what string) string {
	return what + ": left out, since this text may not be longer. `regmigrate -v` lists everything, and so does `-o json`."
}
