package session

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/regmigrate/regmigrate/internal/repofile"
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
	return loadFoundConfig(root, found)
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
	switch info, err := os.Stat(dir); {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("looking for a configuration: %w", err)
	case err != nil || !info.IsDir():
		dir = filepath.Dir(dir)
	}
	for isWithin(root, dir) {
		if file, err := configIn(root, dir); file != "" || err != nil {
			return file, err
		}
		if dir == root {
			break
		}
		dir = filepath.Dir(dir)
	}
	return "", nil
}

// maxConfig is the largest configuration in bytes that is read from a repository.
const maxConfig = 1 << 20

// loadConfig reads a configuration that the user named.
func loadConfig(file string) (*rules.Config, error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the configuration %q: %w", file, repofile.WithoutPath(err))
	}
	return rules.LoadConfig(file, src)
}

// loadFoundConfig reads a configuration that the search found in the repository at
// root. The repository is not trusted.
func loadFoundConfig(root, file string) (*rules.Config, error) {
	shown := file
	if wd, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(wd, file); err == nil && len(rel) < len(file) {
			shown = rel
		}
	}
	rel, err := relativeFile(root, file)
	if err != nil {
		return nil, fmt.Errorf("reading the configuration %q: %w", shown, err)
	}
	src, isLink, err := readIn(root, rel, maxConfig)
	if err != nil {
		return nil, fmt.Errorf("reading the configuration %q: %w", shown, err)
	}
	config, err := rules.LoadConfig(shown, src)
	if err != nil && isLink {
		return nil, fmt.Errorf("reading the configuration %q: %w", shown, errLinked)
	}
	return config, err
}

// errLinked is the error for an invalid file that a symbolic link leads to. A usual
// error quotes the text, and the repository chooses what it links to.
var errLinked = errors.New("the file is invalid; it is a symbolic link, so its text is not shown here\n  replace the link with the file, or name the file on the command line")

// relativeFile returns the path of file relative to the repository at root, which has
// no symbolic links. The links of the folder of file are followed, and file itself
// need not exist. It returns an error if the result is outside the repository.
func relativeFile(root, file string) (string, error) {
	dir, err := Relative(root, filepath.Dir(file))
	if err != nil || !filepath.IsLocal(dir) {
		return "", fmt.Errorf("the file is outside the repository %q", root)
	}
	return filepath.Join(dir, filepath.Base(file)), nil
}

// readIn reads the file rel of the repository at root, as package repofile reads it.
// The result isLink reports whether a symbolic link leads to it.
func readIn(root, rel string, limit int64) (src []byte, isLink bool, err error) {
	dir, err := repofile.OpenDir(root)
	if err != nil {
		return nil, false, repofile.WithoutPath(err)
	}
	defer dir.Close()
	src, isLink, err = dir.ReadAtMost(filepath.ToSlash(rel), limit)
	return src, isLink, repofile.WithoutPath(err)
}
