// Package wording makes the sentences that the text, Markdown and HTML reports
// share.
//
// Its input is plain values, so that no report has to build another one to
// borrow its sentences. The result is plain text: it is not escaped, and has
// neither colour nor markup. Names of files and references in it are exactly
// what the caller passed.
package wording

import (
	"cmp"
	"slices"
	"strings"
)

// A Mode says whether a run writes files. It decides the tense of sentences.
type Mode uint8

// The modes.
const (
	Write  Mode = iota // files were written
	DryRun             // files would be written
	Check              // files have to be written
)

// A Run describes a run: what it found and, unless it is a dry run or a check,
// wrote.
type Run struct {
	Mode Mode

	Presets  []string // the names of the presets in force
	Rules    string   // other rules in force, in a few words; may be empty
	OldNames []string // the prefixes that the rules move

	Moved      int      // references that move, spelled out or implicit
	MovedFiles int      // files that change because of them
	OtherFiles int      // files that change although no reference in them moves: a new name is inserted beside the old one
	Moves      []Move   // the spelled-out ones by rule, most frequent first
	Targets    []string // the prefixes that references move to, most frequent first
	Split      int      // implicit ones that are split across keys
	Escaped    int      // implicit ones with escape sequences in the old prefix
	Short      int      // implicit ones that are Docker Hub short names

	Likely  int // likely images that are not changed
	Assumed int // references that move because they are likely images

	Consequences Consequences
	Bumps        []Bump
	AddedKeys    []AddedKey // keys that let charts use the new images

	// SpelledOut and Implicit count all mentions, consequences included.
	SpelledOut, Implicit Tally

	MovesInSkipped int // references in skipped folders that would move if the run scanned these folders

	LostEntries int // entries of kustomizations that select nothing, because the image already has its new name

	Unresolved int // references that a rule selects and that a person must change

	OutdatedPolicies int // policies that regmigrate made from other rules than those of today

	Failed   int // files
	Scanned  int // files
	Searched int // files in skipped folders
	Skips    []Skip
}

// A Tally counts mentions by what becomes of them.
type Tally struct{ Rewritten, NotChanged int }

// A Move is the number of references that move from one prefix to another.
type Move struct {
	From, To string
	N        int
}

// Consequences are mentions that were updated because a reference moved.
type Consequences struct {
	Mentions, Files int
	ReadmeRows      bool // all of them are rows of value tables in READMEs
}

// An AddedKey is a key that is added to a file.
type AddedKey struct{ Path, Key string }

// A Bump is a change of the version of a chart.
type Bump struct{ Chart, Old, New string }

// A Skip is a reason for which files or folders were not scanned.
type Skip struct {
	Reason         string
	Files, Folders int
}

// maxOldNames is the maximum number of names that Headline lists when no file
// mentions any of them.
const maxOldNames = 4

// maxTargets is the maximum number of targets that Headline lists.
const maxTargets = 2

// Headline says in one line how many references move and where to, how many would
// move in skipped folders, how many a person must change, how many entries of
// kustomizations select nothing, and how many policies are outdated.
func (r *Run) Headline() string {
	words := r.moves()
	if n := r.MovesInSkipped; n > 0 {
		words += "; " + Count(n, "reference") + " in skipped folders would move"
	}
	if n := r.Unresolved; n > 0 {
		words += "; " + Count(n, "reference") + " must be changed by hand"
	}
	if n := r.LostEntries; n > 0 {
		words += "; " + Number(n) + Plural(n, " entry of a kustomization selects nothing", " entries of kustomizations select nothing")
	}
	if n := r.OutdatedPolicies; n > 0 {
		words += "; " + Number(n) + Plural(n, " policy of regmigrate is", " policies of regmigrate are") + " outdated"
	}
	return words
}

// moves says how many references move and where to.
func (r *Run) moves() string {
	if r.Moved == 0 {
		return r.nothingToMove()
	}
	verb := " moved"
	switch r.Mode {
	case DryRun:
		verb = " would move"
	case Check:
		verb = Plural(r.Moved, " still has", " still have") + " to move"
	}
	words := Count(r.Moved, "reference") + " in " + Count(r.MovedFiles, "file") + verb
	if len(r.Targets) <= maxTargets {
		words += " to " + List(r.Targets, "and")
	}
	return words
}

// HasMentions reports whether a file has a mention, or failed and may have
// one.
func (r *Run) HasMentions() bool {
	return r.Moved+r.SpelledOut.NotChanged+r.Implicit.NotChanged+r.Failed > 0
}

func (r *Run) nothingToMove() string {
	words := "nothing to move"
	if r.Unresolved > 0 {
		words = "nothing to move automatically"
	}
	if r.Likely > 0 {
		words = "nothing certain to move, and " + Count(r.Likely, "likely image") + " not changed"
	}
	if r.OtherFiles > 0 {
		words += ", but new names " + map[Mode]string{Write: "were inserted", DryRun: "would be inserted", Check: "still have to be inserted"}[r.Mode] + " in " + Count(r.OtherFiles, "file")
	}
	switch {
	case r.Failed > 0 && r.SpelledOut.NotChanged+r.Implicit.NotChanged > 0:
		return words + ", but " + Count(r.Failed, "file") + " failed"
	case r.Failed > 0:
		return words + " in the files that could be read"
	case r.HasMentions():
		return words
	case r.Scanned+r.Searched == 0:
		return words + ": no files scanned"
	}
	names := r.OldNames
	if n := len(names); n > maxOldNames {
		names = append(names[:maxOldNames-1:maxOldNames-1], Number(n-maxOldNames+1)+" other names")
	}
	words += ": no mention of " + cmp.Or(List(names, "or"), "a name that a rule moves")
	if slices.ContainsFunc(r.OldNames, isOfDockerHub) {
		words += ", and no short name of Docker Hub,"
	}
	words += " in " + Count(r.Scanned+r.Searched, "file")
	if r.Searched > 0 {
		words += ", " + Number(r.Searched) + " of them in skipped folders"
	}
	return words
}

