package rewrite

import (
	"context"
	"slices"
	"sort"
	"sync"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link/families"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// A scannedFile is a file that may hold something to do, scanned.
type scannedFile struct {
	file     File
	format   *format.Format
	mentions []edit.Span
	contents format.ScanResult
	outside  bool // read to decide, not to be written or reported
}

// A gatherer collects what the goroutines of a walk find.
type gatherer struct {
	opts    Options
	linkers *families.Linkers

	mu      sync.Mutex
	found   []*scannedFile
	loaded  []*scannedFile // for linkers, until they are done
	names   []string       // files that some linker wants to know of
	yaml    []string       // all YAML files of the run, sorted
	skipped []walk.Skip
	looked  int
	packed  []*packedArchive
	refused map[[2]string]string // what Options.Refuse said of the references that move, old and new

	big  sync.Mutex // held while a large file is parsed: trees take many times its size
	bufs sync.Pool

	archives sync.Mutex // held while an archive is read
}

// bigFile is the size in bytes from which on files are parsed one at a time.
const bigFile = 4 << 20

// gather walks the tree and scans every file that may hold something to do.
func gather(ctx context.Context, o Options) (*gatherer, error) {
	g := &gatherer{opts: o, linkers: families.New(o.Bump), bufs: sync.Pool{New: func() any { return new([]byte) }}}
	skipped, err := walk.Walk(ctx, o.Walk, func(f walk.File) error {
		g.visit(f)
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	g.skipped = append(g.skipped, skipped...)
	sort.Slice(g.found, func(i, j int) bool { return g.found[i].file.Path < g.found[j].file.Path })
	sort.Strings(g.names)
	sort.Strings(g.yaml)
	sort.Slice(g.packed, func(i, j int) bool { return g.packed[i].archive < g.packed[j].archive })
	sort.Slice(g.skipped, func(i, j int) bool { return g.skipped[i].Path < g.skipped[j].Path })
	return g, nil
}

// visit reads and scans one file.
func (g *gatherer) visit(f walk.File) {
	if g.unpack(f) {
		return
	}
	buf := g.bufs.Get().(*[]byte)
	c := readFile(f, buf, g.opts.Rules, g.opts.maxSize(), g.opts.Rules.MayMatch)
	g.bufs.Put(buf)
	g.keep(f, c)
}

// keep records what reading the file f came to.
func (g *gatherer) keep(f walk.File, c fileContent) {
	var found *scannedFile
	switch {
	case c.src != nil:
		found = g.scan(f, c.src)
	case c.err != nil && c.skip == "":
		found = unreadFile(f, c)
	}
	if found != nil && len(found.mentions) == 0 && found.file.Err == nil && len(found.contents.Occurrences) == 0 && (g.opts.TraceChart == nil || !g.linkers.HasHiddenRefs(f.Path)) {
		found = nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if c.skip != "" {
		g.skipped = append(g.skipped, walk.Skip{Path: f.Path, Reason: c.skip, Err: c.err})
	} else {
		g.looked++
	}
	if found != nil {
		g.found = append(g.found, found)
	}
	if g.linkers.Wants(f.Path) {
		g.names = append(g.names, f.Path)
	}
	if isYAML(f.Path) {
		g.yaml = append(g.yaml, f.Path)
	}
	if g.opts.Progress != nil {
		g.opts.Progress(g.looked)
	}
}

// unreadFile makes the candidate of a file that could not be kept or read as text.
func unreadFile(f walk.File, c fileContent) *scannedFile {
	out := &scannedFile{file: File{Path: f.Path, Abs: f.Abs, Err: c.err}}
	for _, m := range c.mentions {
		out.file.Findings = append(out.file.Findings, Finding{Mention: m.span, Old: m.text, Line: m.line, Column: m.column, Reason: format.NotEditedSafely, Note: "the file is too large"})
	}
	return out
}

// scan finds what the file holds.
func (g *gatherer) scan(f walk.File, src []byte) *scannedFile {
	out := &scannedFile{file: File{Path: f.Path, Abs: f.Abs, Before: src}}
	out.mentions = g.opts.Rules.Mentions(src)
	in := format.Input{Path: f.Path, Src: src, Fields: g.opts.Fields, Marks: out.mentions, May: g.opts.Rules.MayMatch}
	if format.IsOwnFile(f.Path, src) || slices.Contains(g.opts.OwnConfig, f.Abs) {
		out.file.Format = "yaml"
		for _, m := range out.mentions {
			out.contents.Contexts = append(out.contents.Contexts, format.Context{Mark: m, Reason: format.OwnConfig})
		}
		return out
	}
	out.format = format.Detect(f.Path, src)
	out.file.Format = out.format.Name
	if len(src) >= bigFile {
		g.big.Lock()
		defer g.big.Unlock()
	}
	scanned, err := out.format.Read(in)
	if err != nil {
		scanned = format.ScanResult{}
		for _, m := range out.mentions {
			scanned.Contexts = append(scanned.Contexts, format.Context{Mark: m, Reason: format.NotEditedSafely, Note: "the file could not be read as " + out.format.Name})
		}
		if len(out.mentions) > 0 {
			out.file.Err = err
		}
	}
	out.contents = scanned
	out.file.Unverified = scanned.Unverified
	return out
}
