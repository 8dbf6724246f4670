package rewrite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/atomicfile"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// Apply writes the changed files of the plan, each atomically. A file whose
// bytes are not those of the plan any more is not written. If a file cannot be
// written, Apply sets its Err, removes its edits, marks its findings as not
// changed, and continues. It returns the number of files written, and an error
// if ctx is done.
//
// Call Apply only once for a plan.
func (p *Plan) Apply(ctx context.Context) (int, error) {
	dir, err := atomicfile.OpenDir(p.Root)
	if err != nil {
		for i := range p.Files {
			if f := &p.Files[i]; len(f.Edits) > 0 {
				f.fail(err)
			}
		}
		return 0, nil
	}
	defer dir.Close()
	p.removeTemporaryFiles(dir)
	p.dropChangedOnDisk(dir)
	written, isStopped := 0, false
	byPath := map[string]*File{}
	dir.ReplaceAll(ctx, p.replacements(byPath), func(name string, lost []string, err error) {
		f := byPath[name]
		switch {
		case err == nil:
			written++
			p.adviseLostAttributes(name, lost)
		case ctx.Err() != nil && errors.Is(err, ctx.Err()):
			isStopped = true
			f.fail(errInterrupted)
		default:
			f.fail(pathlessError(err))
		}
	})
	slices.SortStableFunc(p.Advice, compareAdvice)
	if isStopped {
		return written, fmt.Errorf("stopped after %d files: %w", written, ctx.Err())
	}
	return written, nil
}

// replacements returns the files to write, and adds them to byPath.
func (p *Plan) replacements(byPath map[string]*File) iter.Seq[atomicfile.Replacement] {
	return func(yield func(atomicfile.Replacement) bool) {
		for i := range p.Files {
			f := &p.Files[i]
			if len(f.Edits) == 0 {
				continue
			}
			byPath[f.Path] = f
			if !yield(atomicfile.Replacement{Name: f.Path, Want: f.Before, Contents: f.After()}) {
				return
			}
		}
	}
}

// adviseLostAttributes adds a note if the new file does not have some attributes.
func (p *Plan) adviseLostAttributes(name string, lost []string) {
	if len(lost) > 0 {
		p.Advice = append(p.Advice, Advice{Path: name, Note: true, Text: "The file lost its extended attributes " + strings.Join(lost, ", ") + ": the system does not accept them on the new file."})
	}
}

// removeTemporaryFiles deletes files that earlier runs left because they were killed.
func (p *Plan) removeTemporaryFiles(dir *atomicfile.Dir) {
	var names []string
	for _, s := range p.Skipped {
		if s.Reason == walk.Temporary {
			names = append(names, s.Path)
		}
	}
	removed := dir.RemoveTemporary(names)
	p.Skipped = slices.DeleteFunc(p.Skipped, func(s walk.Skip) bool { return s.Reason == walk.Temporary && slices.Contains(removed, s.Path) })
}

// dropChangedOnDisk compares every changed file with the bytes of the plan
// before the first file is written. A group with a file that differs is kept in
// all its files, so that no group is written partly.
func (p *Plan) dropChangedOnDisk(dir *atomicfile.Dir) {
	differs := map[string]error{}
	planned := func(yield func(string, []byte) bool) {
		for i := range p.Files {
			if f := &p.Files[i]; len(f.Edits) > 0 && !yield(f.Path, f.Before) {
				return
			}
		}
	}
	dir.CheckAll(planned, func(name string, err error) {
		if err != nil {
			differs[name] = pathlessError(err)
		}
	})
	if len(differs) == 0 {
		return
	}
	for _, g := range p.groups {
		followsChanged := slices.ContainsFunc(g.sources, func(name string) bool { return differs[name] != nil })
		if g.isConsequence && g.moves() && (followsChanged || hasFileBelow(differs, path.Dir(g.edits[0].Path))) {
			g.keep(format.NotEditedSafely, "a file that it follows from changed on disk")
		}
		for _, e := range g.edits {
			if err := differs[e.Path]; err != nil {
				g.keep(format.NotEditedSafely, fmt.Sprintf("%s %v, and the references must change together", e.Path, err))
				break
			}
		}
	}
	edits := editsOf(p.groups)
	for i := range p.Files {
		f := &p.Files[i]
		if err := differs[f.Path]; err != nil {
			f.fail(err)
			continue
		}
		f.dropOtherEdits(edits[f.Path])
	}
}

// pathlessError returns an error of package atomicfile without the path:
// reports print the path before the error.
func pathlessError(err error) error { return cmp.Or(errors.Unwrap(err), err) }

// hasFileBelow reports whether one of files is below the folder dir.
func hasFileBelow(files map[string]error, dir string) bool {
	for name := range files {
		if dir == "." || strings.HasPrefix(name, dir+"/") {
			return true
		}
	}
	return false
}

// dropOtherEdits removes the edits of f that are not in edits, and marks their
// findings as not changed.
func (f *File) dropOtherEdits(edits []edit.Edit) {
	if len(edits) == len(f.Edits) {
		return
	}
	remaining := map[edit.Span]bool{}
	for _, e := range edits {
		remaining[e.Span] = true
	}
	f.Edits = edits
	for i := range f.Findings {
		x := &f.Findings[i]
		for _, s := range x.EditSpans {
			if x.Status == Rewritten && !remaining[s] {
				x.setNotChanged("another file that must change with it could not be written")
			}
		}
	}
}

var errInterrupted = errors.New("the run was interrupted before the file was written")

// fail records that the file could not be written.
func (f *File) fail(err error) {
	f.Err = err
	f.Edits = nil
	for i := range f.Findings {
		if x := &f.Findings[i]; x.Status == Rewritten {
			x.setNotChanged("the file could not be written")
		}
	}
}
