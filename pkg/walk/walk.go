// Package walk finds the files of a tree, in parallel, as git sees them, and
// says why the others were left out.
//
// [Root] finds the folder that paths are relative to, [Walk] visits the files.
// The walk itself is the parallelism: it calls the visiting function from up
// to [Options].Jobs goroutines. [ParseGlob] makes the patterns of
// [Options].Include and [Options].Exclude.
//
// What git ignores is decided as git decides it: by the .gitignore files of
// the tree, by info/exclude and by core.excludesFile; a file in git's index
// is looked at whatever a pattern says. The program git is not needed.
// Outside of a git repository the .gitignore files of the tree count as well,
// and nothing else does.
//
// The package opens no file but git's own: whether a file is binary or too
// large is found by who reads it, with a [Reason] of this package. It never
// follows a symbolic link below a path it was given.
//
// Every file of the tree is either visited, once, or lies under exactly one
// [Skip]; the only exception is a repository's own .git, which is no content.
// Neither depends on the order of the walk or the number of jobs.
package walk

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"runtime"
)

// A File is a regular file that was found.
type File struct {
	Path string // relative to Options.Root, with slashes, in the bytes of the file system
	Abs  string // absolute, with the separators of the system and no symbolic link in it

	entry fs.DirEntry
}

// Info returns size and mode of the file, without following a link that took
// its place since. It costs a system call: who opens the file anyway should
// ask the open file.
func (f File) Info() (fs.FileInfo, error) {
	info, err := f.entry.Info()
	if err != nil {
		return nil, fmt.Errorf("reading the size of %q: %w", f.Abs, withoutPath(err))
	}
	return info, nil
}

// Options says what to walk and what to leave out. Only Root is required.
type Options struct {
	// Root is the folder that paths are relative to. The rules of git apply
	// as in the repository whose top it is, so it should come from [Root].
	Root string

	// Paths are the files and folders to look at; none means Root. Relative
	// ones are relative to the working folder of the process. A file that lies
	// under several of them is visited once.
	//
	// A path that git ignores, or that lies in a vendored folder, is looked at
	// because it was named: below it, the patterns that ignored it no longer
	// count and all others do. A path that is a symbolic link to a folder
	// stands for that folder.
	Paths []string

	// Include leaves out every file that none of these globs matches, unless
	// there are none. Exclude leaves out what one of them matches; it wins.
	// Both bind the files that Paths names too.
	Include, Exclude []Glob

	// NoIgnore looks also at what git ignores and at vendored folders.
	NoIgnore bool

	// Jobs is how many goroutines walk and visit; 0 means one for each CPU.
	Jobs int
}

// Walk calls visit once for every regular file under the paths of o that
// nothing leaves out, concurrently and in no order, and returns what was left
// out and why, sorted by path.
//
// A path that does not exist, or lies outside of Root, is an error before
// anything is visited. A folder that cannot be read is a Skip and the walk
// goes on. The walk stops when ctx is done, with its error, and when visit
// returns an error, which Walk returns as it is: of several, the first. So an
// error that concerns one file only should be kept by the caller and not be
// returned.
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
		top.only = unnamed
	}
	w.openRepository(&top)

	jobs := o.Jobs
	if jobs <= 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	p := newPool(jobs, w.do)
	p.push(task{dir: &top})
	if err := p.run(ctx); err != nil {
		return nil, err
	}
	sortSkips(p.skips)
	return p.skips, nil
}

// resolveRoot returns the folder path, absolute and without symbolic links.
func resolveRoot(path string) (string, error) {
	root, _, err := resolveNamed(path)
	if err != nil {
		return "", fmt.Errorf("finding the root %q: %w", path, withoutPath(err))
	}
	if info, err := os.Lstat(root); err != nil || !info.IsDir() {
		return "", fmt.Errorf("finding the root %q: not a folder", path)
	}
	return root, nil
}
