package walk

import (
	"errors"
	"io/fs"
	"os"
	"slices"
)

// read returns the entries of the folder, and sees to its .gitignore and to
// whether it is a repository of its own. It runs before any other task of the
// folder is pushed, so that it may still change it.
func (r *round) read() []fs.DirEntry {
	f, err := os.Open(r.abs(r.dir.path))
	if err != nil {
		r.unreadable(r.shown(), true, err, "")
		return nil
	}
	defer f.Close()
	entries, err := f.ReadDir(-1)
	if err != nil {
		// Its .gitignore may be among the entries that are missing.
		r.unreadable(r.shown(), true, err, "")
		return nil
	}
	var ignoring fs.DirEntry
	for _, e := range entries {
		switch e.Name() {
		case ".git":
			if r.isNested(r.dir.path) {
				r.skip(r.dir.path, true, Submodule)
				return nil
			}
		case ".gitignore":
			ignoring = e
		}
	}
	if ignoring != nil && ignoring.Type().IsRegular() && !r.readRules() {
		entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return e == ignoring })
	}
	return entries
}

// shown is the path of the folder in a report.
func (r *round) shown() string {
	if r.dir.path == "" {
		return "."
	}
	return r.dir.path
}

// readNamed is read for a folder of which only the named paths count.
func (r *round) readNamed() []fs.DirEntry {
	if _, err := os.Lstat(r.abs(r.dir.join(".git"))); err == nil && r.isNested(r.dir.path) {
		r.skip(r.dir.path, true, Submodule)
		return nil
	}
	readable := true
	if info, err := os.Lstat(r.abs(r.dir.join(".gitignore"))); err == nil && info.Mode().IsRegular() {
		readable = r.readRules()
	}
	var entries []fs.DirEntry
	for name := range r.dir.named.below {
		if name == ".gitignore" && !readable {
			continue
		}
		path := r.dir.join(name)
		info, err := os.Lstat(r.abs(path))
		if err != nil {
			r.unreadable(path, false, err, "")
			continue
		}
		entries = append(entries, fs.FileInfoToDirEntry(info))
	}
	return entries
}

// readRules puts the folder's .gitignore before the patterns from above. Git
// does not read those of ignored folders; here they count for what is named.
// It is false if the file could not be read, which it reports.
func (r *round) readRules() bool {
	d := r.dir
	if r.NoIgnore || d.only != "" && d.named == nil {
		return true
	}
	path := d.join(".gitignore")
	rules, err := readIgnoreFile(r.abs(path), d.path, d.rules)
	if err != nil {
		r.unreadable(path, false, err, "its patterns were not applied")
		return false
	}
	d.rules = rules
	return true
}

// isNested reports whether the folder at path, which has a .git, is a
// repository that does not belong to this one. As for git, one whose files
// this repository tracks does.
func (r *round) isNested(path string) bool {
	return path != "" && isRepository(r.abs(path)) && !r.git.tracked.under(path)
}

// withoutPath returns what the system said, without the operation and the path
// that the caller's own text names already.
func withoutPath(err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err
	}
	return err
}
