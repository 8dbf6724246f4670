// Package kustomize links the entries of `images` in kustomizations to the
// images that they select.
package kustomize

import (
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

var FileNames = []string{"kustomization.yaml", "kustomization.yml", "Kustomization"}

// IsKustomization reports whether the file at name is called as a kustomization is.
func IsKustomization(name string) bool {
	return slices.Contains(FileNames, path.Base(name))
}

// maxSelect bounds how many images are held against entries in one run. Each
// takes some ten nanoseconds; a repository of thousands of kustomizations
// needs a thousandth of it.
const maxSelect = 100_000_000

// A Graph is the kustomizations of a repository and what arrives in them.
type Graph struct {
	tree   *link.Tree
	move   link.MoveFunc
	parsed map[string]*parsed
	seen   map[string][]sighting         // images of the objects of a file, by its path
	extra  map[string][]sighting         // images of its patches and replacements
	data   map[string]bool               // files of generators, once they were looked at
	layers map[string]*layer             // by folder; nil while it is being read
	flat   map[string]map[string][]field // scalars of the objects of a file, by its path and theirs
	specs  []fieldSpec                   // image fields that some kustomization configures
	spent  int                           // of maxSelect

	// survey says that the layers are read to learn which short names entries
	// replace, and nothing is decided.
	survey   bool
	replaced map[link.PieceID]string // short names to which some entry gives another: the entry's file

	entries map[link.PieceID]*decision // what was decided of an entry's name
	order   []*decision
	groups  []link.Group
	advised map[link.Advice]bool
	banned  map[link.FileEdit]string // keys that must not be added: why
	twofold map[link.PieceID]bool    // entries of components, used where the name moves and over remote bases
}

// A parsed is a file as trees.
type parsed struct {
	roots []*syntax.Node
	occ   map[edit.Span]*format.Occurrence // those of one piece, by where it stands
	made  map[edit.Span]bool               // those that no format has

	single []*format.Occurrence             // the formats' occurrences of one piece, by where they stand
	shared map[edit.Span]*format.Occurrence // those of several, by where each piece stands
}

func newGraph(t *link.Tree, move link.MoveFunc) *Graph {
	return &Graph{
		tree: t, move: move, parsed: map[string]*parsed{}, layers: map[string]*layer{}, entries: map[link.PieceID]*decision{},
		seen: map[string][]sighting{}, extra: map[string][]sighting{}, data: map[string]bool{},
		replaced: map[link.PieceID]string{}, advised: map[link.Advice]bool{}, flat: map[string]map[string][]field{}, banned: map[link.FileEdit]string{}, twofold: map[link.PieceID]bool{},
	}
}

// imageKeys are where a kustomization has its entries, in the order in which
// kustomize applies them; the second is deprecated.
var imageKeys = []string{"images", "imageTags"}

// IsEntryField reports whether o is the key of an entry: .images[0].name.
func IsEntryField(o *format.Occurrence, key string) bool {
	if !strings.HasSuffix(o.Place.Field, "]."+key) || len(o.Pieces) != 1 {
		return false
	}
	return slices.ContainsFunc(imageKeys, func(k string) bool { return strings.HasPrefix(o.Place.Field, "."+k+"[") })
}

// Link reads the kustomizations of t and returns their graph, with its groups.
//
// An entry's name selects among the images as they arrive at its layer, after
// the entries of the layers below. So the layers are built here as kustomize
// builds them, as far as images go: once with the names as they are and once
// with those that the rules give. An entry moves with what it selects; it must
// select the same images afterwards, and nothing else. Where a remote base
// brings an image under its old name, the name stays and a newName is added.
// Source: https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/images/
// and sigs.k8s.io/kustomize/api v0.21.2, internal/target and filters/imagetag.
func Link(t *link.Tree, move link.MoveFunc) *Graph {
	g := newGraph(t, move)
	if !g.anyMoves() {
		return g
	}
	var dirs []string
	relevant, short := false, false
	for _, name := range kustomizations(t) {
		f := t.File(name)
		if f == nil {
			continue
		}
		root := g.root(f)
		if root == nil {
			continue
		}
		if root.Str("kind") != "Component" { // which is built as a part of others only
			dirs = append(dirs, path.Dir(name))
		}
		g.configure(f, root)
		r, s := g.concerns(f, root)
		relevant, short = relevant || r, short || s
	}
	if relevant || len(g.specs) > 0 {
		dirs = slices.Compact(dirs)
		if short {
			g.survey = true
			g.build(dirs)
			g.survey = false
		}
		g.build(dirs)
	}
	return g
}

// build reads the layers in all folders and makes the groups of what they
// decide.
func (g *Graph) build(dirs []string) {
	for {
		known := len(g.banned) + len(g.twofold)
		g.layers, g.entries, g.order, g.groups = map[string]*layer{}, map[link.PieceID]*decision{}, nil, nil
		for _, dir := range dirs {
			g.layer(dir)
		}
		if g.survey {
			return
		}
		if len(g.banned)+len(g.twofold) == known {
			break
		}
	}
	g.settle()
	g.fields()
}

// anyMoves reports whether a rule moves anything in the files at hand.
func (g *Graph) anyMoves() bool {
	for _, f := range g.tree.Files {
		for i := range f.Scanned.Occurrences {
			if g.move.Moves(&f.Scanned.Occurrences[i]) {
				return true
			}
		}
	}
	return false
}

// kustomizations returns the paths of the kustomizations of the repository,
// sorted, those outside of the paths of the run included.
func kustomizations(t *link.Tree) []string {
	var names []string
	for _, n := range t.Names {
		if IsKustomization(n) {
			names = append(names, n)
		}
	}
	if t.Partial && t.YAMLContaining != nil {
		for _, n := range t.YAMLContaining() {
			if IsKustomization(n) {
				names = append(names, n)
			}
		}
	}
	for _, f := range t.Files {
		if IsKustomization(f.Path) {
			names = append(names, f.Path)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// parse reads f as trees; of a file that cannot be read there are none.
func (g *Graph) parse(f *link.File) *parsed {
	if p := g.parsed[f.Path]; p != nil {
		return p
	}
	p := &parsed{occ: map[edit.Span]*format.Occurrence{}, made: map[edit.Span]bool{}, shared: map[edit.Span]*format.Occurrence{}}
	g.parsed[f.Path] = p
	var file *syntax.File
	var err error
	if path.Ext(f.Path) == ".json" {
		file, err = syntax.ParseJSON(f.Src)
	} else {
		file, err = syntax.ParseYAML(f.Src, nil)
	}
	if err == nil {
		for _, d := range file.Docs {
			if d.Root != nil {
				p.roots = append(p.roots, d.Root)
			}
		}
	}
	for i := range f.Scanned.Occurrences {
		if o := &f.Scanned.Occurrences[i]; len(o.Pieces) == 1 && !o.Unconfirmed {
			p.occ[o.Pieces[0].Span] = o
			p.single = append(p.single, o)
		} else if !o.Unconfirmed {
			for k := range o.Pieces {
				p.shared[o.Pieces[k].Span] = o
			}
		}
	}
	slices.SortStableFunc(p.single, func(a, b *format.Occurrence) int { return a.Pieces[0].Span.Start - b.Pieces[0].Span.Start })
	return p
}

// root returns the tree of a kustomization, nil when it is none.
func (g *Graph) root(f *link.File) *syntax.Node {
	if p := g.parse(f); len(p.roots) > 0 && p.roots[0].Kind == syntax.Mapping {
		return p.roots[0]
	}
	return nil
}

// advise tells a person what to do about f, once.
func (g *Graph) advise(f *link.File, at int, text string) {
	g.addAdvice(f, link.Advice{Path: f.Path, At: at, Text: text})
}

// note tells a person a fact about f, once.
func (g *Graph) note(f *link.File, at int, text string) {
	g.addAdvice(f, link.Advice{Path: f.Path, At: at, Text: text, Note: true})
}

func (g *Graph) addAdvice(f *link.File, a link.Advice) {
	if g.survey || f.Outside || g.advised[a] {
		return
	}
	g.advised[a] = true
	g.tree.Advice = append(g.tree.Advice, a)
}
