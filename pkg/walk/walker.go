package walk

import (
	"io/fs"
	"os"
	"path/filepath"
)

// A walker is what all goroutines of one walk share; nothing of it changes
// while they run.
type walker struct {
	Options
	root  string // absolute
	git   repository
	visit func(File) error
}

// unnamed is the state of a folder on the way from the root to a named path:
// what is not named lies outside of the walk and is not reported.
const unnamed Reason = "unnamed"

// A dir is a folder on the walk. It does not change once its task is pushed.
type dir struct {
	path string // relative to the root, "" for the root

	// only is why a file here is left out unless it is named or, if only is
	// Ignored, tracked; "" leaves that to the patterns.
	only Reason

	named    *names      // the named paths in this folder, nil for none
	included bool        // whether Include matches this folder, or is empty
	rules    *ignoreFile // the patterns from here up
	waived   []*rule     // those that do not count because a named path overrides them
}

// join returns the path of the entry name in d.
func (d *dir) join(name string) string {
	if d.path == "" {
		return name
	}
	return d.path + "/" + name
}

// abs returns path, which is relative to the root, absolute. It is clean
// already, so that nothing is left to do for filepath.Join, which would take
// a good part of the walk.
func (w *walker) abs(path string) string {
	switch {
	case path == "":
		return w.root
	case os.IsPathSeparator(w.root[len(w.root)-1]): // the top of a file system
		return w.root + filepath.FromSlash(path)
	}
	return w.root + string(filepath.Separator) + filepath.FromSlash(path)
}

// do does one task: it is the function of the pool.
func (w *walker) do(p *pool, t task) ([]Skip, error) {
	r := round{walker: w, dir: t.dir}
	switch {
	case t.entries != nil:
		if err := r.classify(p, t.entries); err != nil {
			return r.skips, err
		}
	case t.dir.only == unnamed:
		entries := r.readNamed()
		if err := r.classify(p, entries); err != nil {
			return r.skips, err
		}
	default:
		entries := r.read()
		// What does not fit in this round is left to who has nothing to do.
		var rest []task
		for len(entries) > batch {
			rest = append(rest, task{t.dir, entries[:batch:batch]})
			entries = entries[batch:]
		}
		p.push(rest...)
		if err := r.classify(p, entries); err != nil {
			return r.skips, err
		}
	}
	p.push(r.folders...)
	return r.skips, nil
}

// A round is one task's work: entries of one folder.
type round struct {
	*walker
	dir     *dir
	skips   []Skip
	folders []task
}

func (r *round) skip(path string, isDir bool, reason Reason) {
	s := Skip{Path: path, Dir: isDir, Reason: reason}
	if reason == Ignored {
		s.Detail = r.git.doubt
	}
	r.skips = append(r.skips, s)
}

func (r *round) unreadable(path string, isDir bool, err error, detail string) {
	r.skips = append(r.skips, Skip{path, isDir, Unreadable, withoutPath(err), detail})
}

// classify visits the files among entries, collects the folders and says why
// the others are left out.
func (r *round) classify(p *pool, entries []fs.DirEntry) error {
	for _, e := range entries {
		if p.halted() {
			return nil
		}
		name := e.Name()
		path := r.dir.join(name)
		named := r.dir.named.child(name)
		switch {
		case name == ".git":
			if named != nil {
				r.skip(path, e.IsDir(), GitFolder)
			}
		case e.IsDir():
			r.folder(path, name, named)
		default:
			if reason := r.leftOut(path, e, named != nil); reason != "" {
				r.skip(path, false, reason)
				continue
			}
			if err := r.visit(File{path, r.abs(path), e}); err != nil {
				return err
			}
		}
	}
	return nil
}

// folder decides about a folder: it is left out or to be read.
func (r *round) folder(path, name string, named *names) {
	d := r.dir
	if matchAny(r.Exclude, path, true) {
		r.skip(path, true, Excluded)
		return
	}
	if r.git.tracked.isLink(path) {
		r.skip(path, true, Submodule)
		return
	}
	sub := &dir{
		path: path, named: named, only: d.only, rules: d.rules, waived: d.waived,
		included: d.included || matchAny(r.Include, path, true),
	}
	if !r.NoIgnore {
		ignored := r.waive(sub)
		switch {
		case sub.only == unnamed || sub.only == Vendored:
		case isVendor(name):
			sub.only = Vendored
		case ignored:
			sub.only = Ignored
		}
	}
	if named != nil && named.whole {
		sub.only = ""
	}
	if named == nil {
		if sub.only == Vendored || sub.only == Ignored && !r.git.tracked.under(path) {
			r.skip(path, true, sub.only)
			return
		}
	}
	r.folders = append(r.folders, task{dir: sub})
}

// waive reports whether patterns ignore the folder sub. If something in it is
// named, they no longer count in it.
func (r *round) waive(sub *dir) bool {
	ignored := false
	for {
		by := sub.rules.match(sub.path, true, sub.waived)
		if by == nil || by.negated {
			return ignored
		}
		ignored = true
		if sub.named == nil {
			return ignored
		}
		sub.waived = append(sub.waived[:len(sub.waived):len(sub.waived)], by)
	}
}

// leftOut returns why the file at path is left out, or "".
func (r *round) leftOut(path string, e fs.DirEntry, named bool) Reason {
	d := r.dir
	if matchAny(r.Exclude, path, false) {
		return Excluded
	}
	if !d.included && !matchAny(r.Include, path, false) {
		return NotIncluded
	}
	if !named && !r.NoIgnore {
		switch {
		case d.only == Vendored:
			return Vendored
		case d.only == Ignored && !r.git.tracked.has(path):
			return Ignored
		case d.only == "":
			by := d.rules.match(path, false, d.waived)
			if by != nil && !by.negated && !r.git.tracked.has(path) {
				return Ignored
			}
		}
	}
	switch {
	case e.Type()&fs.ModeSymlink != 0:
		return Symlink
	case !e.Type().IsRegular():
		return Irregular
	}
	return ""
}

// isVendor reports whether a folder of this name holds copies of other
// projects' files.
func isVendor(name string) bool { return name == "vendor" || name == "node_modules" }
