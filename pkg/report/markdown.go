package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/report/wording"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// writeMarkdown writes the summary of a CI job or the text of a pull request, in
// GitHub's Markdown, which Gitea and GitLab render too. It writes at most
// MarkdownLimit bytes.
func writeMarkdown(w io.Writer, p *rewrite.Plan, o Options) error {
	m := &markdownReport{p: p, s: summarize(p, o)}
	groups := adviceGroups(p, &m.s)
	// The most important sections have the lowest ranks. The shares add up to
	// MarkdownLimit.
	sections := []section{
		m.headline(6_000, 0),
		m.why(2_000, 11),
		m.failures(4_000, 1),
		m.newMentions(4_000, 2),
		m.references(9_000, 5),
		m.proofs(8_000, 4),
		m.registries(8_000, 6),
		m.actions(groups, 6_000, 3),
		m.notes(groups, 2_000, 7),
		m.unverified(2_000, 8),
		m.unchanged(7_000, 9),
		m.totals(2_000, 10),
	}
	if _, err := io.WriteString(w, fit(sections, MarkdownLimit)); err != nil {
		return fmt.Errorf("writing the Markdown report: %w", err)
	}
	return nil
}

// A markdownReport makes the sections of a report in Markdown.
type markdownReport struct {
	p *rewrite.Plan
	s summary
}

// headline returns the heading, the rules, and the prefixes that references move
// from.
func (m *markdownReport) headline(share, rank int) section {
	r := &m.s.run
	s := section{head: "## " + mdHeading(r.Headline()) + "\n\n", share: share, rank: rank}
	if b := m.p.Baseline; b != nil {
		s.head = "## " + mdHeading(wording.SinceBaseline(b.New, b.File)) + "\n\n" + mdHeading(r.Headline()) + ".\n\n"
	}
	if rules := r.RulesInForce(); rules != "" {
		s.head += "Rules: " + mdHeading(rules) + ".\n\n"
	}
	items := append(r.Sources(maxSources), nonEmpty(r.ImplicitMoves(), r.AssumedMoves(), r.Updated(), r.AddedKeysText())...)
	if bumps, hidden := r.VersionBumps(maxReviewFiles); len(bumps) > 0 {
		if hidden > 0 {
			bumps = append(bumps, "and "+wording.Number(hidden)+" more")
		}
		items = append(items, bumps[0]+" "+strings.Join(bumps[1:], ", "))
	}
	s.fill(len(items), func(i int) string { return "- " + mdProse(items[i]) + "\n" })
	s.rest = func(i int) string { return omitted(wording.Count(len(items)-i, "more line")) }
	return s
}

// nonEmpty returns the items that are not empty.
func nonEmpty(items ...string) []string {
	var out []string
	for _, x := range items {
		if x != "" {
			out = append(out, x)
		}
	}
	return out
}

// failures lists the files that failed.
func (m *markdownReport) failures(share, rank int) section {
	s := section{share: share, rank: rank}
	n := len(m.s.failed)
	if n == 0 {
		return s
	}
	s.head = "\n### " + wording.Failures(n) + "\n\n" + wording.Plural(n, "It was", "They were") + " not changed. " +
		mdProse(wording.Sentence(wording.FailuresHelp(n))) + "\n\n"
	s.fill(n, func(i int) string {
		return "- " + mdCode(m.s.failed[i].path) + ": " + mdProse(m.s.failed[i].why) + "\n"
	})
	s.rest = func(i int) string { return omitted(wording.Count(n-i, "more failed file")) }
	return s
}

// newMentions returns the table of mentions that the baseline does not accept.
func (m *markdownReport) newMentions(share, rank int) section {
	s := section{share: share, rank: rank}
	all := newMentions(m.p)
	if len(all) == 0 {
		return s
	}
	s.head = "\n### New mentions\n\n| location | reference | result |\n|---|---|---|\n"
	s.fill(len(all), func(i int) string {
		x := all[i]
		return mdRow(mdCode(location(x.file.Path, x.Line)), mdCode(x.Old), mdProse(outcome(x)))
	})
	s.rest = func(i int) string { return omitted(wording.Count(len(all)-i, "more new mention")) }
	return s
}

