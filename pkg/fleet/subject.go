// Package fleet merges JSON reports about repositories and clusters into the state of a
// migration.
//
// A [Merger] reads reports as streams and keeps a few numbers of each. Its result does not
// depend on the order of the reports. A report that cannot be read, or whose run failed, is
// a failed [Subject]: it never counts as done. The JSON of a [State] can be read again as a
// report: merging merged states has the same result as merging all their reports.
package fleet

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// A Kind is what a subject is.
type Kind string

// The kinds of subjects. The name of an Unknown subject is that of the file that could not
// be read.
const (
	Repository Kind = "repository"
	Cluster    Kind = "cluster"
	Unknown    Kind = "unknown"
)

// A Status is the state of a subject.
type Status string

// The states, the worst first.
const (
	Failed Status = "failed" // the run failed, or there is no report
	ToMove Status = "toMove" // something is left
	Done   Status = "done"
)

// A Source is the command that wrote a report.
type Source string

// The sources of reports, those that say most first.
const (
	Failure     Source = "failure" // regmigrate report failure
	Plan        Source = "plan"    // the root command, and verify
	Listing     Source = "cluster"
	Inventory   Source = "images"
	PullRequest Source = "pr"
	Unreadable  Source = "unreadable"
	Missing     Source = "missing" // expected, and not among the reports
)

// ranks are the sources in the order in which the reports of one commit count.
var ranks = []Source{Plan, Listing, Inventory, PullRequest, Unreadable}

// Counts are numbers of references or, in clusters, of uses.
type Counts struct {
	ToMove     int `json:"toMove"`     // that a rule moves
	Likely     int `json:"likely"`     // likely images, which move only if a person says so
	ByHand     int `json:"byHand"`     // that a person must change
	NotChanged int `json:"notChanged"` // other mentions of the old name that are not changed
	Moved      int `json:"moved"`      // that have a new name; only lists of images and clusters have this number
}

// Left returns the number of references that are left: --check fails if there are any.
func (c Counts) Left() int { return c.ToMove + c.Likely + c.ByHand }

func (c *Counts) add(d Counts) {
	c.ToMove += d.ToMove
	c.Likely += d.Likely
	c.ByHand += d.ByHand
	c.NotChanged += d.NotChanged
	c.Moved += d.Moved
}

// A Cell has the counts of one owner and one registry.
type Cell struct {
	Owner    string `json:"owner"` // the owners of the files, separated by spaces; "" for none
	Registry string `json:"registry"`
	Counts
}

// A Pull is a pull request, as `regmigrate pr --json` reports it.
type Pull struct {
	Action string `json:"action"`
	Number int    `json:"number"`
	URL    string `json:"url"`
}

// A Subject is a repository or a cluster, with what its newest report says.
type Subject struct {
	Kind        Kind     `json:"kind"`
	Name        string   `json:"name"` // HOST/PATH of a repository, the context of a cluster, or the name of the file
	Status      Status   `json:"status"`
	Reasons     []string `json:"reasons"` // why the status is failed
	Source      Source   `json:"source"`
	File        string   `json:"file"` // that the report was read from
	Program     string   `json:"program,omitempty"`
	Commit      string   `json:"commit,omitempty"`
	Time        string   `json:"time,omitempty"` // of the commit or the list, RFC 3339, in UTC
	Rules       string   `json:"rulesDigest,omitempty"`
	OtherRules  bool     `json:"otherRules,omitempty"` // most subjects have other rules
	Counts      Counts   `json:"counts"`
	Cells       []Cell   `json:"cells"`                  // sorted; they add up to Counts
	Proofs      int      `json:"failedProofs,omitempty"` // proofs that failed
	PullRequest *Pull    `json:"pullRequest,omitempty"`
}

// finish sets what depends on the other fields.
func (s *Subject) finish(cells map[Cell]*Counts) {
	s.Cells, s.Counts = []Cell{}, Counts{}
	for key, c := range cells {
		key.Counts = *c
		s.Cells = append(s.Cells, key)
		s.Counts.add(*c)
	}
	slices.SortFunc(s.Cells, func(a, b Cell) int {
		return cmp.Or(strings.Compare(a.Owner, b.Owner), strings.Compare(a.Registry, b.Registry))
	})
	slices.Sort(s.Reasons)
	s.Reasons = append([]string{}, slices.Compact(s.Reasons)...)
	switch {
	case len(s.Reasons) > 0:
		s.Status = Failed
	case s.Counts.Left() > 0 || s.Proofs > 0:
		s.Status = ToMove
	default:
		s.Status = Done
	}
}

