// Package link knows which files belong together and what moves together in
// them.
//
// A [Linker] is one family of files (a chart, the kustomizations of a
// repository). It gets the [Tree] of scanned files and returns groups of
// occurrences; a group moves whole or is kept whole. What the package needs
// to know of rules it is told by a [MoveFunc]. It decides nothing about bytes:
// package rewrite does.
package link

import (
	"path"
	"slices"
	"sort"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
)

// All is the list of linkers. Their groups are united where they share a piece.
var All = []*Linker{Chart, Kustomize, Flux, Argo, Shared}

// A Linker is one family of files.
type Linker struct {
	Name string
	Doc  string // one sentence for a person

	// Wants reports whether the file at path is of this family, so that its
	// name is in Tree.Names though it may hold no mention. Nil wants none.
	Wants func(path string) bool

	// Shows reports whether more may be known of the file at path than a scan
	// of it alone shows, so that it is in Tree.Files when its bytes may hold
	// something that moves. Nil is for none.
	HasHiddenRefs func(path string) bool

	// Once says that the groups do not depend on what stays after all, so that
	// the linker need not be asked again when more of that is known.
	RunOnce bool

	// Link returns the groups of t. Occurrences in no group stand alone. It may
	// be called again, with a Mover that knows of more that stays.
	Link func(t *Tree, move MoveFunc) []Group

	// After returns what follows from the pieces that move: a chart's
	// version, a row of its README. Nil follows nothing.
	Consequences func(t *Tree, moved []MovedPiece) []Consequence
}

// A Tree is what linkers see of a run.
type Tree struct {
	Files []*File  // scanned files, sorted by path
	Names []string // paths of the files that some linker wants, sorted; not all are in Files

	// Groups are those of the linkers that were asked before.
	Groups []Group

	// Trace tells what the references that the chart in the folder dir renders
	// are made of. It is nil when nothing is to be rendered; its error says
	// why that chart does not render. It may be called by several goroutines.
	TraceChart func(dir string) ([]TracedRef, error)

	// Bump says which part of the version is raised of charts whose files
	// change.
	Bump VersionBump

	// Unrendered are the folders of charts that Trace was asked about and that
	// do not render, so that names of keys decided there.
	Unrendered []string

	// Advice is what linkers have to say to a person beside their groups.
	Advice []Advice
	// Load reads and scans a file of the repository that is not in Files. It
	// is nil when there is none to be had. File uses it.
	LoadFile func(path string) *File

	// Real returns the path, relative to the root, of what is at path once all
	// symbolic links on the way are followed; path itself when it leads out of
	// the repository or nowhere. Nil follows none.
	ResolveLinks func(path string) string

	// Read returns the bytes of a file of the repository, unscanned; nil when it
	// cannot be read. It is nil when there is no repository.
	ReadFile func(path string) []byte

	// Holding returns the paths, sorted, of the YAML files of the whole
	// repository that hold one of texts, all of them when there is none,
	// whatever the paths of the run. It is nil when there is no repository.
	YAMLContaining func(texts ...string) []string

	// Partial says that the run looks at a part of the repository only.
	Partial bool

	real   map[string]string // what Real was asked for
	loaded map[string]*File  // what Load was asked for; nil for what is not there
	graph  *graph            // the kustomizations, once they were linked
}

// A File is a scanned file.
type File struct {
	Path    string // slash-separated, relative to the root
	Src     []byte
	Scanned format.Scanned

	// Outside says that the file does not lie under the paths of the run: it
	// may be read to decide, and not be written.
	Outside bool
}

// File returns the file at path, nil when there is none that can be read.
func (t *Tree) File(path string) *File {
	i := sort.Search(len(t.Files), func(i int) bool { return t.Files[i].Path >= path })
	if i < len(t.Files) && t.Files[i].Path == path {
		return t.Files[i]
	}
	if t.LoadFile == nil {
		return nil
	}
	f, asked := t.loaded[path]
	if !asked {
		if t.loaded == nil {
			t.loaded = map[string]*File{}
		}
		f = t.LoadFile(path)
		t.loaded[path] = f
	}
	return f
}

