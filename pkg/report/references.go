package report

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// A reference is a reference that moves, and all places where it does.
type reference struct {
	old, new string
	all      []fileFinding
}

// references returns what moves, the most frequent first. The places of all
// add up to the number in the headline.
func (s *summary) references() []reference {
	var out []reference
	index := map[[2]string]int{}
	for _, x := range s.moved {
		key := [2]string{x.Old, x.New}
		i, ok := index[key]
		if !ok {
			i = len(out)
			index[key] = i
			out = append(out, reference{old: x.Old, new: x.New})
		}
		out[i].all = append(out[i].all, x)
	}
	slices.SortStableFunc(out, func(a, b reference) int {
		return cmp.Or(len(b.all)-len(a.all), strings.Compare(a.old, b.old), strings.Compare(a.new, b.new))
	})
	return out
}

// An adviceGroup is something to do by hand, and all places where it is.
type adviceGroup struct {
	reason string // why it is kept, or
	ref    string // the one reference that it is about; both may be ""
	text   string
	source string
	places []string // path:line, line
	refs   []string // of each place the reference, when they are about several
	n      int      // how many places there are
	hidden int      // how many of those are not in places
}

// adviceGroups returns what is left for a person to do: about what is kept, first,
// then the advice of the plan, one entry for the same words.
func adviceGroups(p *rewrite.Plan, s *summary) []adviceGroup {
	var out []adviceGroup
	for _, k := range s.kept {
		if text := k.reason.Advice(); text != "" {
			a := adviceGroup{reason: string(k.reason), text: text, n: len(k.all)}
			a.places, a.hidden = locations(k.all, maxAllFiles, -1)
			out = append(out, a)
		}
	}
	index := map[[2]string]int{}
	for _, x := range p.Advice {
		key := [2]string{x.Text, x.Source}
		i, ok := index[key]
		if !ok {
			i = len(out)
			index[key] = i
			out = append(out, adviceGroup{ref: x.Ref, text: x.Text, source: x.Source})
		}
		a := &out[i]
		if a.refs == nil && a.ref != x.Ref {
			if len(a.places) == 0 {
				a.places, a.n = []string{""}, 1
			}
			a.refs, a.ref = slices.Repeat([]string{a.ref}, len(a.places)), ""
		}
		several := a.refs != nil
		switch {
		case x.Path == "" && !several:
			continue
		case len(a.places) < maxAllFiles:
			a.places = append(a.places, location(x.Path, x.Line))
			if several {
				a.refs = append(a.refs, x.Ref)
			}
		default:
			a.hidden++
		}
		a.n++
	}
	return out
}

// verdicts are those of registries in the order in which one wants to know
// them, the bad ones first.
var verdicts = []struct {
	verdict rewrite.Verdict
	doc     string
}{
	{rewrite.Missing, "the new reference does not exist"},
	{rewrite.Different, "the new reference is another image than the old one"},
	{rewrite.Unreachable, "a registry did not answer, so that it is not known"},
	{rewrite.Skipped, "nobody was asked about it, since it is no whole reference"},
	{rewrite.Exists, "the new reference exists; the old one cannot be asked any more"},
	{rewrite.Same, "both exist, with the same digest"},
}

// byVerdict returns the images of a plan, the bad ones first, and how many
// there are of each verdict.
func byVerdict(p *rewrite.Plan) ([]rewrite.RegistryResult, map[rewrite.Verdict]int) {
	n := map[rewrite.Verdict]int{}
	var out []rewrite.RegistryResult
	for _, v := range verdicts {
		for _, x := range p.RegistryResults {
			if x.Verdict == v.verdict {
				out = append(out, x)
				n[v.verdict]++
			}
		}
	}
	return out, n
}

// byState returns the proofs of a plan, the bad ones first, and how many there
// are of each state.
func byState(p *rewrite.Plan) ([]rewrite.Proof, map[rewrite.ProofState]int) {
	n := map[rewrite.ProofState]int{}
	var out []rewrite.Proof
	for _, state := range []rewrite.ProofState{rewrite.Failed, rewrite.Unproven, rewrite.Proven} {
		for _, x := range p.Proofs {
			if x.State == state {
				out = append(out, x)
				n[state]++
			}
		}
	}
	return out, n
}

// location is path and line as a report has them; a line of 0 is none.
func location(path string, line int) string {
	if line == 0 {
		return path
	}
	return path + ":" + strconv.Itoa(line)
}

// verdictDetail says more about a verdict than its name: what a registry said, and
// what is there.
func verdictDetail(x *rewrite.RegistryResult) string {
	switch {
	case x.Detail != "":
		return x.Detail
	case x.Verdict == rewrite.Different:
		return "was " + x.OldDigest + ", is " + x.NewDigest
	}
	return x.NewDigest
}

// ledger is the sum of the plan: what there is equals what became of it.
func (s *summary) ledger() string {
	c := s.counts
	out := count(c.Mentions(), "mention") + " = " + number(c.Rewritten) + " rewritten + " + number(c.NotChanged) + " kept"
	if c.RewrittenImplicit+c.NotChangedImplicit > 0 {
		out += "; and " + count(c.RewrittenImplicit+c.NotChangedImplicit, "reference") + " that no text search would find = " +
			number(c.RewrittenImplicit) + " rewritten + " + number(c.NotChangedImplicit) + " kept"
	}
	if n := len(s.follow); n > 0 {
		out += "; " + number(n) + " of what is rewritten " + some(n, "follows", "follow") + " from the rest"
	}
	return out + "."
}
