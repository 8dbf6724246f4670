package walk

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// names is the tree of the paths that the user named, so that overlapping
// ones are walked once. The nil *names holds none.
type names struct {
	whole bool // whether this path itself was named
	below map[string]*names
}

// child returns what is named under name, or nil.
func (n *names) child(name string) *names {
	if n == nil {
		return nil
	}
	return n.below[name]
}

// namedPaths returns the tree of paths relative to root, which is absolute and
// resolved; no paths name the root. It returns an error for a path that does
// not exist or lies outside of root.
func namedPaths(root string, paths []string) (*names, error) {
	tree := &names{whole: len(paths) == 0}
	for _, path := range paths {
		real, isLink, err := resolveNamed(path)
		if err != nil {
			return nil, fmt.Errorf("finding %q: %w", path, withoutPath(err))
		}
		rel, err := filepath.Rel(root, real)
		if err != nil || !filepath.IsLocal(rel) {
			if isLink {
				return nil, fmt.Errorf("%q is a symbolic link to %q, which lies outside of %q", path, real, root)
			}
			return nil, fmt.Errorf("%q lies outside of %q", path, root)
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

// resolveNamed returns path absolute and without symbolic links, except for a
// last one that does not lead to a folder: that one is left out later, as what
// it is. isLink reports whether links led elsewhere.
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
