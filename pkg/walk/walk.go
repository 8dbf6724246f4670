// Package walk finds the files of a tree in parallel, by git's rules, and says
// why it skipped the others.
//
// [Root] finds the folder that paths are relative to. [Walk] visits the files:
// it calls the visiting function from up to [Options].Jobs goroutines.
// [ParseGlob] parses the patterns of [Options].Include and [Options].Exclude.
//
// Files are ignored as git ignores them: by the .gitignore files of the tree, by
// info/exclude and by core.excludesFile. A file in git's index is visited even
// if a pattern matches it. The git program is not needed. Outside a git
// repository only the .gitignore files of the tree apply.
//
// The package opens only git's own files. The caller that reads the files finds
// out whether a file is binary or too large, and reports it with a [Reason] of
// this package. Below the given paths, the walk never follows a symbolic link.
//
// Every file of the tree is either visited once, or covered by exactly one
// [Skip]. The only exception is a repository's own .git folder. The result does
// not depend on the order of the walk or on the number of jobs.
package walk

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"runtime"

	"github.com/regmigrate/regmigrate/internal/repofile"
)

// A File is a regular file that was found.
type File struct {
	Path string // relative to Options.Root, with slashes; the bytes of the names are unchanged
	Abs  string // absolute, with the separators of the system and without symbolic links

	entry fs.DirEntry
}

// Info returns the size and mode of the file. If a link has replaced the file
// since, Info does not follow it. Info costs a system call; a caller that opens
// the file should call Stat on the open file instead.
func (f File) Info() (fs.FileInfo, error) {
	info, err := f.entry.Info()
	if err != nil {
		return nil, fmt.Errorf("reading the size of %q: %w", f.Abs, repofile.WithoutPath(err))
	}
	return info, nil
}

// Options says which files to visit. Only Root is required.
type Options struct {
	// Root is the folder that paths are relative to. Git's ignore rules apply
	// only if it is the top of a work tree, so use the result of [Root].
	Root string

	// Paths are the files and folders to visit; the default is Root. Relative
	// paths are relative to the working folder of the process. A file that is
	// below several of them is visited once.
	//
	// A named path is visited even if git ignores it or if it is in a vendored
	// folder: the patterns that ignore it do not apply below it, all others do.
	// A path that is a symbolic link to a folder means that folder.
	Paths []string

	// If Include is not empty, files that match none of its globs are skipped.
	// Files and folders that match a glob of Exclude are skipped; Exclude has
	// priority over Include. Both also apply to the files in Paths.
	Include, Exclude []Glob

	// NoIgnore also visits files that git ignores, and vendored folders.
	NoIgnore bool

	// Vendored is called, as the visiting function is, for every regular file of
	// the vendored folders that the walk skips, if git tracks the file. Without a
	// git index, it is called if no pattern of a .gitignore file outside of the
	// folder ignores the file. Include and Exclude apply. The skips do not depend
	// on it. Nil: the walk does not read these folders.
	Vendored func(File) error

	// Jobs is the number of goroutines; 0 means one per CPU.
	Jobs int
}

// Walk calls visit once for every regular file below the paths of o that is not
// skipped, concurrently and in no particular order. It returns the skipped files
// and folders, sorted by path.
//
// If a path does not exist or is outside Root, Walk returns an error before it
// visits a file. A folder that cannot be read is a Skip, and the walk
// continues. The walk stops with the error of ctx when ctx is done, and with the
// first error that visit returns; the error is returned unchanged. Therefore
// visit should not return an error that concerns only one file.
func Walk(ctx context.Context, o Options, visit func(File) error) ([]Skip, error) {
	root, err := resolveRoot(o.Root)
	if err != nil {
		return nil, err
	}
	named, err := namedPaths(root, o.Paths)
	if err != nil {
		return nil, err
	}
	w := walker{Options: o, root: root, visit: visit}
	top := dir{named: named, included: len(o.Include) == 0}
	if !named.whole {
		top.defaultSkip = unnamed
	}
	if err := w.openRepository(&top); err != nil {
		return nil, err
	}

	jobs := o.Jobs
	if jobs <= 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	p := newPool(jobs, w.run)
	p.push(task{dir: &top})
	if err := p.wait(ctx); err != nil {
		return nil, err
	}
	sortSkips(p.skips)
	return p.skips, nil
}

// resolveRoot returns path, which must be a folder, as an absolute path without
// symbolic links.
func resolveRoot(path string) (string, error) {
	root, _, err := resolveNamed(path)
	if err != nil {
		return "", fmt.Errorf("finding the root %q: %w", path, repofile.WithoutPath(err))
	}
	if info, err := os.Lstat(root); err != nil || !info.IsDir() {
		return "", fmt.Errorf("finding the root %q: not a folder", path)
	}
	return root, nil
}
