package link

import (
	"path"
	"slices"
	"sort"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
)

// A Tree is the linkers' view of a run: its files, and access to the other
// files of the repository. The fields that are funcs may be nil.
type Tree struct {
	Files []*File  // scanned files, sorted by path
	Names []string // paths of the files that some linker wants, sorted; not all are in Files

	Packed []string // paths of packed sub-charts, charts/x-1.0.0.tgz, sorted

	// PackedRefs are the texts of the references in packed sub-charts that have a
	// finding, by the paths of the packed sub-charts.
	PackedRefs map[string][]string

	// Groups are the groups of the linkers that ran before.
	Groups []Group

	// TraceChart renders the chart in the folder dir and returns the references
	// that it prints. The error says why the chart does not render; a *TraceError
	// concerns some of its values files. It may be
	// called by several goroutines. Nil renders nothing.
	TraceChart func(dir string) ([]TracedRef, error)

	// TraceFurther renders the chart in the folder dir as q says, and returns the
	// references that it prints. It returns none, and no error, for a chart that does not
	// render; a *TraceError says that a limit which depends on the machine ended the
	// rendering. It may be called by several goroutines. Nil renders nothing.
	TraceFurther func(dir string, q TraceRequest) ([]TracedRef, error)

	// MayReadValue reports whether a template of the chart in the folder dir, or of one
	// of its sub-charts, may read the value at a path of the values of the chart, or a
	// part of it. The error says that a limit which depends on the machine ended the
	// reading of the templates. Nil reports true.
	MayReadValue func(dir string, at []string) (bool, error)

	// IsLikely reports whether a rule selects the short name o, if it is likely an
	// image: see package account. Nil reports true.
	IsLikely func(o *format.Occurrence) bool

	// MayHaveShortName reports whether src may have a short name that a rule selects. It
	// is nil if no rule selects names on Docker Hub.
	MayHaveShortName func(src []byte) bool

	// OutsideSubcharts returns the folders of the sub-charts that are not in the
	// folder of their chart, for all charts of the repository: by the folder of
	// the chart and by the path of the sub-chart in it, charts/common. If it is
	// nil, no chart has one.
	OutsideSubcharts func() map[string]map[string]string

	// Unrendered are the folders of the charts that do not render with any
	// values.
	Unrendered []string

	// RenderFailures are the values files with which charts do not render, and
	// those for which it is not known.
	RenderFailures []RenderFailure

	// Advice is what the linkers advise.
	Advice []Advice

	// LoadFile reads and scans a file of the repository that is not in Files;
	// nil if the file cannot be read. File calls it.
	LoadFile func(path string) *File

	// ResolveLinks returns the path, relative to the root, of the file that
	// path leads to when all symbolic links are followed. It returns path
	// itself if that is outside of the repository or does not exist.
	ResolveLinks func(path string) string

	// ReadFile returns the bytes of a file of the repository, unscanned; nil
	// if the file cannot be read.
	ReadFile func(path string) []byte

	// YAMLContaining returns the paths, sorted, of the YAML files of the whole
	// repository that contain one of texts; of all YAML files if there are no
	// texts.
	YAMLContaining func(texts ...string) []string

	// ReadsTags says that a rule depends on tags.
	ReadsTags bool

	// Partial says that the run scans only a part of the repository.
	Partial bool

	resolved map[string]string // results of ResolveLinks
	loaded   map[string]*File  // results of LoadFile
}

// IsScanned reports whether the file at path is in Files. The scan of the tree
// found nothing in the files that it read and that are not there.
func (t *Tree) IsScanned(path string) bool {
	_, ok := t.find(path)
	return ok
}

// find returns the index in Files of the file at path.
func (t *Tree) find(path string) (int, bool) {
	return slices.BinarySearchFunc(t.Files, path, func(f *File, path string) int { return strings.Compare(f.Path, path) })
}

// File returns the file at path, nil if it cannot be read.
func (t *Tree) File(path string) *File {
	if i, ok := t.find(path); ok {
		return t.Files[i]
	}
	if t.LoadFile == nil {
		return nil
	}
	f, loaded := t.loaded[path]
	if !loaded {
		if t.loaded == nil {
			t.loaded = map[string]*File{}
		}
		f = t.LoadFile(path)
		t.loaded[path] = f
	}
	return f
}

// Resolve returns the path, relative to the root, of the file or folder that a
// file in the folder dir calls name. Symbolic links are followed, so that one
// file has one path. Inside is false if the path leaves the repository.
func (t *Tree) Resolve(dir, name string) (at string, inside bool) {
	at = path.Join(dir, name)
	if at == ".." || strings.HasPrefix(at, "../") || path.IsAbs(name) {
		return at, false
	}
	if t.ResolveLinks == nil || name == "" {
		return at, true
	}
	to, known := t.resolved[at]
	if !known {
		if t.resolved == nil {
			t.resolved = map[string]string{}
		}
		to = t.ResolveLinks(at)
		t.resolved[at] = to
	}
	return to, true
}

// MayBeRead reports what MayReadValue does, true if it is nil. If a limit of time or
// memory ended the reading of the templates, MayBeRead adds to RenderFailures: another
// machine may have another result.
func (t *Tree) MayBeRead(chart string, at []string) bool {
	if t.MayReadValue == nil {
		return true
	}
	mayRead, err := t.MayReadValue(chart, at)
	if err != nil {
		f := RenderFailure{Chart: chart, Why: "the templates were not read: " + err.Error(), Backstop: true}
		if !slices.Contains(t.RenderFailures, f) {
			t.RenderFailures = append(t.RenderFailures, f)
		}
	}
	return mayRead
}

// FilesUnder returns the files of Files that are below the folder dir.
func (t *Tree) FilesUnder(dir string) []*File {
	if dir == "." {
		return t.Files
	}
	from, _ := t.find(dir + "/")
	n := sort.Search(len(t.Files)-from, func(i int) bool { return !strings.HasPrefix(t.Files[from+i].Path, dir+"/") })
	return t.Files[from : from+n]
}

// NamesUnder returns the paths of Names that are below the folder dir.
func (t *Tree) NamesUnder(dir string) []string {
	if dir == "." {
		return t.Names
	}
	from, _ := slices.BinarySearch(t.Names, dir+"/")
	n := sort.Search(len(t.Names)-from, func(i int) bool { return !strings.HasPrefix(t.Names[from+i], dir+"/") })
	return t.Names[from : from+n]
}

// MergeLoaded adds the files that were loaded to Files, which becomes a new
// slice. Call it after each linker, and before a linker iterates over Files
// that it loaded itself.
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
