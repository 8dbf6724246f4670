package session

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/regmigrate/regmigrate/pkg/rules"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// findRoot returns the folder that all paths are relative to. This is the git
// repository that contains the paths. Outside a repository it is the current
// folder, so that diffs apply and paths in reports exist where the command ran, or
// the folder that contains all paths if one of them is outside the current folder.
//
// within is the part of root, slash-separated and relative, that a run may search:
// all of a repository, but not all of the current folder, which may be a home folder.
func findRoot(paths []string) (root, within string, git bool, err error) {
	if len(paths) == 0 {
		paths = []string{"."}
	}
	for i, p := range paths {
		if p == "" {
			return "", "", false, errors.New("a PATH is empty: expected a path, or . for the current folder\n  a shell variable may be unset")
		}
		r, g, err := walk.Root(p)
		if err != nil {
			return "", "", false, err
		}
		switch {
		case i == 0 || r == root:
			root, git = r, g
		case g || git:
			return "", "", false, fmt.Errorf("%q and %q are in different repositories (%s and %s); run regmigrate once per repository", paths[0], p, root, r)
		default:
			root = commonFolder(root, r)
		}
	}
	if git {
		return root, ".", true, nil
	}
	if current, _, err := walk.Root("."); err == nil && isWithin(current, root) {
		if rel, err := filepath.Rel(current, root); err == nil {
			return current, filepath.ToSlash(rel), false, nil
		}
	}
	return root, ".", false, nil
}

// commonFolder returns the deepest folder that contains the absolute paths a and b.
func commonFolder(a, b string) string {
	for !isWithin(a, b) {
		a = filepath.Dir(a)
	}
	return a
}

func isWithin(root, path string) bool {
	rel, err := filepath.Rel(root, path)
	return err == nil && filepath.IsLocal(rel)
}

// Relative returns path relative to root, after it has resolved the symbolic links
// of path.
func Relative(root, path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		abs = real
	}
	return filepath.Rel(root, abs)
}

// findConfig reads the configuration: the file named, or, if named is empty, the
// nearest file from each path upward to the root. It returns nil if no file exists.
func findConfig(named, root string, git bool, paths []string) (*rules.Config, error) {
	if named != "" {
		return loadConfig(named)
	}
	if len(paths) == 0 {
		paths = []string{"."}
	}
	var found, foundFor string
	for i, p := range paths {
		file, err := nearestConfig(root, p)
		if err != nil {
			return nil, err
		}
		if i > 0 && file != found {
			return nil, fmt.Errorf("%q and %q have different configurations (%s and %s); run regmigrate once per configuration, or choose one with --config",
				foundFor, p, nameOrNone(found), nameOrNone(file))
		}
		found, foundFor = file, p
	}
	if found == "" {
		return nil, nil
	}
	return loadConfig(found)
}

func nameOrNone(file string) string {
	if file == "" {
		return "none"
	}
	return file
}

// nearestConfig returns the configuration file nearest to path, from its folder
// up to root, or "".
func nearestConfig(root, path string) (string, error) {
	rel, err := Relative(root, path)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(root, rel)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		dir = filepath.Dir(dir)
	}
	for isWithin(root, dir) {
		file := filepath.Join(dir, ConfigName)
		if _, err := os.Lstat(file); err == nil {
			return file, nil
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("looking for a configuration: %w", err)
		}
		if dir == root {
			break
		}
		dir = filepath.Dir(dir)
	}
	return "", nil
}

func loadConfig(file string) (*rules.Config, error) {
	src, err := os.ReadFile(file)
	if err != nil {
		if x := (*fs.PathError)(nil); errors.As(err, &x) {
			err = x.Err // the message contains the path already
		}
		return nil, fmt.Errorf("reading the configuration %q: %w", file, err)
	}
	shown := file
	if wd, err := os.Getwd(); err == nil && filepath.IsAbs(file) {
		if rel, err := filepath.Rel(wd, file); err == nil && len(rel) < len(file) {
			shown = rel
		}
	}
	return rules.LoadConfig(shown, src)
}
