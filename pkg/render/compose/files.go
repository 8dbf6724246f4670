package compose

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/repofile"
	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
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

// read reads a regular file of a tree.
func read(tree fs.FS, name string) ([]byte, error) {
	f, err := tree.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, &fs.PathError{Op: "open", Path: name, Err: repofile.ErrIrregular}
	}
	src, err := io.ReadAll(io.LimitReader(f, maxFileSize+1))
	if err == nil && len(src) > maxFileSize {
		return nil, &repofile.TooLargeError{Limit: maxFileSize}
	}
	return src, err
}

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

// A named is a file that a Compose file names.
type named struct {
	path  string // as written
	where string // the field
	parse bool   // it is a Compose file, too
	line  int    // 1-based
}

// namedFiles returns the files that a Compose file names: those that Compose reads to load
// a project. The keys are those that the parser decodes, of all mappings, so that an
// escape, an alias or a merge key hides none. Nothing is opened here.
func namedFiles(src []byte) ([]named, error) {
	file, err := syntax.ParseYAML(src, nil)
	if err != nil {
		return nil, err
	}
	c := collector{nodes: maxNodes, lines: edit.LineSpans(src)}
	for _, doc := range file.Docs {
		if doc.Root != nil {
			c.collect(nil, doc.Root, 0)
		}
	}
	if c.nodes < 0 || len(c.out) > maxNamed {
		return nil, errTooMany
	}
	return c.out, nil
}

// fileKeys are the keys whose values, and all scalars below them, can be paths of files
// that Compose reads, also where an anchor is: in extensions.
var fileKeys = map[string]bool{"include": true, "extends": true, "env_file": true, "label_file": true, "project_directory": true}

// A collector collects the files that a Compose file names.
type collector struct {
	out   []named
	nodes int // that it may still visit
	lines []edit.Span
}

// collect adds the files that n names. Below a key of fileKeys it follows aliases.
func (c *collector) collect(p fieldPath, n *syntax.Node, aliases int) {
	if c.nodes--; c.nodes < 0 || len(c.out) > maxNamed {
		return
	}
	switch n.Kind {
	case syntax.Mapping:
		for i := 0; i+1 < len(n.Children); i += 2 {
			at := p
			if key := n.Children[i].Value; key != mergeKey {
				at = p.with(key)
			}
			c.collect(at, n.Children[i+1], aliases)
		}
	case syntax.Sequence:
		for _, x := range n.Children {
			c.collect(p.with("[]"), x, aliases)
		}
	case syntax.Alias:
		if n.Target == nil || aliases > maxAliases {
			c.nodes = -1
		} else if fileKey(p) >= 0 || len(p) >= 1 && (p[0] == "configs" || p[0] == "secrets") {
			c.collect(p, n.Target, aliases+1)
		}
	case syntax.Scalar:
		c.scalar(p, n)
	}
}

// fileKey returns the index of the key in p that names files, -1 for none.
func fileKey(p fieldPath) int {
	for i, key := range p {
		if !fileKeys[key] {
			continue
		}
		switch isFragment := strings.HasPrefix(p[0], "x-"); {
		case isFragment, key == "include" && i == 0, key != "include" && i == 2 && p[0] == "services":
			return i
		}
	}
	return -1
}

// scalar adds the file that a scalar names.
func (c *collector) scalar(p fieldPath, n *syntax.Node) {
	if len(p) == 0 {
		return
	}
	i, last := fileKey(p), p[len(p)-1]
	switch {
	case i >= 0 && p[i] == "extends":
		if last == "file" {
			c.out = append(c.out, named{n.Value, p.String(), true, lineAt(c.lines, n.Span.Start)})
		}
	case i >= 0 && (last == "required" || last == "format"):
	case i >= 0:
		isCompose := p[i] == "include" && !slices.Contains(p, "env_file") && !slices.Contains(p, "project_directory")
		c.out = append(c.out, named{n.Value, p.String(), isCompose, lineAt(c.lines, n.Span.Start)})
	case last == "file" && len(p) == 3 && (p[0] == "configs" || p[0] == "secrets"):
		c.out = append(c.out, named{n.Value, p.String(), false, lineAt(c.lines, n.Span.Start)})
	}
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
func isAbsent(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// composeName returns a name with which the plan reads a file as a Compose file.
func composeName(name string) string {
	if format.IsCompose(name) {
		return name
	}
	return path.Join(path.Dir(name), format.ComposeName)
}