// Follows reports whether the kustomizations of t, or what is deployed, take
// something from the file at path.
func (t *Tree) Follows(path string) bool { return t.graph != nil && t.graph.parsed[path] != nil }

// at returns the path of what a file in the folder dir calls name, by the path
// that the walk knows it under: a base may lie behind a symbolic link.
func (t *Tree) at(dir, name string) string {
	at := path.Join(dir, name)
	if t.ResolveLinks == nil || name == "" || leaves(name, at) || isURL(name) {
		return at
	}
	real, known := t.real[at]
	if !known {
		if t.real == nil {
			t.real = map[string]string{}
		}
		real = t.ResolveLinks(at)
		t.real[at] = real
	}
	return real
}

// NamesUnder returns the names, of those in Names, that lie below the folder dir.
func (t *Tree) NamesUnder(dir string) []string {
	if dir == "." {
		return t.Names
	}
	from, _ := slices.BinarySearch(t.Names, dir+"/")
	n := sort.Search(len(t.Names)-from, func(i int) bool { return !strings.HasPrefix(t.Names[from+i], dir+"/") })
	return t.Names[from : from+n]
}

// MergeLoaded puts the files that were loaded since among the others, in a new
// list. It is to be called when a linker is done, and by one that wants to go
// over what it loaded.
func (t *Tree) MergeLoaded() {
	var more []*File
	for path, f := range t.loaded {
		if f != nil {
			more = append(more, f)
			delete(t.loaded, path)
		}
	}
	if len(more) == 0 {
		return
	}
	t.Files = append(more, t.Files...)
	sort.Slice(t.Files, func(i, j int) bool { return t.Files[i].Path < t.Files[j].Path })
}

// An Advice is something that a person should do about a file or, as a note,
// know about it.
type Advice struct {
	Path string // of the file
	At   int    // byte offset in it that the advice is about; -1 when it is about the whole file
	Text string // a sentence or two: what the matter is and, unless it is a note, what to do
	Note bool   // a fact worth knowing; no action is required
}

// A MovedPiece is a piece that moves.
type MovedPiece struct {
	Path     string // of the file
	Field    string // where in it: .image.repository
	Old, New string // the piece's text before and after
	From, To string // the prefixes of the rule that moves it
}

// A Consequence is an edit that follows from what moves.
type Consequence struct {
	FileEdit
	Why           string   // for a person
	IsVersionBump bool     // it is the version of a chart that is raised
	IsReference   bool     // it shows a value that moves, and is a reference itself
	Sources       []string // paths of the files that it follows
}

// A TracedRef is a rendered reference and what it is made of. The texts of its
// parts, joined, are the reference; there are none when nothing is known of it.
type TracedRef struct {
	Ref        string
	Template   string // that printed it, a path in the chart
	ValuesFile string // the value file that was added, a path in the chart; "" for the defaults alone
	Parts      []TracedPart
}

// A TracedPart is a part of a rendered reference: a literal of a template, or a value.
type TracedPart struct {
	Text       string
	Value      []string // the path of the value among those of the chart, nil for a literal; an item of a list is "[0]"
	Whole bool     // false when the template takes a piece of the value only
}

// A MoveFunc says what becomes of an occurrence's text: the first Len bytes are
// replaced by New. It is false when no rule moves it.
type MoveFunc func(o *format.Occurrence) (Move, bool)

// A Move replaces the first Len bytes of a text by New.
type Move struct {
	Len int
	New string
}

// A Group is what moves whole or is kept whole.
type Group struct {
	// Occurrences replace every occurrence of the formats that has a piece in
	// common with one of them.
	Occurrences []format.Occurrence
	Keep        format.Reason // why the group stays, "" when the rules decide
	Why         string        // for a person: what ties it together, or what stands in the way
	Insert      []FileEdit    // keys to insert when it moves
}

// A FileEdit is an edit of one file.
type FileEdit struct {
	Path string
	edit.Edit
}
