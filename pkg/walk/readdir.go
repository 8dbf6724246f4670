package walk

import (
	"io/fs"
	"os"
	"slices"

	"github.com/regmigrate/regmigrate/internal/repofile"
)

// read returns the entries of the folder. It reads the folder's .gitignore and
// checks whether the folder is a nested repository. It may change the folder,
// since it runs before any other task of the folder is pushed.
func (r *round) read() []fs.DirEntry {
	f, err := os.Open(r.abs(r.dir.path))
	if err != nil {
		r.unreadable(r.shown(), true, err, "")
		return nil
	}
	defer f.Close()
	entries, err := f.ReadDir(-1)
	if err != nil {
		// The missing entries may include .gitignore.
		r.unreadable(r.shown(), true, err, "")
		return nil
	}
	var gitignore fs.DirEntry
	for _, e := range entries {
		switch e.Name() {
		case ".git":
			if r.isOther() {
				return nil
			}
		case ".gitignore":
			gitignore = e
		}
	}
	if gitignore != nil && gitignore.Type().IsRegular() && !r.readRules() {
		entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return e == gitignore })
	}
	return entries
}

// shown returns the path of the folder for a report.
func (r *round) shown() string {
	if r.dir.path == "" {
		return "."
	}
	return r.dir.path
}

// readNamed is like read, but returns only the entries with named paths.
func (r *round) readNamed() []fs.DirEntry {
	if r.isOther() {
		return nil
	}
	readable := true
	path := r.dir.join(".gitignore")
	switch info, err := os.Lstat(r.abs(path)); {
	case repofile.IsAbsent(err):
	case err != nil:
		r.unreadable(path, false, err, "its patterns were not applied")
		readable = false
	case info.Mode().IsRegular():
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

// readRules adds the folder's .gitignore in front of the patterns from above.
// Git does not read the .gitignore of an ignored folder; here it applies to
// files below a named path. If the file cannot be read, readRules reports it and
// returns false.
func (r *round) readRules() bool {
	d := r.dir
	if r.NoIgnore || d.defaultSkip != "" && d.named == nil {
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

// isOther reports whether the folder is a separate repository, or cannot be told from
// one, and adds the skip.
func (r *round) isOther() bool {
	isNested, err := r.isNested(r.dir.path)
	switch {
	case err != nil:
		r.unreadable(r.shown(), true, err, "it may be another repository")
	case isNested && (!r.dir.isVendored || r.dir.named != nil):
		r.skip(r.dir.path, true, Submodule)
	}
	return isNested || err != nil
}

// isNested reports whether the folder at path is a separate repository. As in git, a
// folder whose files this repository tracks is part of this repository.
func (r *round) isNested(path string) (bool, error) {
	if path == "" {
		return false, nil
	}
	isTop, err := isRepository(r.abs(path))
	return isTop && !r.git.tracked.under(path), err
}
