package kustomize

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// envFilesOf returns the values that name the env files of the generator n.
func envFilesOf(n *syntax.Node) []*syntax.Node { return append(itemsOf(n, "envs"), n.Field("env")) }

// addGeneratorFiles adds the groups of the files that the generators in the
// kustomizations with the given paths read.
func (g *Graph) addGeneratorFiles(names []string) {
	grouped := map[link.PieceID]bool{}
	for _, name := range names {
		if g.tree.ReadFile != nil && !bytes.Contains(g.tree.ReadFile(name), []byte("Generator")) {
			continue // most kustomizations: they need not be parsed
		}
		f := g.tree.File(name)
		if f == nil {
			continue
		}
		root := g.root(f)
		for _, n := range append(itemsOf(root, "configMapGenerator"), itemsOf(root, "secretGenerator")...) {
			for _, x := range itemsOf(n, "files") {
				g.addGeneratorFile(f, x, false, grouped)
			}
			for _, x := range envFilesOf(n) {
				g.addGeneratorFile(f, x, true, grouped)
			}
		}
	}
}

// addGeneratorFile makes the references in a file of a generator a part of the
// manifests: they become data of a ConfigMap or Secret, whatever the file is called.
// The file has lines NAME=VALUE if isEnv is true; else n is its path, or KEY=PATH. The
// pieces that have a group are in grouped.
func (g *Graph) addGeneratorFile(f *link.File, n *syntax.Node, isEnv bool, grouped map[link.PieceID]bool) {
	if n == nil || n.Kind != syntax.Scalar {
		return
	}
	at := *n
	key := path.Base(n.Value)
	if before, name, ok := strings.Cut(n.Value, "="); ok && !isEnv {
		key, at.Value = before, name
	}
	in := g.namedFile(f, &at)
	if in == nil {
		return
	}
	add := func(group link.Group) {
		if id := link.IDOf(&group.Occurrences[0].Pieces[0]); !grouped[id] {
			grouped[id] = true
			g.addGroup(group)
		}
	}
	why := "a generator in " + f.Path + " reads the file as data"
	for i := range in.Scanned.Occurrences {
		o := in.Scanned.Occurrences[i]
		if o.Unconfirmed || o.Scope != format.Docs && o.Scope != format.Scripts && o.Scope != format.Code || !g.move.Moves(&o) {
			continue
		}
		o.Scope = format.Manifests
		add(link.Group{Occurrences: []format.Occurrence{o}, Why: why})
	}
	data := format.GeneratorFile{Path: in.Path, Key: key, IsEnv: isEnv}
	for _, o := range data.ShortNames(format.Input{Path: in.Path, Src: in.Src}) {
		isKnown := slices.ContainsFunc(in.Scanned.Occurrences, func(x format.Occurrence) bool { return x.Pieces[0].Span.Overlaps(o.Pieces[0].Span) })
		if !isKnown && (g.tree.IsLikely == nil || g.tree.IsLikely(&o)) {
			add(link.Group{Occurrences: []format.Occurrence{o}, Keep: format.LikelyImage, Why: why})
		}
	}
}
