package rewrite

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"path"
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/regmigrate/regmigrate/pkg/account"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/link/families"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// A reader reads and scans files: those of the walk, in several goroutines, and
// later those that linkers load.
type reader struct {
	opts    Options
	linkers *families.Linkers

	mu     sync.Mutex // of the fields below, while the walk runs
	files  fileList
	loaded []*scannedFile // loaded by linkers, not yet in files
	family []string       // paths that a linker wants, sorted after the walk

	dockerfiles []string // files with a name of a Dockerfile, sorted after the walk
	yaml        []string // paths of all YAML files of the walk, sorted after it
	objects     []string // those of yaml that contain one of families.ObjectTexts, as far as noted
	unnoted     []string // paths of YAML files that were not searched for these texts and are not yet in yaml

	unsearched []string // those of yaml that were not searched for these texts

	charts    []string    // paths of the files of the walk with the name Chart.yaml
	others    []uint64    // hashes of the paths of the other files of the walk, sorted after it
	skipped   []walk.Skip // sorted after the walk
	scanned   int         // number of files
	searched  int         // number of files in skipped folders
	hasWalked bool        // readTree has visited the files
	readOnly  bool        // the plan is not for writing: edits outside of the given paths are allowed
	archives  []*packedArchive

	// anyRelevant says that the scan found a file that may contain something. From then
	// on, it notes which files have objects of Flux and Argo CD, so that most files are
	// not read again for them.
	anyRelevant atomic.Bool

	as     map[string]string // names for [format.Input.As] by path
	traces traces

	unreadable map[string]walk.Skip // what linkers could not read, by path; see addUnreadable

	limits map[string]*format.LimitError // of files that a linker needed as a whole, by path

	largeFile   sync.Mutex // held while a large file is parsed: its tree is many times its size
	openArchive sync.Mutex // held while an archive is read: each may use all the memory that is allowed for archives
	buffers     sync.Pool
	objectTexts [][]byte // families.ObjectTexts
}

// largeFileSize is the size in bytes from which on files are parsed one at a time.
const largeFileSize = 4 << 20

func newReader(o Options, l *families.Linkers) *reader {
	o.otherFiles = cmp.Or(o.otherFiles, format.NewOtherFiles(o.Walk.Root))
	r := &reader{opts: o, linkers: l, limits: map[string]*format.LimitError{}, buffers: sync.Pool{New: func() any { return new([]byte) }}}
	for _, text := range families.ObjectTexts() {
		r.objectTexts = append(r.objectTexts, []byte(text))
	}
	return r
}

