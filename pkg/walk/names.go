package walk

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/regmigrate/regmigrate/internal/repofile"
)

// names is the tree of the paths that the user named. The tree merges
// overlapping paths, so that they are walked once. A nil *names is empty.
type names struct {
	whole bool // the user named this path itself
	below map[string]*names
}

// child returns the tree of the named paths below name, or nil.
func (n *names) child(name string) *names {
	if n == nil {
		return nil
	}
	return n.below[name]
}

// namedPaths returns the tree of paths relative to root, which is absolute and
// resolved. Without paths the root is named. It returns an error for a path that
// does not exist or is outside root.
func namedPaths(root string, paths []string) (*names, error) {
	tree := &names{whole: len(paths) == 0}
	for _, path := range paths {
		real, isLink, err := resolveNamed(path)
		if err != nil {
			return nil, fmt.Errorf("finding %q: %w", path, repofile.WithoutPath(err))
		}
		rel, err := filepath.Rel(root, real)
		if err != nil || !filepath.IsLocal(rel) {
			if isLink {
				return nil, fmt.Errorf("%q is a symbolic link to %q, which is outside %q", path, real, root)
			}
			return nil, fmt.Errorf("%q is outside %q", path, root)
		}
		at := tree
		if rel != "." {
			for name := range strings.SplitSeq(filepath.ToSlash(rel), "/") {
				next := at.child(name)
				if next == nil {
					next = &names{}
					if at.below == nil {
						at.below = map[string]*names{}
					}
					at.below[name] = next
				}
				at = next
			}
		}
		at.whole = true
	}
	return tree, nil
}

// resolveNamed returns path as an absolute path without symbolic links. If the
// last element is a link to something other than a folder, it is kept; the walk
// skips it later as a symlink. isLink reports whether a link was followed.
func resolveNamed(path string) (real string, isLink bool, err error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", false, err
	}
	info, err := os.Lstat(abs)
	if err != nil {
		return "", false, err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		if target, err := os.Stat(abs); err != nil || !target.IsDir() {
			folder, err := filepath.EvalSymlinks(filepath.Dir(abs))
			return filepath.Join(folder, filepath.Base(abs)), folder != filepath.Dir(abs), err
		}
	}
	real, err = filepath.EvalSymlinks(abs)
	return real, real != abs, err
}