// isOfDockerHub reports whether the old name of a rule also has short forms.
func isOfDockerHub(name string) bool {
	return name == "docker.io" || strings.HasPrefix(name, "docker.io/")
}

// RulesInForce lists the presets and the other rules, "" if no rule is in force.
func (r *Run) RulesInForce() string {
	var parts []string
	if n := len(r.Presets); n > 0 {
		parts = append(parts, Plural(n, "preset ", "presets ")+strings.Join(r.Presets, ", "))
	}
	if r.Rules != "" {
		parts = append(parts, r.Rules)
	}
	return strings.Join(parts, "; ")
}

// Updated says how many mentions changed as a consequence of the references
// that move, "" if no mention changed.
func (r *Run) Updated() string {
	c := r.Consequences
	if c.Mentions == 0 {
		return ""
	}
	noun := "related mention"
	if c.ReadmeRows {
		noun = "README table row"
	}
	verb := " updated"
	if r.Mode != Write {
		verb = " to update"
	}
	return Count(c.Mentions, noun) + verb + " in " + Count(c.Files, "file")
}

// VersionBumps lists the charts whose version changes: a heading, then one item
// per chart. It lists at most limit charts; a negative limit lists all. It also
// returns how many charts are not listed.
func (r *Run) VersionBumps(limit int) (items []string, hidden int) {
	if len(r.Bumps) == 0 {
		return nil, 0
	}
	shown := r.Bumps
	if limit >= 0 && len(shown) > limit {
		shown = shown[:limit]
	}
	verb := " bumped:"
	if r.Mode != Write {
		verb = " to bump:"
	}
	items = []string{Count(len(r.Bumps), "chart version") + verb}
	for _, b := range shown {
		items = append(items, b.Chart+" "+b.Old+" -> "+b.New)
	}
	return items, len(r.Bumps) - len(shown)
}

// AddedKeysText says where keys are added that let charts use the new images, "" for
// nowhere.
func (r *Run) AddedKeysText() string {
	n := len(r.AddedKeys)
	if n == 0 {
		return ""
	}
	var files []string
	for _, k := range r.AddedKeys {
		files = append(files, k.Path)
	}
	slices.Sort(files)
	files = slices.Compact(files)
	in := files[0]
	if len(files) > 1 {
		in = Count(len(files), "file")
	}
	verb := "set to true in "
	if r.Mode != Write {
		verb = "would be set to true in "
	}
	text := r.AddedKeys[0].Key + " " + verb + in
	if n > len(files) {
		text += ", at " + Count(n, "place")
	}
	return text
}

// Unchanged says how many mentions are not changed, "" if all changed.
func (r *Run) Unchanged() string {
	var parts []string
	if r.SpelledOut.NotChanged > 0 {
		parts = append(parts, Count(r.SpelledOut.NotChanged, "mention"))
	}
	if r.Implicit.NotChanged > 0 {
		parts = append(parts, Count(r.Implicit.NotChanged, "implicit reference"))
	}
	if len(parts) == 0 {
		return ""
	}
	return List(parts, "and") + " not changed"
}

// Coverage says how many files were scanned and what was skipped.
func (r *Run) Coverage() string {
	words := Count(r.Scanned, "file") + " scanned"
	if r.Searched > 0 {
		words += ", " + Number(r.Searched) + " searched in skipped folders"
	}
	return words + Prefixed(", ", r.Skipped())
}

// Skipped says what was not scanned, and why, "" when there is nothing.
func (r *Run) Skipped() string {
	total := 0
	var parts []string
	for _, s := range r.Skips {
		total += s.Files + s.Folders
		switch {
		case s.Folders == 0:
			parts = append(parts, Number(s.Files)+" "+s.Reason)
		case s.Files == 0:
			parts = append(parts, Count(s.Folders, "folder")+" "+s.Reason)
		default:
			parts = append(parts, Number(s.Files+s.Folders)+" "+s.Reason+" ("+Count(s.Folders, "folder")+")")
		}
	}
	if total == 0 {
		return ""
	}
	return Number(total) + " skipped: " + strings.Join(parts, ", ")
}

// Ledger sums up the run in sentences: every mention is either rewritten or
// not changed.
func (r *Run) Ledger() string {
	rewritten := " rewritten"
	if r.Mode != Write {
		rewritten = " to rewrite"
	}
	sum := func(noun string, t Tally) string {
		return Count(t.Rewritten+t.NotChanged, noun) + " = " + Number(t.Rewritten) + rewritten + " + " + Number(t.NotChanged) + " not changed"
	}
	words := sum("mention", r.SpelledOut)
	if r.Implicit != (Tally{}) {
		words += "; " + sum("implicit reference", r.Implicit)
	}
	if s := r.Updated(); s != "" {
		words += ". This includes " + s
	}
	return words + "."
}
