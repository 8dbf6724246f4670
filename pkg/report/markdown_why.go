package report

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/report/wording"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// A cause says why references of some prefixes move.
type cause struct {
	from, to          []string
	doc, source, date string
}

// causes returns what the rules that moved a reference say about the move, in the
// order of the rules. A rule without a sentence has no cause.
func causes(p *rewrite.Plan) []cause {
	if p.Rules == nil {
		return nil
	}
	type pair struct{ from, to string }
	used := map[pair]bool{}
	for i := range p.Files {
		for _, x := range p.Files[i].Findings {
			if x.Status == rewrite.Rewritten && !x.IsConsequence {
				used[pair{x.From, x.To}] = true
			}
		}
	}
	var out []cause
	for _, r := range p.Rules.Rules() {
		if r.Doc == "" || !used[pair{r.From, r.To}] {
			continue
		}
		i := slices.IndexFunc(out, func(c cause) bool { return c.doc == r.Doc && c.source == r.Source && c.date == r.Date })
		if i < 0 {
			i = len(out)
			out = append(out, newCause(r))
		}
		for _, x := range []struct {
			to   *[]string
			name string
		}{{&out[i].from, r.From}, {&out[i].to, r.To}} {
			if !slices.Contains(*x.to, x.name) {
				*x.to = append(*x.to, x.name)
			}
		}
	}
	return out
}

func newCause(r rules.Rule) cause { return cause{doc: r.Doc, source: r.Source, date: r.Date} }

// day matches the date of a rule.
var day = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)

// maxPrefixes is the number of prefixes that one row names.
const maxPrefixes = 4

// why returns the section that says why references move, with the sources.
func (m *markdownReport) why(share, rank int) section {
	s := section{share: share, rank: rank}
	all := causes(m.p)
	if len(all) == 0 {
		return s
	}
	s.head = "\n### Why\n\n"
	s.fill(len(all), func(i int) string {
		c := all[i]
		row := "- " + mdNames(c.from) + " → " + mdNames(c.to) + ": " + mdProse(strings.TrimSuffix(c.doc, ".")+".")
		if c.source != "" {
			row += " Source: " + mdLink(c.source)
			if day.MatchString(c.date) {
				row += ", " + c.date
			}
			row += "."
		}
		return row + "\n"
	})
	s.rest = func(i int) string { return omitted(wording.Count(len(all)-i, "more reason")) }
	return s
}

// mdNames returns the first names as code.
func mdNames(names []string) string {
	var out []string
	for _, n := range names[:min(len(names), maxPrefixes)] {
		out = append(out, mdCode(n))
	}
	if n := len(names) - maxPrefixes; n > 0 {
		out = append(out, "and "+wording.Number(n)+" more")
	}
	return strings.Join(out, ", ")
}

// plainURL matches addresses without a character that Markdown interprets between
// angle brackets.
var plainURL = regexp.MustCompile(`^https://[a-z0-9.-]+/[A-Za-z0-9._~/%?=&+-]*$`)

// mdLink returns an address as a link if it is plain. An address of a forge is code:
// a link to an issue or a pull request adds a line to its page.
func mdLink(address string) string {
	u, err := url.Parse(address)
	if err != nil || !plainURL.MatchString(address) || len(address) > mdClip || u.Host == "github.com" || strings.HasPrefix(u.Host, "gitlab.") {
		return mdCode(address)
	}
	return "<" + address + ">"
}
