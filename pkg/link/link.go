// Package link is the vocabulary of the linkers, which find the image
// references that have to move together.
//
// A [Linker] reads one family of files, such as the files of a Helm chart or
// the kustomizations of a repository. Its input is the [Tree] of scanned files
// and a [MoveFunc], which applies the rules; its result is groups of
// occurrences. All occurrences of a [Group] move, or none does. Linkers propose
// groups; package rewrite makes the edits.
//
// The linkers are in the packages below this one; package families lists them.
package link

import (
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
)

// A Linker finds what belongs together in one family of files. Each of its
// functions but Link may be nil.
type Linker struct {
	// Wants reports whether the file at path is of this family. The paths of
	// such files are in Tree.Names, even if the files hold no mention.
	Wants func(path string) bool

	// HasHiddenRefs reports whether the file at path may hold references that
	// a scan of that file alone does not find. Such a file is in Tree.Files
	// whenever a rule may match its bytes.
	HasHiddenRefs func(path string) bool

	// RunOnce says that the groups do not depend on which references are kept,
	// so that Link is called once in a run.
	RunOnce bool

	// Link returns the groups of t. An occurrence in no group moves by itself.
	// Link is called again, with another MoveFunc, when references that the
	// linker expected to move are kept.
	Link func(t *Tree, move MoveFunc) []Group

	// Consequences returns the edits that follow from the pieces that move,
	// such as the version of a chart.
	Consequences func(t *Tree, moved []MovedPiece) []Consequence
}

// A MoveFunc returns what the rules do to an occurrence; false if no rule moves
// it.
type MoveFunc func(o *format.Occurrence) (Move, bool)

// Moves reports whether a rule moves o.
func (f MoveFunc) Moves(o *format.Occurrence) bool {
	_, ok := f(o)
	return ok
}

// NewText returns the text of o after the move; false if no rule moves o.
func (f MoveFunc) NewText(o *format.Occurrence) (string, bool) {
	m, ok := f(o)
	if !ok {
		return "", false
	}
	return m.Apply(o.Text())
}

// A Move replaces the first Len bytes of a text by New.
type Move struct {
	Len int
	New string

	NewTag string // the new tag, if the tag is in a field of its own and changes
	ByTag  bool   // the tag decides about New: for other tags it may be another name
}

// Apply returns text after the move; false if text has fewer than Len bytes.
func (m Move) Apply(text string) (string, bool) {
	if m.Len > len(text) {
		return "", false
	}
	return m.New + text[m.Len:], true
}

// A Group is a set of occurrences that move together or are kept together.
type Group struct {
	// Occurrences replace the occurrences of the formats that share a piece
	// with one of them.
	Occurrences []format.Occurrence
	Keep        format.Reason // why the group is kept; "" if the rules decide
	Why         string        // for a person: why the occurrences belong together, or why they are kept
	Insert      []FileEdit    // keys to insert when the group moves

	// AcrossScopes says that references of the group are in files of several scopes. If
	// the run does not select all of these, the group is a conflict.
	AcrossScopes bool

	// Chart is the folder of the chart whose rendering shows the occurrences,
	// "" if none does. A rendering after the edits can then prove the result.
	Chart string
}

// A FileEdit is an edit of one file.
type FileEdit struct {
	Path string
	edit.Edit
}

// A MovedPiece is a piece of a reference that moves.
type MovedPiece struct {
	Path     string // of the file
	Field    string // its place in the file: .image.repository
	Old, New string // its text before and after
	From, To string // the prefixes of the rule that moves it

	OldRef, NewRef string    // of an image: the whole reference, or the registry, before and after
	Span           edit.Span // its place in the file; for an added piece, that of the piece next to it
	AddedAt        int       // the offset in bytes at which the piece is added to the file; -1 if the file has it
}

// A Consequence is an edit that follows from pieces that move.
type Consequence struct {
	FileEdit
	Why           string   // for a person
	IsVersionBump bool     // the edit raises the version of a chart
	IsReference   bool     // the edited text is a reference that follows a value
	Sources       []string // paths of the files that hold the moved pieces

	// Allows are the moved pieces of images that a chart accepts only with the edit: see
	// package bitnami. It is nil for other edits.
	Allows []PieceID
}

