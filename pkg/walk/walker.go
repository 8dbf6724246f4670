package walk

import (
	"io/fs"
	"os"
	"path/filepath"

	"github.com/regmigrate/regmigrate/internal/atomicfile"
	"github.com/regmigrate/regmigrate/internal/repofile"
)

// A walker holds the data that all goroutines of a walk share. It does not
// change while they run.
type walker struct {
	Options
	root  string // absolute
	git   repository
	visit func(File) error
}

// unnamed is the state of a folder between the root and a named path. Files in
// it that are not named are not part of the walk and are not reported.
const unnamed Reason = "unnamed"

// A dir is a folder of the walk. It does not change once its task is pushed.
type dir struct {
	path string // relative to the root, "" for the root

	// defaultSkip is the reason to skip a file in this folder, unless the file
	// is named, or unless it is tracked and the reason is Ignored. If it is "",
	// the patterns decide.
	defaultSkip Reason

	// isVendored says that the walk skips this folder, and that its files are for
	// Options.Vendored.
	isVendored bool

	named    *names      // the named paths in this folder, or nil
	included bool        // Include matches this folder, or is empty
	rules    *ignoreFile // the patterns of this folder and the folders above
	waived   []*rule     // patterns that a named path overrides
}

// join returns the path of the entry name in d.
func (d *dir) join(name string) string {
	if d.path == "" {
		return name
	}
	return d.path + "/" + name
}

// abs returns the absolute path of path, which is relative to the root and
// clean. It does not use filepath.Join, which would take a large part of the
// time of a walk.
func (w *walker) abs(path string) string {
	switch {
	case path == "":
		return w.root
	case os.IsPathSeparator(w.root[len(w.root)-1]): // the root of a file system
		return w.root + filepath.FromSlash(path)
	}
	return w.root + string(filepath.Separator) + filepath.FromSlash(path)
}

// run runs one task. It is the function of the pool.
func (w *walker) run(p *pool, t task) ([]Skip, error) {
	r := round{walker: w, dir: t.dir}
	switch {
	case t.entries != nil:
		if err := r.classify(p, t.entries); err != nil {
			return r.skips, err
		}
	case t.dir.defaultSkip == unnamed:
		entries := r.readNamed()
		if err := r.classify(p, entries); err != nil {
			return r.skips, err
		}
	default:
		entries := r.read()
		// The rest become tasks for other goroutines.
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

// A round is the run of one task: entries of one folder.
type round struct {
	*walker
	dir     *dir
	skips   []Skip
	folders []task
}

func (r *round) skip(path string, isDir bool, reason Reason) {
	s := Skip{Path: path, Dir: isDir, Reason: reason}
	if reason == Ignored {
		s.Detail = r.git.warning
	}
	r.skips = append(r.skips, s)
}

func (r *round) unreadable(path string, isDir bool, err error, detail string) {
	r.skips = append(r.skips, Skip{path, isDir, Unreadable, repofile.WithoutPath(err), detail})
}

// classify visits the files of entries, collects the folders, and records the
// skipped entries.
func (r *round) classify(p *pool, entries []fs.DirEntry) error {
	for _, e := range entries {
		if p.isStopped() {
			return nil
		}
		name := e.Name()
		path := r.dir.join(name)
		named := r.dir.named.child(name)
		switch {
		case r.dir.isVendored:
			if err := r.classifyVendored(path, e); err != nil {
				return err
			}
		case name == ".git":
			if named != nil {
				r.skip(path, e.IsDir(), GitFolder)
			}
		case e.IsDir():
			r.addFolder(path, name, named)
		default:
			if reason := r.skipReason(path, e, named != nil); reason != "" {
				r.skip(path, false, reason)
				if reason == Vendored {
					if err := r.classifyVendored(path, e); err != nil {
						return err
					}
				}
				continue
			}
			if err := r.visit(File{path, r.abs(path), e}); err != nil {
				return err
			}
		}
	}
	return nil
}

// addFolder adds a task for a folder, or skips the folder.
func (r *round) addFolder(path, name string, named *names) {
	d := r.dir
	if matchAny(r.Exclude, path, true) {
		r.skip(path, true, Excluded)
		return
	}
	if r.git.tracked.isSubmodule(path) {
		r.skip(path, true, Submodule)
		return
	}
	sub := &dir{
		path: path, named: named, defaultSkip: d.defaultSkip, rules: d.rules, waived: d.waived,
		included: d.included || matchAny(r.Include, path, true),
	}
	if !r.NoIgnore {
		ignored := r.waive(sub)
		switch {
		case sub.defaultSkip == unnamed || sub.defaultSkip == Vendored:
		case isVendor(name):
			sub.defaultSkip = Vendored
		case ignored:
			sub.defaultSkip = Ignored
		}
	}
	if named != nil && named.whole {
		sub.defaultSkip = ""
	}
	if named == nil {
		if sub.defaultSkip == Vendored || sub.defaultSkip == Ignored && !r.git.tracked.under(path) {
			r.skip(path, true, sub.defaultSkip)
			if sub.defaultSkip == Vendored {
				r.addVendored(path)
			}
			return
		}
	}
	r.folders = append(r.folders, task{dir: sub})
}

// waive reports whether patterns ignore the folder sub. If a path below it is
// named, it adds these patterns to sub.waived.
func (r *round) waive(sub *dir) bool {
	ignored := false
	for {
		rule := sub.rules.match(sub.path, true, sub.waived)
		if rule == nil || rule.negated {
			return ignored
		}
		ignored = true
		if sub.named == nil {
			return ignored
		}
		sub.waived = append(sub.waived[:len(sub.waived):len(sub.waived)], rule)
	}
}

// skipReason returns why the file at path is skipped, or "".
func (r *round) skipReason(path string, e fs.DirEntry, named bool) Reason {
	d := r.dir
	if e.Type().IsRegular() && atomicfile.IsTemporary(e.Name()) && !r.git.tracked.has(path) {
		return Temporary
	}
	if matchAny(r.Exclude, path, false) {
		return Excluded
	}
	if !d.included && !matchAny(r.Include, path, false) {
		return NotIncluded
	}
	if !named && !r.NoIgnore {
		switch {
		case d.defaultSkip == Vendored:
			return Vendored
		case d.defaultSkip == Ignored && !r.git.tracked.has(path):
			return Ignored
		case d.defaultSkip == "":
			rule := d.rules.match(path, false, d.waived)
			if rule != nil && !rule.negated && !r.git.tracked.has(path) {
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
