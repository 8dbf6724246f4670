package report

import (
	"bytes"
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/report/wording"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// A summary is a plan, counted and sorted for the reports.
type summary struct {
	run wording.Run

	moved        []fileFinding // references that move
	assumed      []fileFinding // those of them that are likely images
	consequences []fileFinding // mentions that change because a reference moves
	unchanged    []reasonGroup
	failed       []failedFile
	unverified   []*rewrite.File // files that change and that no parser reads
}

// A fileFinding is a finding and its file.
type fileFinding struct {
	file *rewrite.File
	*rewrite.Finding
}

// A reasonGroup is all findings that are not changed for one reason, in the
// order of the plan.
type reasonGroup struct {
	reason format.Reason
	all    []fileFinding
}

// A failedFile is a file that could not be read, verified or written.
type failedFile struct{ path, why string }

func summarize(p *rewrite.Plan, o Options) summary {
	c := p.Count()
	s := summary{run: wording.Run{
		Mode: o.mode(), Presets: o.Presets, Rules: o.Rules, Scanned: p.ScannedFiles, Searched: p.SearchedFiles,
		Skips: skips(p), MovesInSkipped: p.MovesInSkippedFolders(), LostEntries: c.LostEntries(), OutdatedPolicies: c.OutdatedPolicies(), Unresolved: c.Unresolved,
		SpelledOut: wording.Tally{Rewritten: c.Rewritten, NotChanged: c.NotChanged},
		Implicit:   wording.Tally{Rewritten: c.RewrittenImplicit, NotChanged: c.NotChangedImplicit},
		Likely:     c.Likely(), Assumed: c.Assumed,
	}}
	if p.Rules != nil {
		s.run.OldNames = p.Rules.OldPrefixes()
	}
	for _, r := range p.VersionChanges() {
		dir := strings.TrimSuffix(strings.TrimSuffix(r.Path, "Chart.yaml"), "/")
		s.run.Bumps = append(s.run.Bumps, wording.Bump{Chart: cmp.Or(dir, "."), Old: r.Old, New: r.New})
	}
	for _, k := range p.AllowedImages() {
		s.run.AddedKeys = append(s.run.AddedKeys, wording.AddedKey(k))
	}
	unchanged := map[format.Reason][]fileFinding{}
	for i := range p.Files {
		f := &p.Files[i]
		if f.Err != nil {
			s.failed = append(s.failed, failedFile{f.Path, problem(f)})
		}
		if f.Unverified && len(f.Edits) > 0 && slices.ContainsFunc(f.Findings, isMove) {
			s.unverified = append(s.unverified, f)
		}
		for j := range f.Findings {
			x := fileFinding{f, &f.Findings[j]}
			switch {
			case x.Status != rewrite.Rewritten:
				unchanged[x.Reason] = append(unchanged[x.Reason], x)
			case x.IsConsequence:
				s.consequences = append(s.consequences, x)
			default:
				s.moved = append(s.moved, x)
				if x.IsAssumed {
					s.assumed = append(s.assumed, x)
				}
			}
		}
	}
	s.unchanged = byReason(unchanged)
	for _, x := range p.Skipped {
		// An unreadable file may have a mention. Files skipped for other
		// reasons are not failures.
		if x.Err != nil {
			s.failed = append(s.failed, failedFile{x.Path, string(x.Reason) + ": " + x.Err.Error()})
		}
	}
	slices.SortStableFunc(s.failed, func(a, b failedFile) int { return strings.Compare(a.path, b.path) })
	s.countMoves()
	if s.run.Moved == 0 {
		s.run.OtherFiles = c.ChangedFiles
	}
	return s
}

// isMove reports whether x is a reference that moves, not a consequence.
func isMove(x rewrite.Finding) bool { return x.Status == rewrite.Rewritten && !x.IsConsequence }

// countMoves counts the references that move into s.run.
func (s *summary) countMoves() {
	r := &s.run
	r.Moved, r.MovedFiles, r.Failed = len(s.moved), changedFiles(s.moved), len(s.failed)
	spelledOut, targets := map[wording.Move]int{}, map[string]int{}
	for _, x := range s.moved {
		m := moveOf(x.Finding)
		targets[m.To]++
		switch {
		case !x.Implicit:
			spelledOut[m]++
		case !hasPrefix(x.Old, m.From):
			r.Short++
		case isEscaped(x):
			r.Escaped++
		default:
			r.Split++
		}
	}
	r.Moves = sortedMoves(spelledOut)
	for t := range targets {
		r.Targets = append(r.Targets, t)
	}
	slices.SortFunc(r.Targets, func(a, b string) int { return cmp.Or(targets[b]-targets[a], strings.Compare(a, b)) })
	r.Consequences = wording.Consequences{
		Mentions: len(s.consequences), Files: changedFiles(s.consequences),
		ReadmeRows: !slices.ContainsFunc(s.consequences, func(x fileFinding) bool {
			return !strings.EqualFold(path.Base(x.file.Path), "README.md")
		}),
	}
}

// isEscaped reports whether the file writes the reference x with escape sequences.
func isEscaped(x fileFinding) bool {
	return bytes.IndexByte(x.file.Before[x.Mention.Start:x.Mention.End], '\\') >= 0
}

// moveOf returns the prefixes of the rule that moves f, or the hosts of f where
// the rule is not known.
func moveOf(f *rewrite.Finding) wording.Move {
	if f.From == "" {
		return wording.Move{From: host(f.Old), To: host(f.New)}
	}
	return wording.Move{From: f.From, To: f.To}
}

// hasPrefix reports whether the reference ref spells out prefix and is equal to
// or below it. Hosts are case-insensitive, and paths are in lower case.
func hasPrefix(ref, prefix string) bool {
	if len(ref) < len(prefix) || !strings.EqualFold(ref[:len(prefix)], prefix) {
		return false
	}
	rest := ref[len(prefix):]
	return rest == "" || strings.ContainsRune("/:@", rune(rest[0]))
}

// host returns ref up to its first slash.
func host(ref string) string {
	h, _, _ := strings.Cut(ref, "/")
	return h
}

// sortedMoves returns moves with their numbers, the most frequent first.
func sortedMoves(moves map[wording.Move]int) []wording.Move {
	var out []wording.Move
	for m, n := range moves {
		m.N = n
		out = append(out, m)
	}
	slices.SortFunc(out, func(a, b wording.Move) int {
		return cmp.Or(b.N-a.N, strings.Compare(a.From, b.From), strings.Compare(a.To, b.To))
	})
	return out
}

// changedFiles counts the files of findings that change.
func changedFiles(all []fileFinding) int {
	seen := map[*rewrite.File]bool{}
	for _, x := range all {
		if len(x.file.Edits) > 0 {
			seen[x.file] = true
		}
	}
	return len(seen)
}

// problem returns the error of f. Errors of the system have absolute paths,
// which are replaced by the relative one.
func problem(f *rewrite.File) string {
	if f.Abs == "" {
		return f.Err.Error()
	}
	return strings.ReplaceAll(f.Err.Error(), f.Abs, f.Path)
}

// byReason sorts groups in the order of format.Reasons, the most important
// first.
func byReason(groups map[format.Reason][]fileFinding) []reasonGroup {
	var out []reasonGroup
	for _, r := range format.Reasons {
		if all := groups[r.Reason]; len(all) > 0 {
			out = append(out, reasonGroup{r.Reason, all})
			delete(groups, r.Reason)
		}
	}
	// A reason that is not in format.Reasons is a bug there. It must not make
	// the counts wrong.
	var rest []reasonGroup
	for r, all := range groups {
		rest = append(rest, reasonGroup{r, all})
	}
	slices.SortFunc(rest, func(a, b reasonGroup) int { return cmp.Compare(a.reason, b.reason) })
	return append(out, rest...)
}

// skips returns the number of skipped files and folders by reason, the most
// frequent first.
func skips(p *rewrite.Plan) []wording.Skip {
	var out []wording.Skip
	for _, x := range p.Skipped {
		i := slices.IndexFunc(out, func(s wording.Skip) bool { return s.Reason == string(x.Reason) })
		if i < 0 {
			i = len(out)
			out = append(out, wording.Skip{Reason: string(x.Reason)})
		}
		if x.Dir {
			out[i].Folders++
		} else {
			out[i].Files++
		}
	}
	slices.SortFunc(out, func(a, b wording.Skip) int {
		return cmp.Or(b.Files+b.Folders-a.Files-a.Folders, strings.Compare(a.Reason, b.Reason))
	})
	return out
}

// likely returns the likely images that are not changed.
func (s *summary) likely() []fileFinding {
	for _, g := range s.unchanged {
		if g.reason == format.LikelyImage {
			return g.all
		}
	}
	return nil
}