// An Advice is something that a person should do about a file or, as a note,
// know about it.
type Advice struct {
	Path string // of the file
	At   int    // byte offset in the file; -1 if the advice is about the whole file
	Text string // one or two sentences: the problem and, unless it is a note, what to do
	Note bool   // a fact worth knowing; no action is required

	Command string // for a shell in the root, which makes the file anew; also in Text; may be empty
}

// A PieceID identifies a piece of a file by its place.
type PieceID struct {
	Path string
	Span edit.Span
}

// IDOf returns the PieceID of p.
func IDOf(p *format.Piece) PieceID { return PieceID{p.Path, p.Span} }

// A TraceError is the error of a chart that does not render with some of its
// values files, or for which not all parts of its references are known.
type TraceError struct{ Failures []RenderFailure }

// Error returns the first failure.
func (e *TraceError) Error() string { return e.Failures[0].String() }

// Backstop returns the first failure for which another machine may have another
// result, nil for none.
func (e *TraceError) Backstop() *RenderFailure {
	for i := range e.Failures {
		if e.Failures[i].Backstop {
			return &e.Failures[i]
		}
	}
	return nil
}

// MissingDependencies is the beginning of the error of a chart whose dependencies are not
// in its folder charts. Their names, and perhaps the error of a template after a semicolon,
// follow.
const MissingDependencies = "dependencies are missing from charts/:"

// A RenderFailure is a values file with which a chart does not render, or not as
// often as needed.
type RenderFailure struct {
	Chart      string // the folder of the chart
	ValuesFile string // a path in the chart; "" for the default values
	Why        string

	// Backstop says that a limit which depends on the machine ended the
	// rendering: nothing is known about the chart.
	Backstop bool

	// Incomplete says that the chart renders, but that a limit, the same on every
	// machine, was reached before the parts of all references were found.
	Incomplete bool

	// Traced says that a rendering without what is missing shows references: see
	// TracedRef.Tolerant.
	Traced bool
}

// String names the values file and the reason.
func (f RenderFailure) String() string {
	if f.ValuesFile == "" {
		return "with the default values: " + f.Why
	}
	return "with " + f.ValuesFile + ": " + f.Why
}

// A TraceRequest is a rendering of a chart that a linker asks for.
type TraceRequest struct {
	Name   string   // the ValuesFile of the references
	Values [][]byte // YAML, over the default values; later ones override earlier ones

	// Branches asks for the short names that the chart prints as images with other values:
	// in branches of conditions that its values do not select, and in sub-charts that they
	// disable.
	Branches bool
}

// A TracedRef is a reference that a chart renders, with the parts that make it
// up: joined, their texts are the reference. Parts is empty if the parts are
// not known.
type TracedRef struct {
	Ref        string
	Template   string // the template that printed it, a path in the chart
	ValuesFile string // the values file that was used, a path in the chart; "" for the defaults alone
	Parts      []TracedPart

	// IsFallback says that the chart prints the reference only if values that are
	// set now are empty.
	IsFallback bool

	// IsRegistry says that Ref is a registry in a field such as imageRegistry.
	IsRegistry bool

	// IsLikely says that Ref is a short name in another field than image whose key
	// names an image.
	IsLikely bool

	// Tolerant says that the chart does not render, and that a rendering without
	// what is missing shows the reference. It shows which values form the
	// reference, and not that no registry precedes it.
	Tolerant bool

	// Incomplete says that a part of a Tolerant reference may be missing. What
	// precedes a value in it precedes the value in the complete reference, too.
	Incomplete bool
}

// A TracedPart is a part of a rendered reference: a literal of a template, or a
// value.
type TracedPart struct {
	Text  string
	Value []string // the path of the value among the chart's values, nil for a literal; an item of a list is "[0]"
	Whole bool     // false if the template uses only a part of the value

	// File and Offset are the place of a literal that is a registry, if it is
	// known: the file, a path in the chart, and the offset in bytes.
	File   string
	Offset int
}
