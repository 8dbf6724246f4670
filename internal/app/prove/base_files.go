package prove

import (
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// AddFilesOf adds the Dockerfiles and the Compose files of the tree base to those of the
// plan: the current files may not have them, or have something else in their place. o are the
// options of the walk of the current files.
func (p *Prover) AddFilesOf(plan *rewrite.Plan, base fs.FS, o walk.Options) error {
	skipped := map[string]bool{}
	for _, s := range plan.Skipped {
		skipped[s.Path] = s.Reason != walk.Symlink && s.Reason != walk.Irregular
	}
	below, err := pathsBelow(&o)
	if err != nil {
		return err
	}
	err = fs.WalkDir(base, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if name != "." && (skipped[name] || isExcluded(&o, name, true)) {
				return fs.SkipDir
			}
		case skipped[name] || !isBelow(name, []string{p.Within}) || !isBelow(name, below) || isExcluded(&o, name, false):
		case format.IsDockerfile(name):
			plan.Dockerfiles = append(plan.Dockerfiles, name)
		case format.IsCompose(name):
			plan.ComposeFiles = append(plan.ComposeFiles, name)
		}
		return nil
	})
	plan.Dockerfiles, plan.ComposeFiles = sortedSet(plan.Dockerfiles), sortedSet(plan.ComposeFiles)
	return err
}

// pathsBelow returns the paths of o relative to its root, slash-separated.
func pathsBelow(o *walk.Options) ([]string, error) {
	root, err := filepath.EvalSymlinks(o.Root)
	if err != nil {
		return nil, err
	}
	if len(o.Paths) == 0 {
		return []string{"."}, nil
	}
	var out []string
	for _, name := range o.Paths {
		abs, err := filepath.Abs(name)
		if err == nil {
			abs, err = filepath.EvalSymlinks(abs)
		}
		if err == nil {
			abs, err = filepath.Rel(root, abs)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, filepath.ToSlash(abs))
	}
	return out, nil
}

// isBelow reports whether name is one of the paths, or below one. "" and "." are the root.
func isBelow(name string, paths []string) bool {
	return slices.ContainsFunc(paths, func(at string) bool {
		return at == "" || at == "." || name == at || strings.HasPrefix(name, at+"/")
	})
}

// isExcluded reports whether a walk skips the file or folder called name by its name. Its
// parents are not skipped.
func isExcluded(o *walk.Options, name string, isDir bool) bool {
	matches := func(g walk.Glob) bool { return g.Match(name, isDir) }
	switch base := path.Base(name); {
	case slices.ContainsFunc(o.Exclude, matches):
		return true
	case isDir:
		return !o.NoIgnore && (base == "vendor" || base == "node_modules")
	case len(o.Include) == 0:
		return false
	}
	for at, isDir := name, false; at != "."; at, isDir = path.Dir(at), true {
		if slices.ContainsFunc(o.Include, func(g walk.Glob) bool { return g.Match(at, isDir) }) {
			return false
		}
	}
	return true
}

// withLinks returns files and the symbolic links that the walk skipped, if matches selects
// their names; sorted.
func withLinks(files []string, skipped []walk.Skip, matches func(name string) bool) []string {
	out := slices.Clone(files)
	for _, s := range skipped {
		if s.Reason == walk.Symlink && !s.Dir && matches(s.Path) {
			out = append(out, s.Path)
		}
	}
	return sortedSet(out)
}

func sortedSet(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}