// readTree walks the tree and scans every file that may contain something to
// rewrite or report.
//
// It returns the other files of the folders that the walk skips although git
// tracks them, sorted by path.
func (r *reader) readTree(ctx context.Context) (inSkipped []walk.File, err error) {
	var mu sync.Mutex
	o := r.opts.Walk
	o.Vendored = func(f walk.File) error {
		mu.Lock()
		defer mu.Unlock()
		inSkipped = append(inSkipped, f)
		return ctx.Err()
	}
	skipped, err := walk.Walk(ctx, o, func(f walk.File) error {
		r.visit(f)
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	r.hasWalked = true
	r.reportWalk(skipped)
	slices.SortFunc(inSkipped, func(a, b walk.File) int { return strings.Compare(a.Path, b.Path) })
	inSkipped = r.scanLocalCharts(inSkipped)
	r.skipped = append(r.skipped, skipped...)
	r.sort()
	r.readComposeFiles()
	return inSkipped, nil
}

// sort sorts what several goroutines found.
func (r *reader) sort() {
	r.files.sort()
	slices.Sort(r.family)
	slices.Sort(r.dockerfiles)
	r.yaml = append(r.yaml, r.unnoted...)
	if r.anyRelevant.Load() {
		r.unsearched = append(r.unsearched, r.unnoted...)
	}
	r.unnoted = nil
	slices.Sort(r.yaml)
	slices.Sort(r.objects)
	slices.Sort(r.unsearched)
	slices.Sort(r.others)
	sort.Slice(r.archives, func(i, j int) bool { return r.archives[i].path < r.archives[j].path })
	sort.Slice(r.skipped, func(i, j int) bool { return r.skipped[i].Path < r.skipped[j].Path })
}

// visit reads and scans one file of the walk.
func (r *reader) visit(f walk.File) {
	if r.readPacked(f) {
		return
	}
	buf := r.buffers.Get().(*[]byte)
	isRelevant := r.isRelevant(f.Path)
	var n note
	noting := func(src []byte) bool {
		ok := isRelevant(src)
		if ok && !r.anyRelevant.Load() {
			r.anyRelevant.Store(true)
		}
		if r.anyRelevant.Load() && format.HasYAMLName(f.Path) {
			n = note{true, containsAny(src, r.objectTexts)}
		}
		return ok
	}
	c := readFile(f, buf, r.opts.Rules, r.opts.maxSize(), noting)
	r.buffers.Put(buf)
	r.record(f, c, n)
}

// A note says whether a file was searched for families.ObjectTexts, and has one.
type note struct{ isSearched, hasObject bool }

func containsAny(src []byte, texts [][]byte) bool {
	return slices.ContainsFunc(texts, func(t []byte) bool { return bytes.Contains(src, t) })
}

// anyKeyNamesImage reports whether the file at path may have a short name that a rule
// moves although mayMatch is false for it.
func (r *reader) anyKeyNamesImage(path string) bool {
	return format.IsEnvironment(path) || r.opts.Rules.SelectsAllOfDockerHub() && format.AnyKeyNamesImage(path, r.opts.Fields)
}

// isRelevant returns a function that reports whether the content of the file at path may
// contain something to rewrite or report.
func (r *reader) isRelevant(path string) func(src []byte) bool {
	if r.anyKeyNamesImage(path) {
		return func([]byte) bool { return true }
	}
	return r.mayMatch(r.filterOf(path))
}

// record scans and records the content c of the file f.
func (r *reader) record(f walk.File, c fileContent, n note) {
	var found *scannedFile
	switch {
	case c.src != nil:
		found = r.scan(f, c.src)
		if !r.isNeeded(found) {
			found = nil
		}
	case c.err != nil && c.skip == "":
		found = newUnreadFile(f, c)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if c.skip != "" {
		r.skipped = append(r.skipped, walk.Skip{Path: f.Path, Reason: c.skip, Err: c.err})
	} else {
		r.scanned++
	}
	if found != nil {
		r.files = append(r.files, found)
	}
	if path.Base(f.Path) == chartFile {
		r.charts = append(r.charts, f.Path)
	}
	isWanted, isYAML := r.linkers.Wants(f.Path), format.HasYAMLName(f.Path)
	if isWanted {
		r.family = append(r.family, f.Path)
	}
	switch {
	case !isYAML:
	case !n.isSearched:
		r.unnoted = append(r.unnoted, f.Path)
	default:
		r.yaml = append(r.yaml, f.Path)
		if n.hasObject {
			r.objects = append(r.objects, f.Path)
		}
	}
	if format.IsDockerfile(f.Path) {
		r.dockerfiles = append(r.dockerfiles, f.Path)
	}
	if !isWanted && !isYAML {
		r.others = append(r.others, pathHash(f.Path))
	}
	if r.opts.Progress != nil {
		r.opts.Progress(r.scanned)
	}
}

// isNeeded reports whether the plan needs the file: it has a mention, an error, or a
// reference that a rule may select, or a linker may find one there. A file in which all
// references spell out other registries is not kept in memory.
func (r *reader) isNeeded(f *scannedFile) bool {
	if len(f.mentions)+len(f.encoded) > 0 || f.ownPolicy != nil || f.file.Err != nil || r.mayHaveHiddenRefs(f.file.Path) {
		return true
	}
	// Linkers find the objects of Flux and Argo CD in the files of the plan.
	hasText := func(text string) bool { return bytes.Contains(f.file.Before, []byte(text)) }
	return slices.ContainsFunc(families.SearchTexts(), hasText) || slices.ContainsFunc(f.contents.Occurrences, func(o format.Occurrence) bool {
		if _, ok := account.Match(&o, r.opts.Rules); ok || len(o.Pieces) != 1 || o.Tail != "" {
			return true
		}
		ref, err := image.Parse(o.Text())
		return err != nil || ref.Domain == "" || ref.Path == ""
	})
}

// mayHaveHiddenRefs reports whether a rendering may find references in the
// file that a scan does not find.
func (r *reader) mayHaveHiddenRefs(path string) bool {
	return r.opts.TraceChart != nil && r.linkers.HasHiddenRefs(path)
}

// scan finds the references and mentions of a file.
func (r *reader) scan(f walk.File, src []byte) *scannedFile {
	out := &scannedFile{file: File{Path: f.Path, Abs: f.Abs, Before: src}}
	if format.IsBaseline(src) {
		out.file.Format = "json"
		return out // the mentions are listed where they are
	}
	out.mentions = r.opts.Rules.Mentions(src)
	if format.IsOwnFile(f.Path, src) || slices.Contains(r.opts.OwnConfig, f.Abs) {
		out.file.Format = "yaml"
		out.setReason(format.OwnConfig, "")
		return out
	}
	if p, ok := format.ReadOwnPolicy(src); ok {
		out.ownPolicy = &p
	}
	out.encoded = encodedMentions(r.opts.Rules, src)
	out.format = format.Detect(f.Path, src)
	out.file.Format = out.format.Name
	if len(src) >= largeFileSize {
		r.largeFile.Lock()
		defer r.largeFile.Unlock()
	}
	filter := r.filterOf(f.Path)
	in := format.Input{Path: f.Path, As: r.as[f.Path], Src: src, Fields: r.opts.Fields, Marks: out.mentions, ReadsTags: r.opts.Rules.ReadsTags(), Files: r.opts.otherFiles}
	in.May = func(part []byte) bool { return r.mayMatchPart(filter, part) }
	if r.anyKeyNamesImage(f.Path) {
		in.May = nil
	}
	scanned, err := out.format.Read(in)
	if limit := (*format.LimitError)(nil); errors.As(err, &limit) {
		out.setLimit(limit)
		return out
	}
	if err != nil {
		out.setReason(format.NotEditedSafely, "the file could not be parsed as "+out.format.Name)
		if len(out.mentions) > 0 {
			out.file.Err = err
		}
		return out
	}
	out.contents = scanned
	classify(scanned.Occurrences, r.opts)
	out.file.Unverified = scanned.Unverified
	return out
}

// classify unmarks likely images that are parts of other occurrences of the file. It
// marks the others as images if the options assume so.
func classify(all []format.Occurrence, opts Options) {
	joined := account.Joined(all)
	for i := range all {
		o := &all[i]
		switch {
		case o.Unconfirmed || account.ClassOf(o, opts.Rules) != account.Likely:
		case joined[o]:
			o.LikelyImage = false
		case opts.AssumeImages:
			o.IsImage, o.IsAssumed = true, true
		}
	}
}