// compare orders the reports about one subject: the one that counts is the greatest. It is a
// total order, so that the order of the reports does not matter. A failed run without a
// time counts more than every report. Of two reports of the same commit, the one of the
// better source counts, then the one with more left.
func compare(a, b *Subject) int {
	return cmp.Or(
		compareBool(a.Source == Failure, b.Source == Failure),
		-compareBool(a.Source == Missing, b.Source == Missing),
		a.time().Compare(b.time()),
		-cmp.Compare(slices.Index(ranks, a.Source), slices.Index(ranks, b.Source)),
		compareBool(a.Status == Failed, b.Status == Failed),
		cmp.Compare(a.Counts.Left(), b.Counts.Left()),
		strings.Compare(a.Rules, b.Rules), strings.Compare(a.Commit, b.Commit), strings.Compare(a.Program, b.Program),
		slices.Compare(a.Reasons, b.Reasons), slices.CompareFunc(a.Cells, b.Cells, compareCells), cmp.Compare(a.Proofs, b.Proofs),
		-strings.Compare(a.File, b.File),
	)
}

func compareCells(a, b Cell) int {
	return cmp.Or(strings.Compare(a.Owner, b.Owner), strings.Compare(a.Registry, b.Registry),
		cmp.Compare(a.ToMove, b.ToMove), cmp.Compare(a.Likely, b.Likely), cmp.Compare(a.ByHand, b.ByHand), cmp.Compare(a.NotChanged, b.NotChanged), cmp.Compare(a.Moved, b.Moved))
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// time returns the time of the report, the zero time without one.
func (s *Subject) time() time.Time {
	t, _ := time.Parse(time.RFC3339, s.Time)
	return t
}

// A Superseded report does not count, because another one about its subject does.
type Superseded struct {
	Kind   Kind   `json:"kind"`
	Name   string `json:"name"`
	File   string `json:"file"`
	Source Source `json:"source"`
	Commit string `json:"commit,omitempty"`
	Time   string `json:"time,omitempty"`
}

// A RuleSet is a digest of rules, and the number of subjects that have it.
type RuleSet struct {
	Digest   string `json:"rulesDigest"`
	Subjects int    `json:"subjects"`
}

// Totals are the sums of a state.
type Totals struct {
	Subjects     int    `json:"subjects"`
	Repositories int    `json:"repositories"`
	Clusters     int    `json:"clusters"`
	Failed       int    `json:"failed"` // subjects
	ToMove       int    `json:"toMove"` // subjects
	Done         int    `json:"done"`   // subjects
	References   Counts `json:"references"`
}

// version is the version of the JSON of a State. It changes when existing properties
// change; new properties do not change it.
const version = 1

// stateKind says that a JSON object is a State.
const stateKind = "merged"

// A State is the state of a migration.
type State struct {
	Version    int          `json:"version"`
	Kind       string       `json:"kind"` // stateKind
	Program    string       `json:"program,omitempty"`
	Time       string       `json:"time"` // of the state, RFC 3339, in UTC
	Totals     Totals       `json:"totals"`
	Rules      []RuleSet    `json:"rules"`      // those of most subjects first
	Subjects   []Subject    `json:"subjects"`   // sorted by kind and name
	Superseded []Superseded `json:"superseded"` // sorted
}

// A Row has the counts of all subjects with one owner, one registry, or another property.
type Row struct {
	Name     string
	Subjects int // with something left
	Counts
}

// By returns the counts by a property of cells; those with the most left first. Kinds select
// the subjects.
func (s *State) By(property func(*Cell) string, kinds ...Kind) []Row {
	rows := map[string]*Row{}
	for i := range s.Subjects {
		x := &s.Subjects[i]
		if !slices.Contains(kinds, x.Kind) {
			continue
		}
		left := map[string]bool{}
		for k := range x.Cells {
			name := property(&x.Cells[k])
			if rows[name] == nil {
				rows[name] = &Row{Name: name}
			}
			rows[name].add(x.Cells[k].Counts)
			if x.Cells[k].Left() > 0 && !left[name] {
				left[name] = true
				rows[name].Subjects++
			}
		}
	}
	var out []Row
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		out = append(out, *rows[name])
	}
	slices.SortStableFunc(out, func(a, b Row) int {
		return cmp.Or(b.Left()-a.Left(), b.NotChanged-a.NotChanged, b.Moved-a.Moved)
	})
	return out
}

// Of returns the subjects with a status; those with the most left first.
func (s *State) Of(status ...Status) []*Subject {
	var out []*Subject
	for i := range s.Subjects {
		if slices.Contains(status, s.Subjects[i].Status) {
			out = append(out, &s.Subjects[i])
		}
	}
	slices.SortStableFunc(out, func(a, b *Subject) int { return b.Counts.Left() - a.Counts.Left() })
	return out
}

// IsLeft reports whether something is left, or a subject failed.
func (s *State) IsLeft() bool { return s.Totals.Failed+s.Totals.ToMove > 0 }