// actions returns the task list of the advice that requires an action.
func (m *markdownReport) actions(groups []adviceGroup, share, rank int) section {
	return adviceSection(groups, false, section{head: "\n### Action required\n\n", share: share, rank: rank})
}

// notes lists the facts worth knowing.
func (m *markdownReport) notes(groups []adviceGroup, share, rank int) section {
	return adviceSection(groups, true, section{head: "\n### Notes\n\n", share: share, rank: rank})
}

// adviceSection fills s with the notes or the actions of groups.
func adviceSection(groups []adviceGroup, notes bool, s section) section {
	var all []*adviceGroup
	for i := range groups {
		if groups[i].note == notes {
			all = append(all, &groups[i])
		}
	}
	if len(all) == 0 {
		s.head = ""
		return s
	}
	bullet, noun := "- [ ] ", "more action"
	if notes {
		bullet, noun = "- ", "more note"
	}
	s.fill(len(all), func(i int) string { return bullet + mdAdvice(all[i]) + "\n" })
	s.rest = func(i int) string { return omitted(wording.Count(len(all)-i, noun)) }
	return s
}

// mdAdvice returns the text of a and its places.
func mdAdvice(a *adviceGroup) string {
	out := ""
	switch {
	case a.reason != "":
		out += "**" + a.reason + "**: "
	case a.ref != "":
		out += mdCode(a.ref) + ": "
	}
	out += mdProse(a.text)
	if a.source != "" {
		out += " (" + mdCode(a.source) + ")"
	}
	separator := "<br>"
	for _, x := range a.places {
		switch {
		case x.ref != "" && x.location != "":
			out += "<br>" + mdCode(x.ref) + " in " + mdCode(x.location)
		case x.ref != "":
			out += "<br>" + mdCode(x.ref)
		default:
			out += separator + mdCode(x.location)
			separator = ", "
		}
	}
	if a.hidden > 0 {
		out += separator + "and " + wording.Number(a.hidden) + " more"
	}
	return out
}

// unverified lists the files that were edited and that no parser reads.
func (m *markdownReport) unverified(share, rank int) section {
	s := section{share: share, rank: rank}
	all := m.s.unverified
	n := len(all)
	if n == 0 {
		return s
	}
	s.head = "\n### Review the diff of " + wording.Count(n, "file") + "\n\n" + wording.Sentence(wording.Unverified(n, m.s.run.Mode)) + "\n\n"
	folded(&s, n, wording.Count(n, "file"))
	s.fill(n, func(i int) string { return "- " + mdCode(all[i].Path) + "\n" })
	s.rest = func(i int) string { return omitted(wording.Count(n-i, "more file")) }
	return s
}

// totals returns the totals of the run, and the charts that do not render.
func (m *markdownReport) totals(share, rank int) section {
	s := section{share: share, rank: rank}
	r := &m.s.run
	s.head = "\n### Totals\n\n" + mdProse(r.Ledger()) + "\n\n" + mdProse(r.Coverage()) + ".\n"
	if len(m.p.Proofs) > 0 {
		return s
	}
	if n := len(m.p.TracedTolerantly()); n > 0 {
		s.head += "\n" + wording.TracedTolerantly(n) + ".\n"
	}
	all := m.p.NotTraced()
	n := len(all)
	if n == 0 {
		return s
	}
	s.head += "\n" + wording.Unrendered(n) + ":\n\n"
	s.fill(min(n, maxDetails), func(i int) string {
		if i == maxDetails-1 && n > maxDetails {
			return "- and " + wording.Number(n-i) + " more\n"
		}
		return "- " + mdCode(all[i]) + "\n"
	})
	s.rest = func(i int) string { return omitted(wording.Count(n-i, "more chart")) }
	return s
}

// omitted says that the report omits what, and which reports have it.
func omitted(what string) string {
	return what + " omitted, because the length of this text is limited. `regmigrate -v` and `regmigrate -o json` list everything."
}
