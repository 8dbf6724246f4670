package rewrite

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// tree makes the linkers' view of what was gathered.
func (g *gatherer) tree(ctx context.Context) *link.Tree {
	t := &link.Tree{Names: g.names}
	sources := map[string][]byte{}
	for _, c := range g.found {
		t.Files = append(t.Files, &link.File{Path: c.file.Path, Src: c.file.Before, Scanned: c.contents})
		if c.file.Before != nil {
			sources[c.file.Path] = c.file.Before
		}
	}
	if g.opts.TraceChart != nil {
		scanned := func(path string) (src []byte, ok bool) {
			src, ok = sources[path]
			return src, ok
		}
		t.TraceChart = func(dir string) ([]link.TracedRef, error) { return g.opts.TraceChart(dir, scanned) }
	}
	if g.opts.Walk.Root != "" {
		t.LoadFile, t.ReadFile, t.ResolveLinks, t.YAMLContaining, t.Partial = g.load, g.bytes, g.real, g.holding(ctx), g.partial()
	}
	return t
}

// load reads and scans a file for a linker, wherever in the repository it
// lies. It is nil when the file cannot be read, or lies behind a link.
func (g *gatherer) load(path string) *link.File {
	f, src := g.fetch(path)
	if src == nil {
		return nil
	}
	found := g.scan(f, src)
	found.outside = !g.inside(path)
	g.loaded = append(g.loaded, found)
	return &link.File{Path: path, Src: src, Scanned: found.contents, Outside: found.outside}
}

// bytes is load without the scan.
func (g *gatherer) bytes(path string) []byte {
	_, src := g.fetch(path)
	return src
}

// real follows the symbolic links on the way to path, unless they lead out of
// the repository.
func (g *gatherer) real(path string) string {
	root, err := filepath.EvalSymlinks(g.opts.Walk.Root)
	if err != nil {
		return path
	}
	to, err := filepath.EvalSymlinks(filepath.Join(root, filepath.FromSlash(path)))
	if err != nil {
		return path
	}
	rel, err := filepath.Rel(root, to)
	if err != nil || !filepath.IsLocal(rel) {
		return path
	}
	return filepath.ToSlash(rel)
}

// fetch reads a file of the repository. Src is nil when it cannot be read, or
// lies behind a link.
func (g *gatherer) fetch(path string) (f walk.File, src []byte) {
	if !filepath.IsLocal(filepath.FromSlash(path)) {
		return f, nil
	}
	f = walk.File{Path: path, Abs: filepath.Join(g.opts.Walk.Root, filepath.FromSlash(path))}
	for at := f.Abs; len(at) > len(g.opts.Walk.Root); at = filepath.Dir(at) {
		if info, err := os.Lstat(at); err != nil || info.Mode()&os.ModeSymlink != 0 || at == f.Abs && !info.Mode().IsRegular() {
			return f, nil
		}
	}
	var buf []byte
	c := readFile(f, &buf, g.opts.Rules, g.opts.maxSize(), func([]byte) bool { return true })
	return f, c.src
}

// settle puts what linkers had loaded among what was found.
func (g *gatherer) settle() {
	g.found, g.loaded = append(g.found, g.loaded...), nil
	sort.SliceStable(g.found, func(i, j int) bool { return g.found[i].file.Path < g.found[j].file.Path })
}

// inside reports whether the file at path lies under the paths of the run, and
// is one of those that may be written: not ignored, excluded or vendored. The
// walk keeps the names of YAML files and of those that linkers want.
func (g *gatherer) inside(path string) bool {
	_, yaml := slices.BinarySearch(g.yaml, path)
	_, named := slices.BinarySearch(g.names, path)
	return yaml || named
}

// candidate returns the candidate of the file at path, nil when there is none.
func (g *gatherer) candidate(path string) *scannedFile {
	i := sort.Search(len(g.found), func(i int) bool { return g.found[i].file.Path >= path })
	if i < len(g.found) && g.found[i].file.Path == path {
		return g.found[i]
	}
	return nil
}

// outsiders holds the groups that would need a write outside the given paths.
func (g *gatherer) outsiders(groups []*group) {
	for _, x := range groups {
		for _, e := range x.edits {
			if c := g.candidate(e.Path); c != nil && c.outside {
				x.keep(format.Conflict, "it would need a write in "+e.Path+", which is outside of the paths that were given")
				break
			}
		}
	}
}

// follow asks the linkers what follows from the groups that move and adds it
// as groups of its own.
func (g *gatherer) follow(t *link.Tree, groups []*group) []*group {
	var moved []link.MovedPiece
	for _, x := range groups {
		if !x.moves() {
			continue
		}
		for i := range x.members {
			m := &x.members[i]
			if !m.matched {
				continue
			}
			for k := range m.occ.Pieces {
				if p := &m.occ.Pieces[k]; m.newPiece(k) != p.Text {
					x := link.MovedPiece{Path: p.Path, Field: m.occ.Field(k), Old: p.Text, New: m.newPiece(k)}
					if r := m.match.Rule; r != nil {
						x.From, x.To = r.From, r.To
					}
					moved = append(moved, x)
				}
			}
		}
	}
	taken := editsOf(groups)
	if len(moved) == 0 {
		return groups
	}
	follow := g.linkers.Consequences(t, moved)
	g.settle()
	for _, c := range follow {
		found := g.candidate(c.Path)
		if found == nil || found.outside || overlaps(taken[c.Path], c.Edit.Span.Start, c.Edit.Span.End) {
			continue
		}
		taken[c.Path] = append(taken[c.Path], c.Edit)
		groups = append(groups, &group{edits: []link.FileEdit{c.FileEdit}, isConsequence: true, sources: c.Sources, isVersionBump: c.IsVersionBump, isReference: c.IsReference, note: c.Why})
	}
	return groups
}

// overlaps reports whether one of edits touches the bytes [start, end).
func overlaps(edits []edit.Edit, start, end int) bool {
	for _, e := range edits {
		if e.Start < end && start < e.End || e.Start == start && e.End == end {
			return true
		}
	}
	return false
}

// advice is what linkers have to say to a person, as a plan has it.
func (g *gatherer) advice(of []link.Advice) []Advice {
	var out []Advice
	for _, a := range of {
		x := Advice{Path: a.Path, Text: a.Text, Note: a.Note}
		if c := g.candidate(a.Path); c != nil && a.At >= 0 && a.At <= len(c.file.Before) {
			x.Line, _ = edit.NewLines(c.file.Before).Position(a.At)
		}
		out = append(out, x)
	}
	slices.SortFunc(out, func(a, b Advice) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line), strings.Compare(a.Text, b.Text))
	})
	return slices.Compact(out)
}
