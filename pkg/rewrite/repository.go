package rewrite

import (
	"context"
	"hash/maphash"
	"os"
	"path/filepath"
	"slices"

	"github.com/regmigrate/regmigrate/internal/repofile"
	"github.com/regmigrate/regmigrate/pkg/account"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// linkTree returns the linkers' view of the scanned files and of the other
// files of the repository.
func (r *reader) linkTree(ctx context.Context) *link.Tree {
	t := &link.Tree{Names: r.family, ReadsTags: r.opts.Rules.ReadsTags(), IsLikely: func(o *format.Occurrence) bool { return account.IsLikely(o, r.opts.Rules) }}
	if r.opts.Rules.SelectsDockerHub() {
		t.MayHaveShortName = r.opts.Rules.MayMatch
	}
	t.PackedRefs = map[string][]string{}
	for _, a := range r.archives {
		t.Packed = append(t.Packed, a.path)
		for i := range a.files {
			for j := range a.files[i].Findings {
				t.PackedRefs[a.path] = append(t.PackedRefs[a.path], a.files[i].Findings[j].Old)
			}
		}
	}
	sources := map[string][]byte{}
	for _, f := range r.files {
		t.Files = append(t.Files, &link.File{Path: f.file.Path, Src: f.file.Before, Scanned: f.contents})
		if f.file.Before != nil {
			sources[f.file.Path] = f.file.Before
		}
	}
	scanned := func(path string) (src []byte, ok bool) {
		src, ok = sources[path]
		return src, ok
	}
	if r.opts.TraceChart != nil {
		t.OutsideSubcharts = r.opts.OutsideSubcharts // key names alone decide without knowing the charts that use a value
		t.TraceChart = func(dir string) ([]link.TracedRef, error) {
			refs, err := r.opts.TraceChart(dir, scanned)
			r.traces.add(dir, slices.DeleteFunc(slices.Clone(refs), func(ref link.TracedRef) bool { return ref.IsLikely }))
			return refs, err
		}
	}
	if r.opts.TraceFurther != nil {
		t.TraceFurther = func(dir string, q link.TraceRequest) ([]link.TracedRef, error) {
			return r.opts.TraceFurther(dir, q, scanned)
		}
	}
	if r.opts.MayReadValue != nil {
		t.MayReadValue = func(dir string, at []string) (bool, error) { return r.opts.MayReadValue(dir, at, scanned) }
	}
	if r.opts.Walk.Root != "" {
		t.LoadFile, t.ReadFile, t.ResolveLinks = r.loadFile, r.readRaw, r.resolveLinks
		t.YAMLContaining, t.Partial = newYAMLSearch(ctx, r).containing, r.isPartial()
	}
	return t
}

// loadFile reads and scans a file of the repository. It returns nil if the file
// cannot be read or its path contains a symbolic link.
func (r *reader) loadFile(path string) *link.File {
	f, src := r.readAny(path)
	if src == nil {
		return nil
	}
	scanned := r.scan(f, src)
	if limit := r.limits[path]; limit != nil {
		scanned.setLimit(limit)
	}
	scanned.outside = !r.mayWrite(path)
	r.loaded = append(r.loaded, scanned)
	return &link.File{Path: path, Src: src, Scanned: scanned.contents, Outside: scanned.outside}
}

// mergeLoaded adds the files that linkers loaded to files.
func (r *reader) mergeLoaded() {
	r.files, r.loaded = append(r.files, r.loaded...), nil
	r.files.sort()
}

// readRaw reads a file of the repository without a scan. It returns nil if the
// file cannot be read or its path contains a symbolic link.
func (r *reader) readRaw(path string) []byte {
	_, src := r.readAny(path)
	return src
}

// abs returns the absolute path of the file of the repository at path.
func (r *reader) abs(path string) string {
	return filepath.Join(r.opts.Walk.Root, filepath.FromSlash(path))
}

// readAny reads a file of the repository. The result src is nil if the file
// cannot be read, is in .git, or its path contains a symbolic link.
func (r *reader) readAny(path string) (f walk.File, src []byte) {
	if !filepath.IsLocal(filepath.FromSlash(path)) || repofile.IsInGitFolder(path) {
		return f, nil
	}
	f = walk.File{Path: path, Abs: r.abs(path)}
	for at := f.Abs; len(at) > len(r.opts.Walk.Root); at = filepath.Dir(at) {
		info, err := os.Lstat(at)
		if err != nil {
			r.addClosed(path, err)
			return f, nil
		}
		if info.Mode()&os.ModeSymlink != 0 || at == f.Abs && !info.Mode().IsRegular() {
			return f, nil
		}
	}
	var buf []byte
	c := readFile(f, &buf, r.opts.Rules, r.opts.maxSize(), func([]byte) bool { return true })
	if c.skip == walk.Unreadable {
		r.addUnreadable(path, false, c.err)
	}
	return f, c.src
}

// resolveLinks returns path with all symbolic links resolved. It returns path
// itself if the result is outside the repository or does not exist.
func (r *reader) resolveLinks(path string) string {
	root, err := filepath.EvalSymlinks(r.opts.Walk.Root)
	if err != nil {
		return path
	}
	target, err := filepath.EvalSymlinks(filepath.Join(root, filepath.FromSlash(path)))
	if err != nil {
		return path
	}
	rel, err := filepath.Rel(root, target)
	if err != nil || !filepath.IsLocal(rel) {
		return path
	}
	return filepath.ToSlash(rel)
}

// pathSeed is the seed of pathHash.
var pathSeed = maphash.MakeSeed()

// pathHash returns a hash of path. Most files match nothing, and a hash needs less
// memory than a path.
func pathHash(path string) uint64 { return maphash.String(pathSeed, path) }

// mayWrite reports whether the run may write the file at path: the walk visited
// the file, so the file is below the given paths and is not ignored, excluded or
// vendored.
func (r *reader) mayWrite(path string) bool {
	_, isYAML := slices.BinarySearch(r.yaml, path)
	_, isWanted := slices.BinarySearch(r.family, path)
	_, isOther := slices.BinarySearch(r.others, pathHash(path))
	return isYAML || isWanted || isOther
}

// isPartial reports whether the run scans only a part of the repository.
func (r *reader) isPartial() bool {
	w := &r.opts.Walk
	if len(w.Include)+len(w.Exclude) > 0 {
		return true
	}
	for _, p := range w.Paths {
		path, errPath := os.Stat(p)
		root, errRoot := os.Stat(r.opts.searchRoot())
		if errPath == nil && errRoot == nil && os.SameFile(path, root) {
			return false
		}
	}
	return len(w.Paths) > 0
}
