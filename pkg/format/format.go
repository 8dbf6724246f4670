// Package format knows, for each file syntax, where it writes image
// references, and what every mention that is none stands in.
//
// A [Format] is one syntax. [Detect] chooses one for a file; its Scan reads
// the file and returns the occurrences, and a context for every mark (a raw
// mention of an old name) that no occurrence explains; its Verify says
// whether a file still means the same after its edits. The package knows
// nothing of rules: it tells where references are, not which of them move.
package format

import (
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A Format is one file syntax.
type Format struct {
	Name string
	Doc  string // one sentence for a person

	// Detect reports whether the file at path, slash-separated, is of this
	// format. src is its whole content.
	Detect func(path string, src []byte) bool

	// Scan reads a file. An error means that the file could not be read as
	// what Detect took it for; then nothing of it may be edited.
	Scan func(Input) (ScanResult, error)

	// Verify returns an error unless the file at path, with the content
	// before, parses after edits as it does without them, and differs in the
	// edited places only. Edits are sorted and in bytes of before.
	Verify func(path string, before []byte, edits []edit.Edit) error
}

// All is the list of formats, in the order in which they are asked.
var All = []*Format{YAML, JSON, Template, Dockerfile, Quadlet, TOML, Env, Text}

// Detect returns the format of the file at path. There always is one: text
// takes what no other does.
func Detect(path string, src []byte) *Format {
	for _, f := range All {
		if f.Detect(path, src) {
			return f
		}
	}
	return Text
}

// An Input is a file to scan.
type Input struct {
	Path   string // slash-separated, relative to the root
	Src    []byte
	Fields []Field // how this repository's own values split a reference

	// Marks are the raw mentions of what a rule moves, in order. Each is
	// explained by the result: it lies within the piece of an occurrence, or
	// has a context.
	Marks []edit.Span

	// May reports whether a part of Src can hold an occurrence of interest.
	// Parts for which it is false need not be read. Nil means all parts.
	May func(part []byte) bool

	// Named asks also for what only the name of its key says to be an image,
	// such as `image: nginx:1.27` in an object of an unknown kind. No rule may
	// be asked about these as about short forms: see Occurrence.Named.
	FindLikely bool
}

// A Field names keys that together hold one reference, for repositories
// whose values split it in a way of their own.
type Field struct {
	Registry, Repository, Tag, Digest string
}

// A ScanResult is what a format found in a file.
type ScanResult struct {
	Occurrences []Occurrence
	Contexts    []Context // one for every mark that lies in no occurrence, in order

	// Unverified says that no parser took all of the text, so that
	// occurrences rest on the grammar of references alone.
	Unverified bool
}

// A Role is what a piece says of a reference.
type Role uint8

// The roles of pieces.
const (
	Whole      Role = iota // all of a reference
	Registry               // a registry, perhaps with a path: what stands before the repository
	Repository             // a path, perhaps with tag and digest
)

// A Piece is a part of a reference as a file writes it.
type Piece struct {
	Path string    // of the file, slash-separated
	Span edit.Span // of Text in the file; where escapes or folds stand in it, from its first byte to its last
	Text string    // decoded
	Role Role
	Sep  string   // what joins it with the next piece: "/" or nothing
	Map  edit.Map // from Text to the file

	// Field is where the piece itself stands, when that is not the place of
	// its occurrence: .image.registry.
	Field string
}

// An Occurrence is a place where a format says that a reference is written.
type Occurrence struct {
	Pieces []Piece // in the order in which they make up the reference
	Place  Place
	Scope  Scope

	// Unasked is why it stays while its scope is not asked for.
	OutOfScope Reason

	// Image says that the field is certainly an image, so that a name
	// without a domain is one on Docker Hub.
	IsImage bool

	// Tag and Digest are what keys beside the pieces say of the reference, ""
	// when none does: tag: "1.27" beside repository: nginx. They are no pieces,
	// since no rule changes them. Of what a chart renders they are what the
	// rendering shows.
	Tag, Digest string

	// Part says that the value stands in a key for a repository, so that a
	// tag comes from elsewhere when none is known.
	InRepositoryKey bool

	// Named says that the name of its key says that the value is an image.
	// Selects says that it is the name of an entry of a kustomization's
	// images, which selects an image rather than being one.
	LikelyImage, IsSelector bool

	// Tail is what follows the last piece and is no value: the name that a
	// template puts behind a registry.
	Tail string

	// Loose says that only names of keys suggest that the pieces belong
	// together: the registry stands in another mapping further up. What to
	// make of it, a linker decides (package link); by itself it moves nothing.
	Unconfirmed bool

	// Marked says that it was found because a mark stands there, or because
	// of what another file says: without the old name, a scan of the file does
	// not show that the text is a registry.
	FoundByMark bool

	// Keep is why the reference stays whatever the rules say, "" when they
	// decide.
	Keep Reason
	Note string // adds to Keep what the reason's own sentence cannot know
}

// Text returns the reference that the pieces make up.
func (o *Occurrence) Text() string {
	if len(o.Pieces) == 1 {
		return o.Pieces[0].Text + o.Tail
	}
	text := ""
	for i, p := range o.Pieces {
		text += p.Text
		if i+1 < len(o.Pieces) {
			text += p.Sep
		}
	}
	return text + o.Tail
}

// Field returns where the piece k stands in its file's structure.
func (o *Occurrence) Field(k int) string {
	if f := o.Pieces[k].Field; f != "" {
		return f
	}
	return o.Place.Field
}

// A Place says where in a file's structure something stands.
type Place struct {
	Field  string // .spec.containers[0].image; "" outside of any structure
	Object string // Deployment web (apps/v1); "" outside of any object
}

// A Context says what a mark that lies in no occurrence stands in.
type Context struct {
	Mark   edit.Span
	Reason Reason
	Note   string
	Place  Place
	Scope  Scope
}
