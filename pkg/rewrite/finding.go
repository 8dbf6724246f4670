package rewrite

import (
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
)

// A Status is the result for one mention.
type Status uint8

// The statuses.
const (
	NotChanged Status = iota
	Rewritten
)

// String returns the status as JSON reports spell it.
func (s Status) String() string {
	if s == Rewritten {
		return "rewritten"
	}
	return "notChanged"
}

// A Finding is the result for one mention.
type Finding struct {
	Status Status

	// Mention is the byte range of an explicit mention in the file. An implicit
	// finding has the range of the first piece of its occurrence.
	Mention  edit.Span
	Implicit bool

	// IsConsequence says that the mention was rewritten because a reference
	// elsewhere was: a row of a chart's README.
	IsConsequence bool

	Line, Column int // start of Mention: 1-based; columns count code points

	Old, New string      // the whole reference before and after; New is empty if not changed
	Rule     string      // name of the rule that matched, "" if none did
	From, To string      // prefixes of that rule
	Kind     format.Kind // what the reference names; Image for a mention that is in no reference
	Place    format.Place
	Scope    format.Scope

	// IsAssumed says that the reference is likely an image, and was rewritten
	// because Options.AssumeImages is set.
	IsAssumed bool

	// NotInBaseline says that the plan was compared with a baseline that does
	// not contain the mention. Plan.CompareBaseline sets it.
	NotInBaseline bool

	// MovesIfScanned says that the mention is in a skipped folder, and that a run
	// over this folder would rewrite it.
	MovesIfScanned bool

	Reason    format.Reason // why the mention is not changed
	Note      string        // details that the sentence of the reason does not contain
	EditSpans []edit.Span   // ranges of the reference's own edits in this file
}

// A File is one file of a plan.
type File struct {
	Path     string // slash-separated, relative to the plan's root
	Abs      string
	Format   string
	Before   []byte
	Edits    []edit.Edit
	Findings []Finding // sorted by position, implicit after explicit

	// Err says that the file could not be parsed, bounded, verified or
	// written. Such a file is not changed.
	Err error

	// Unverified says that no parser accepts the file, so that only the grammar
	// of references decided about its edits.
	Unverified bool

	// InSkippedFolder says that the file is in a folder that the run skips, and
	// was only searched.
	InSkippedFolder bool
}

// After returns the file with its edits applied.
func (f *File) After() []byte {
	out, err := edit.Apply(f.Before, f.Edits)
	if err != nil {
		panic("rewrite: " + f.Path + ": a plan with invalid edits: " + err.Error())
	}
	return out
}

// setNotChanged turns a rewritten finding into one that could not be edited
// safely.
func (x *Finding) setNotChanged(note string) {
	x.Status, x.New, x.EditSpans, x.IsAssumed = NotChanged, "", nil, false
	x.Reason, x.Note = format.NotEditedSafely, note
}
