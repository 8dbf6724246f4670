package walk

import "io/fs"

// isVendor reports whether a folder with this name holds copies of files of
// other projects.
func isVendor(name string) bool { return name == "vendor" || name == "node_modules" }

// classifyVendored passes a tracked file of a skipped vendored folder to
// Options.Vendored, and adds a task for a folder. It records no skip: the skip
// of the vendored folder covers the entry.
func (r *round) classifyVendored(path string, e fs.DirEntry) error {
	switch {
	case r.Vendored == nil || e.Name() == ".git":
	case e.IsDir():
		r.addVendored(path)
	case e.Type().IsRegular() && r.isTracked(path, false) && !matchAny(r.Exclude, path, false) &&
		(r.dir.included || matchAny(r.Include, path, false)):
		return r.Vendored(File{path, r.abs(path), e})
	}
	return nil
}

// addVendored adds a task for a vendored folder, unless it has no tracked file.
func (r *round) addVendored(path string) {
	if r.Vendored == nil || matchAny(r.Exclude, path, true) || r.git.tracked.isSubmodule(path) || !r.isTracked(path, true) {
		return
	}
	r.folders = append(r.folders, task{dir: &dir{
		path: path, isVendored: true, defaultSkip: Vendored, rules: r.dir.rules,
		included: r.dir.included || matchAny(r.Include, path, true),
	}})
}

// isTracked reports whether git tracks the file at path, or a file below the
// folder at path. Without an index, the patterns decide.
func (r *round) isTracked(path string, isDir bool) bool {
	switch {
	case !r.git.hasIndex:
		rule := r.dir.rules.match(path, isDir, r.dir.waived)
		return rule == nil || rule.negated
	case isDir:
		return r.git.tracked.under(path)
	}
	return r.git.tracked.has(path)
}
