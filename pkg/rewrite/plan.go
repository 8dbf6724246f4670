// Package rewrite is the engine: it plans what moves, accounts for every
// mention, verifies the plan and writes it.
//
// [PlanFiles] reads a tree and returns a [Plan]: every file with a mention in it,
// its edits, and one [Finding] for each mention. Nothing is written before
// [Plan.Apply]. What the package promises:
//
//   - outside the edits not one byte of a file changes;
//   - after them the file parses as before, and its trees differ in the
//     edited scalars only; where that cannot be shown, the file stays as it is;
//   - the ledger is complete: in each file the explicit findings are exactly
//     the mentions that `grep -oF` prints of the rules' names;
//   - a second run changes nothing; neither the number of workers nor the
//     order of the walk changes a plan.
package rewrite

import (
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/chart"
	"github.com/regmigrate/regmigrate/pkg/link/kustomize"
	"github.com/regmigrate/regmigrate/pkg/rules"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// A Plan is everything that a run found and would write.
type Plan struct {
	Root            string // the absolute folder that paths are relative to
	Rules           *rules.Set
	Files           []File      // those with a finding or an error, sorted by path
	Skipped         []walk.Skip // what was not looked at, sorted by path
	ScannedFiles    int         // files looked at, those without a mention included
	Groups          []link.Group
	FamilyFiles     []string         // the files that linkers know of, sorted, such as charts' and their values
	Unrendered      []string         // charts that do not render, so that names of keys decided in them
	groups          []*group         // what Apply has to keep whole
	Proofs          []Proof          // what was proven of the plan, by whoever did; empty: nothing was asked
	RegistryResults []RegistryResult // what registries say of the references, sorted by New; empty: nothing was asked
	Advice          []Advice         // what is left for a person to do, sorted by path and line

	Paths    []string            // what was looked at, relative to the root; empty: all
	Baseline *BaselineComparison // what came of comparing with a baseline; nil: there is none
}

// An Advice is something that a person should do or, as a note, know. It never
// changes a byte or an exit code.
type Advice struct {
	Path       string // of the file it is about, relative to the root; "" when it is about none
	Line       int    // 1-based; 0 when it is about the whole file
	Ref        string // the reference it is about, "" when it is about none
	Text       string // a sentence or two: what the matter is and, unless it is a note, what to do
	Note       bool   // a fact worth knowing; no action is required
	Source     string // a URL where one can read more, "" when there is none
	MorePlaces int    // in how many further places it applies
}

// An RegistryResult is what registries say of a reference before and after: plain
// values, made by a package that this one does not know.
type RegistryResult struct {
	Old, New             string // whole references as the plan has them
	Verdict              Verdict
	OldDigest, NewDigest string // sha256:…, "" when not known
	Detail               string // a line that says more, such as the platforms that differ; may be empty
}

// A Verdict says whether the new reference is the image of the old one.
type Verdict uint8

// The verdicts. What nobody asked about is unreachable.
const (
	Unreachable Verdict = iota // a registry did not answer, so that it is not known
	Same                       // both exist, with the same digest
	Exists                     // the new one exists; the old one cannot be asked any more
	Different                  // both exist, with different digests
	Missing                    // the new one does not exist
	Skipped                    // nobody was asked: it is no whole reference; Detail says why
)

func (v Verdict) String() string {
	return [...]string{"unreachable", "same", "exists", "different", "missing", "skipped"}[v]
}

// A Proof is what came of proving something of a plan: plain values, made by
// packages that this one does not know.
type Proof struct {
	Path    string // of the chart or kustomization, relative to the root
	Kind    string // chart or kustomization
	State   ProofState
	Summary string   // a line: what was compared, or why it is not proven
	Details []string // lines that say more: what differs, what is left

	Unchanged bool // no file of it, or of what is below it, changes
}

// A ProofState says whether a proof succeeded.
type ProofState uint8

// The states of proofs. What nobody looked at is unproven.
const (
	Unproven ProofState = iota
	Proven
	Failed
)

func (s ProofState) String() string { return [...]string{"unproven", "proven", "failed"}[s] }

// A VersionChange is the version of a chart that is raised, since the chart changes.
type VersionChange struct {
	Path     string // of its Chart.yaml
	Old, New string
}

// VersionChanges returns the charts whose version is raised, sorted by path.
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

// A Status is what became of a mention.
type Status uint8

// The statuses.
const (
	NotChanged Status = iota
	Rewritten
)

func (s Status) String() string {
	if s == Rewritten {
		return "rewritten"
	}
	return "kept"
}

// A Finding is what became of one mention.
type Finding struct {
	Status Status

	// Mention is the mention's byte range in the file, for an explicit one.
	// An implied one has the range of the first piece of its occurrence.
	Mention  edit.Span
	Implicit bool

	// Follows says that the mention was changed because something else moved:
	// a row of a chart's README.
	IsConsequence bool

	Line, Column int // of Mention: 1-based; columns count code points

	Old, New string // the whole reference before and after; New is empty when kept
	Rule     string // the name of the rule that matched, "" when none did
	From, To string // the prefixes of that rule
	Place    format.Place
	Scope    format.Scope

	// Unaccepted says that there is a baseline and that the mention is new to
	// it. Plan.Compare sets it.
	NotInBaseline bool

	Reason    format.Reason // why it is kept
	Note      string        // what the reason's own sentence cannot know
	EditSpans []edit.Span   // the edits of its own reference, in this file
}

// A File is one file of a plan.
type File struct {
	Path     string // slash-separated, relative to the plan's root
	Abs      string
	Format   string
	Before   []byte
	Edits    []edit.Edit
	Findings []Finding // sorted by position, implied after explicit

	// Err says that the file could not be read as what it is, bounded,
	// verified or written. Such a file is not changed.
	Err error

	// Unverified says that no parser takes the file, so that its edits were
	// made by the grammar of references alone.
	Unverified bool
}

// After returns the file with its edits applied.
func (f *File) After() []byte {
	out, err := edit.Apply(f.Before, f.Edits)
	if err != nil {
		panic("rewrite: " + f.Path + ": a plan with invalid edits: " + err.Error())
	}
	return out
}

// Counts are the sums over a plan.
type Counts struct {
	Rewritten, RewrittenImplicit   int // explicit, implied
	NotChanged, NotChangedImplicit int
	ChangedFiles                   int // files with edits
	FailedFiles                    int // files with an error
	Reasons                        map[format.Reason]int
}

// Mentions is the number of explicit mentions.
func (c Counts) Mentions() int { return c.Rewritten + c.NotChanged }

// Count adds the plan up.
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

// ChangesKustomization reports whether the plan changes a kustomization or
// a file in a folder below one, as its bases have them.
func (p *Plan) ChangesKustomization() bool {
	is := map[string]bool{}
	for _, name := range p.FamilyFiles {
		if kustomize.IsKustomization(name) {
			is[path.Dir(name)] = true
		}
	}
	for i := range p.Files {
		if f := &p.Files[i]; len(f.Edits) > 0 {
			for dir := path.Dir(f.Path); ; dir = path.Dir(dir) {
				if is[dir] {
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
