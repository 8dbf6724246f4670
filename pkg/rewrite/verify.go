package rewrite

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
)

// verifyGroups sets the edits of the files and verifies every file that has
// edits. If a file fails, the groups with an edit in it are kept, and the files
// whose edits change because of that are verified again. A failed consequence
// must not block the main edit: if a file that fails has consequences, these
// are dropped first.
func (p *planner) verifyGroups(ctx context.Context) error {
	for {
		edits := editsOf(p.groups)
		var unverified []*scannedFile
		for _, f := range p.files {
			f.file.Edits = edits[f.file.Path]
			if len(f.file.Edits) > 0 && !slices.Equal(p.verified[f.file.Path], f.file.Edits) {
				unverified = append(unverified, f)
			}
		}
		errs := p.verifyFiles(ctx, unverified)
		if err := ctx.Err(); err != nil {
			return err
		}
		failed, again := map[string]bool{}, false
		for i, f := range unverified {
			switch {
			case errs[i] == nil:
				p.verified[f.file.Path] = f.file.Edits
			case p.dropConsequences(f.file.Path):
				again = true
			default:
				failed[f.file.Path] = true
				f.file.Err = fmt.Errorf("the file is not changed, because its edits could not be verified: %w", errs[i])
			}
		}
		if len(failed) == 0 && !again {
			return nil
		}
		for _, g := range p.groups {
			for _, e := range g.edits {
				if failed[e.Path] {
					g.keep(format.NotEditedSafely, "the edits of "+e.Path+" could not be verified")
					break
				}
			}
		}
	}
}

// verifyFiles verifies the edits of each file and returns the errors.
func (p *planner) verifyFiles(ctx context.Context, files []*scannedFile) []error {
	expected := expectedPieces(p.groups)
	errs := make([]error, len(files))
	parallel(p.opts.Walk.Jobs, len(files), func(i int) {
		f := files[i]
		if len(f.file.Before) >= largeFileSize {
			p.largeFile.Lock()
			defer p.largeFile.Unlock()
		}
		if ctx.Err() == nil {
			errs[i] = f.verifyEdits(&p.opts, expected[f.file.Path])
		}
	})
	return errs
}

// dropConsequences drops the consequences in the file at path, and reports
// whether there were any.
func (p *planner) dropConsequences(path string) bool {
	found := false
	for _, g := range p.groups {
		if g.isConsequence && g.moves() && g.edits[0].Path == path {
			g.keep(format.NotEditedSafely, "")
			found = true
		}
	}
	return found
}

// An expectedPiece is a piece that a file must have after its edits.
type expectedPiece struct {
	start int    // offset of the piece in the file before the edits
	text  string // after the edits
	field string
}

// expectedPieces returns by path the pieces that the files must have after the
// edits. An occurrence that a scan finds only because of the old name is
// left out: after the edits a scan does not find it.
func expectedPieces(groups []*group) map[string][]expectedPiece {
	out := map[string][]expectedPiece{}
	for m := range movingMembers(groups) {
		if m.occ.FoundByMark || m.occ.Scope != format.Manifests {
			continue
		}
		for k := range m.occ.Pieces {
			p := &m.occ.Pieces[k]
			out[p.Path] = append(out[p.Path], expectedPiece{p.Span.Start, m.newPiece(k), m.occ.Place.Field})
		}
	}
	return out
}

// verifyEdits returns an error unless the edits can be undone, the format
// accepts them, and a scan of the result finds the expected pieces.
func (f *scannedFile) verifyEdits(o *Options, expected []expectedPiece) error {
	before := f.file.Before
	after, err := edit.Apply(before, f.file.Edits)
	if err != nil {
		return err
	}
	undo, err := edit.Invert(before, f.file.Edits)
	if err != nil {
		return err
	}
	if restored, err := edit.Apply(after, undo); err != nil || !bytes.Equal(restored, before) {
		return fmt.Errorf("undoing the edits does not restore the original (%v)", err)
	}
	parsed := syntax.NewMemo(before, after)
	if err := f.format.Check(format.Change{Path: f.file.Path, Before: before, Edits: f.file.Edits, Parsed: parsed}); err != nil {
		return err
	}
	if f.format == format.YAML && format.HasUnreadDocument(f.file.Path, before, parsed) {
		f.file.Unverified = true
	}
	return f.checkPieces(o, after, expected, parsed)
}

// checkPieces returns an error unless a scan of after finds the expected
// pieces. Parsed has the parts of after that were parsed.
func (f *scannedFile) checkPieces(o *Options, after []byte, expected []expectedPiece, parsed *syntax.Memo) error {
	if len(expected) == 0 || f.contents.Unverified { // without a parser, a scan finds only the old names
		return nil
	}
	in := format.Input{Path: f.file.Path, Src: after, Fields: o.Fields, Marks: o.Rules.Mentions(after), May: mayContainNew(after, f.file.Edits), Parsed: parsed}
	scanned, err := f.format.Read(in)
	if err != nil {
		return err
	}
	type placedText struct {
		start int
		text  string
	}
	found := map[placedText]bool{}
	for i := range scanned.Occurrences {
		for _, p := range scanned.Occurrences[i].Pieces {
			found[placedText{p.Span.Start, p.Text}] = true
		}
	}
	shifts := []int{0} // shifts[n]: how far the first n edits move the bytes after them
	for i, e := range f.file.Edits {
		shifts = append(shifts, shifts[i]+len(e.New)-e.Len())
	}
	for _, x := range expected {
		n := sort.Search(len(f.file.Edits), func(i int) bool { return f.file.Edits[i].Start >= x.start })
		if !found[placedText{x.start + shifts[n], x.text}] {
			return fmt.Errorf("a scan after the edits does not find %s in %s", x.text, x.field)
		}
	}
	return nil
}

// mayContainNew returns a func that reports whether a part of a file, after its
// edits, may contain new text. If there are few edits it looks for the whole
// new names: the new registry alone may be in all documents of a file, and only
// those with an edit need to be read again.
func mayContainNew(after []byte, edits []edit.Edit) func([]byte) bool {
	const (
		fewEdits = 32
		maxName  = 64 // bytes of a name that are compared
	)
	names := map[string]bool{}
	shift := 0
	for _, e := range edits {
		text := strings.Trim(e.New, "/")
		start := e.Start + shift + max(0, strings.Index(e.New, text))
		shift += len(e.New) - e.Len()
		if len(edits) <= fewEdits {
			end := start + len(text)
			for end < min(len(after), start+maxName) && isNameByte(after[end]) {
				end++
			}
			text = string(after[start:end])
		}
		names[text] = true
	}
	return func(part []byte) bool {
		for n := range names {
			if bytes.Contains(part, []byte(n)) {
				return true
			}
		}
		return false
	}
}

// isNameByte reports whether c can be part of an image name and is written as
// itself in every format.
func isNameByte(c byte) bool {
	return c == '/' || c == '.' || c == '_' || c == '-' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z'
}

// parallel calls do for 0 ≤ i < n in up to jobs goroutines; 0 means one per CPU.
func parallel(jobs, n int, do func(i int)) {
	if jobs <= 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(jobs, n) {
		wg.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}
