package compose

import (
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/regmigrate/regmigrate/internal/repofile"
	"github.com/regmigrate/regmigrate/pkg/format"
)

// Limits of a project: a larger one is unproven.
const (
	maxFiles    = 1000
	maxFileSize = 4 << 20
	maxNamed    = 10000   // files that one file names
	maxNodes    = 1000000 // nodes that are searched for them, with those of aliases
	maxAliases  = 20      // aliases inside of each other
)

var errTooMany = errors.New("the file names too many files")

// siblings returns the files of a folder that Compose or its users combine with a Compose
// file there: Compose files and environment files.
func siblings(tree fs.FS, dir string) []string {
	entries, err := fs.ReadDir(tree, dir)
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range entries {
		if name := path.Join(dir, e.Name()); format.IsCompose(name) || isEnvironment(e.Name()) {
			out = append(out, name)
		}
	}
	return out
}

// isEnvironment reports whether base is the name of an environment file.
func isEnvironment(base string) bool {
	return strings.HasPrefix(base, ".env") || strings.HasSuffix(base, ".env") || strings.HasPrefix(base, "env.")
}

// resolve returns the path in the repository of a file that a file in dir names. Otherwise
// it says why it is not there.
func resolve(dir string, n named) (name, why string) {
	switch {
	case n.path == "" || n.path == "/dev/null":
		return "", ""
	case strings.Contains(n.where, "project_directory"):
		return "", "a project_directory is not supported"
	case strings.Contains(n.path, "$"):
		return "", "its path has a variable"
	case strings.Contains(n.path, ":") || strings.HasPrefix(n.path, "git@"):
		return "", "it is not in the repository, and nothing is fetched"
	case path.IsAbs(n.path) || strings.ContainsAny(n.path, "\\\x00") || strings.HasPrefix(n.path, "~"):
		return "", "files outside of the repository are not read"
	}
	name = path.Join(dir, n.path)
	if !fs.ValidPath(name) {
		return "", "files outside of the repository are not read"
	}
	return name, ""
}

// isAbsent reports whether err says that a file does not exist.
func isAbsent(err error) bool { return repofile.IsAbsent(err) }

// composeName returns a name with which the plan reads a file as a Compose file.
func composeName(name string) string {
	if format.IsCompose(name) {
		return name
	}
	return path.Join(path.Dir(name), format.ComposeName)
}
