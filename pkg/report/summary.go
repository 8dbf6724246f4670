package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// A summary is a plan, counted the way that people ask about it.
type summary struct {
	counts  rewrite.Counts
	moved   []fileFinding
	follow  []fileFinding // mentions that follow from what moves, such as a README row
	moves   []move        // explicit ones, the most frequent first
	targets []string      // where everything moves to, the most frequent first

	split, short int // implied ones that move: over several keys, or a short form

	kept       []reasonGroup
	failed     []failedFile
	unverified []*rewrite.File // changed, and no parser looked at the result
}

// A fileFinding is a finding and the file that it is in.
type fileFinding struct {
	file *rewrite.File
	*rewrite.Finding
}

// A move is what the references that move have in common.
type move struct {
	from, to string
	n        int
}

// A reasonGroup is all that is kept for one reason, in the order of the plan.
type reasonGroup struct {
	reason format.Reason
	all    []fileFinding
}

// A failedFile is a file that could not be dealt with.
type failedFile struct{ path, why string }

func summarize(p *rewrite.Plan) summary {
	s := summary{counts: p.Count()}
	explicit, to := map[move]int{}, map[string]int{}
	kept := map[format.Reason][]fileFinding{}
	names := newRuleNames(p)
	for i := range p.Files {
		f := &p.Files[i]
		if f.Err != nil {
			s.failed = append(s.failed, failedFile{f.Path, problem(f)})
		}
		if f.Unverified && len(f.Edits) > 0 && slices.ContainsFunc(f.Findings, func(x rewrite.Finding) bool { return x.Status == rewrite.Rewritten && !x.IsConsequence }) {
			s.unverified = append(s.unverified, f)
		}
		for j := range f.Findings {
			x := fileFinding{f, &f.Findings[j]}
			if x.Status != rewrite.Rewritten {
				kept[x.Reason] = append(kept[x.Reason], x)
				continue
			}
			if x.IsConsequence {
				s.follow = append(s.follow, x)
				continue
			}
			s.moved = append(s.moved, x)
			m, short := names.of(x.Finding)
			to[m.to]++
			switch {
			case !x.Implicit:
				explicit[m]++
			case short:
				s.short++
			default:
				s.split++
			}
		}
	}
	for m, n := range explicit {
		m.n = n
		s.moves = append(s.moves, m)
	}
	slices.SortFunc(s.moves, func(a, b move) int {
		return cmp.Or(b.n-a.n, strings.Compare(a.from, b.from), strings.Compare(a.to, b.to))
	})
	for t := range to {
		s.targets = append(s.targets, t)
	}
	slices.SortFunc(s.targets, func(a, b string) int { return cmp.Or(to[b]-to[a], strings.Compare(a, b)) })
	s.kept = inOrder(kept)
	for _, x := range p.Skipped {
		// What the system did not let anybody read may hold a mention; the
		// other reasons say that it is none of ours.
		if x.Err != nil {
			s.failed = append(s.failed, failedFile{x.Path, string(x.Reason) + ": " + x.Err.Error()})
		}
	}
	slices.SortStableFunc(s.failed, func(a, b failedFile) int { return strings.Compare(a.path, b.path) })
	return s
}

// problem returns what is wrong with f. A system names files in full, which is
// nobody's business but the machine's.
func problem(f *rewrite.File) string {
	if f.Abs == "" {
		return f.Err.Error()
	}
	return strings.ReplaceAll(f.Err.Error(), f.Abs, f.Path)
}

// inOrder sorts by the order of format.Reasons, which is that of importance.
func inOrder(kept map[format.Reason][]fileFinding) []reasonGroup {
	var out []reasonGroup
	for _, r := range format.Reasons {
		if all := kept[r.Reason]; len(all) > 0 {
			out = append(out, reasonGroup{r.Reason, all})
			delete(kept, r.Reason)
		}
	}
	// A reason without a sentence is a mistake elsewhere; it must not make
	// the counts wrong here.
	var rest []reasonGroup
	for r, all := range kept {
		rest = append(rest, reasonGroup{r, all})
	}
	slices.SortFunc(rest, func(a, b reasonGroup) int { return cmp.Compare(a.reason, b.reason) })
	return append(out, rest...)
}
