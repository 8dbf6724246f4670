package rewrite

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/repofile"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// addUnreadable records a file or a folder that linkers need and that the system could
// not read; it may be outside the given paths. Without it, the run would decide as if the
// file did not exist, and could move an image that the file pins. Files that do not exist,
// that are not read on purpose, or that the user excludes are no errors.
func (r *reader) addUnreadable(name string, isDir bool, err error) {
	if err == nil || repofile.IsAbsent(err) || errors.Is(err, repofile.ErrIrregular) || errors.As(err, new(*repofile.TooLargeError)) || r.isExcluded(name, isDir) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.unreadable == nil {
		r.unreadable = map[string]walk.Skip{}
	}
	r.unreadable[name] = walk.Skip{Path: name, Dir: isDir, Reason: walk.Unreadable, Err: repofile.WithoutPath(err)}
}

// addClosed records why the system could not tell what is at the path name. If a folder
// above it has no permission, addClosed records that folder, once for all files in it. It
// records nothing behind a symbolic link, since the program does not follow links.
func (r *reader) addClosed(name string, err error) {
	if repofile.IsAbsent(err) || r.isExcluded(name, false) {
		return
	}
	parent := "."
	for end := range len(name) + 1 {
		if end < len(name) && name[end] != '/' {
			continue
		}
		at := name[:end]
		switch info, err := os.Lstat(r.abs(at)); {
		case errors.Is(err, fs.ErrPermission):
			r.addUnreadable(parent, true, err)
			return
		case err != nil:
			r.addUnreadable(at, at != name, err)
			return
		case info.Mode()&fs.ModeSymlink != 0:
			return
		}
		parent = at
	}
}

// isExcluded reports whether the user excludes the path, or a folder above it.
func (r *reader) isExcluded(name string, isDir bool) bool {
	for ; name != "."; name, isDir = path.Dir(name), true {
		if slices.ContainsFunc(r.opts.Walk.Exclude, func(g walk.Glob) bool { return g.Match(name, isDir) }) {
			return true
		}
	}
	return false
}

// allSkipped returns what was skipped, sorted by path, and what addUnreadable has
// recorded, unless the walk has recorded it too.
func (r *reader) allSkipped() []walk.Skip {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := slices.Clone(r.skipped)
	for _, s := range r.skipped {
		if s.Reason == walk.Unreadable {
			delete(r.unreadable, s.Path)
		}
	}
	for _, s := range r.unreadable {
		out = append(out, s)
	}
	slices.SortStableFunc(out, func(a, b walk.Skip) int { return strings.Compare(a.Path, b.Path) })
	return out
}
