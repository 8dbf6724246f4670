// Package rewrite is the engine: it plans which references are rewritten,
// accounts for every mention, verifies the plan and writes it.
//
// [PlanFiles] reads a tree and returns a [Plan]: every file with a mention, its
// edits, and one [Finding] for each mention. Nothing is written before
// [Plan.Apply]. The package guarantees:
//
//   - outside the edits, not one byte of a file changes;
//   - after the edits the file parses as before, and its tree differs only in
//     the edited scalars; a file for which this cannot be shown is not changed;
//   - the ledger is complete: the explicit findings of a file are exactly the
//     mentions that `grep -oF` prints for the prefixes of the rules;
//   - a second run changes nothing, and neither the number of workers nor the
//     order of the walk changes a plan.
package rewrite

import (
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/chart"
	"github.com/regmigrate/regmigrate/pkg/link/kustomize"
	"github.com/regmigrate/regmigrate/pkg/rules"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// A Plan is everything that a run found and would write.
type Plan struct {
	Root         string // the absolute folder that paths are relative to
	Rules        *rules.Set
	Files        []File      // files with a finding or an error, sorted by path
	Skipped      []walk.Skip // files and folders that were not scanned, sorted by path
	ScannedFiles int         // number of scanned files, with or without a mention

	// SearchedFiles is the number of files in folders that are skipped although git
	// tracks them. They are searched for mentions, and their findings are in Files;
	// nothing there is changed.
	SearchedFiles int

	FamilyFiles  []string // files that linkers need, such as charts and values files; sorted
	ComposeFiles []string // scanned files with a name of a Compose file; sorted
	Dockerfiles  []string // scanned files with a name of a Dockerfile; sorted
	Unrendered   []string // charts that do not render with any values

	// RenderFailures are the values files with which charts do not render, and
	// those for which it is not known.
	RenderFailures []link.RenderFailure

	// AddsKeys says that Options.AllowInsecureImages is set: proofs accept the keys that it
	// adds.
	AddsKeys bool

	Proofs          []Proof          // results of proving the plan; empty if no proof was requested
	RegistryResults []RegistryResult // results of querying registries, sorted by New; empty if none was queried
	Advice          []Advice         // sorted by path and line

	Paths    []string            // scanned paths, relative to the root; empty for all
	Baseline *BaselineComparison // nil without a baseline
	Reversal *Reversal           // nil unless Reverse made the plan

	groups []*group // Apply keeps or writes each of them as a whole
}

// TracedTolerantly returns the folders, sorted, of the charts of which only a
// rendering without what is missing shows some references, with one of their values
// files at least.
func (p *Plan) TracedTolerantly() []string {
	var out []string
	for _, f := range p.RenderFailures {
		if f.Traced && !slices.Contains(out, f.Chart) {
			out = append(out, f.Chart)
		}
	}
	slices.Sort(out)
	return out
}

// NotTraced returns the folders of the charts of which no rendering shows a
// reference, so that the names of keys decide.
func (p *Plan) NotTraced() []string {
	traced := p.TracedTolerantly()
	return slices.DeleteFunc(slices.Clone(p.Unrendered), func(dir string) bool { return slices.Contains(traced, dir) })
}

// An Advice is something that a person should do or, as a note, know. It never
// changes a byte or an exit code.
type Advice struct {
	Path       string // file relative to the root; "" if the advice is about no file
	Line       int    // 1-based; 0 if the advice is about the whole file
	Ref        string // the reference, "" if the advice is about no reference
	Text       string // one or two sentences: the matter and, unless Note is set, what to do
	Note       bool   // a fact worth knowing; no action is required
	Source     string // a URL with more information; may be empty
	Command    string // for a shell in the root, which makes the file anew; also in Text; may be empty
	MorePlaces int    // number of further places to which the advice applies
}

// A VersionChange is the new version of a chart whose files change.
type VersionChange struct {
	Path     string // the chart's Chart.yaml
	Old, New string
}

// VersionChanges returns the charts whose version changes, sorted by path.
func (p *Plan) VersionChanges() []VersionChange {
	var out []VersionChange
	for _, g := range p.groups {
		if !g.isVersionBump || !g.moves() {
			continue
		}
		e := g.edits[0]
		for i := range p.Files {
			if f := &p.Files[i]; f.Path == e.Path && len(f.Edits) > 0 {
				out = append(out, VersionChange{f.Path, string(f.Before[e.Start:e.End]), e.New})
			}
		}
	}
	slices.SortFunc(out, func(a, b VersionChange) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// HasBackstops reports whether a limit that depends on the machine ended a
// rendering: on another machine, the plan may contain more.
func (p *Plan) HasBackstops() bool {
	return slices.ContainsFunc(p.RenderFailures, func(f link.RenderFailure) bool { return f.Backstop }) ||
		slices.ContainsFunc(p.Proofs, func(x Proof) bool { return x.Backstop })
}

// Counts are the sums over a plan.
type Counts struct {
	Rewritten, RewrittenImplicit   int // explicit and implicit findings
	NotChanged, NotChangedImplicit int
	ChangedFiles                   int // files with edits
	FailedFiles                    int // files with an error
	Reasons                        map[format.Reason]int
	Assumed                        int // rewritten findings that are likely images
	Unresolved                     int // selected by a rule, and to be changed by a person; not in failed files
}

// Likely returns the number of likely images that are not changed.
func (c Counts) Likely() int { return c.Reasons[format.LikelyImage] }

// LostEntries returns the number of entries of kustomizations that select nothing,
// because the image already has its new name.
func (c Counts) LostEntries() int { return c.Reasons[format.LostEntry] }

// OutdatedPolicies returns the number of policies that regmigrate made from other rules
// than those of today.
func (c Counts) OutdatedPolicies() int { return c.Reasons[format.OutdatedPolicy] }

// Mentions returns the number of explicit mentions.
func (c Counts) Mentions() int { return c.Rewritten + c.NotChanged }

// Count returns the sums over the plan.
func (p *Plan) Count() Counts {
	c := Counts{Reasons: map[format.Reason]int{}}
	for i := range p.Files {
		f := &p.Files[i]
		if len(f.Edits) > 0 {
			c.ChangedFiles++
		}
		if f.Err != nil {
			c.FailedFiles++
		}
		for j := range f.Findings {
			x := &f.Findings[j]
			if x.IsAssumed {
				c.Assumed++
			}
			switch {
			case x.Status == Rewritten && x.Implicit:
				c.RewrittenImplicit++
			case x.Status == Rewritten:
				c.Rewritten++
			case x.Implicit:
				c.NotChangedImplicit++
			default:
				c.NotChanged++
			}
			if x.Status == NotChanged {
				c.Reasons[x.Reason]++
				if x.Reason.IsUnresolved() && f.Err == nil {
					c.Unresolved++
				}
			}
		}
	}
	return c
}

// ChangesChart reports whether the plan changes a file of a chart.
func (p *Plan) ChangesChart() bool {
	for _, dir := range chart.Dirs(p.FamilyFiles) {
		for i := range p.Files {
			if f := &p.Files[i]; len(f.Edits) > 0 && (dir == "." || strings.HasPrefix(f.Path, dir+"/")) {
				return true
			}
		}
	}
	return false
}

// ChangesKustomization reports whether the plan changes a kustomization or a
// file in a folder below one, where its bases usually are.
func (p *Plan) ChangesKustomization() bool {
	hasKustomization := map[string]bool{}
	for _, name := range p.FamilyFiles {
		if kustomize.IsKustomization(name) {
			hasKustomization[path.Dir(name)] = true
		}
	}
	for i := range p.Files {
		if f := &p.Files[i]; len(f.Edits) > 0 {
			for dir := path.Dir(f.Path); ; dir = path.Dir(dir) {
				if hasKustomization[dir] {
					return true
				}
				if dir == "." {
					break
				}
			}
		}
	}
	return false
}
