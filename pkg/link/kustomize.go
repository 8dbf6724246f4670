package link

import (
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
)

// Kustomize ties the entries of `images` in kustomizations to the images that
// they select.
//
// An entry's name selects among the images as they arrive at its layer, after
// the entries of the layers below. So the layers are built here as kustomize
// builds them, as far as images go: once with the names as they are and once
// with those that the rules give. An entry moves with what it selects; it must
// select the same images afterwards, and nothing else. Where a remote base
// brings an image under its old name, the name stays and a newName is added.
// Source: https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/images/
// and sigs.k8s.io/kustomize/api v0.21.2, internal/target and filters/imagetag.
var Kustomize = &Linker{
	Name:  "kustomize",
	Doc:   "kustomizations: the images of an overlay and those of its bases",
	Wants: isKustomizationFile,
	Link:  linkKustomize,
}

var kustomizationNames = []string{"kustomization.yaml", "kustomization.yml", "Kustomization"}

// IsKustomization reports whether a file is named as a kustomization is.
func IsKustomization(name string) bool { return isKustomizationFile(name) }

func isKustomizationFile(name string) bool {
	return slices.Contains(kustomizationNames, path.Base(name))
}

// maxSelect bounds how many images are held against entries in one run. Each
// takes some ten nanoseconds; a repository of thousands of kustomizations
// needs a thousandth of it.
const maxSelect = 100_000_000

// A graph is the kustomizations of a repository and what arrives in them.
type graph struct {
	tree   *Tree
	move   MoveFunc
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
	replaced map[PieceID]string // short names to which some entry gives another: the entry's file

	entries map[PieceID]*decision // what was decided of an entry's name
	order   []*decision
	groups  []Group
	advised map[Advice]bool
	banned  map[FileEdit]string // keys that must not be added: why
	twofold map[PieceID]bool    // entries of components, used where the name moves and over remote bases
}

// A parsed is a file as trees.
type parsed struct {
	roots []*syntax.Node
	occ   map[edit.Span]*format.Occurrence // those of one piece, by where it stands
	made  map[edit.Span]bool               // those that no format has

	single []*format.Occurrence             // the formats' occurrences of one piece, by where they stand
	shared map[edit.Span]*format.Occurrence // those of several, by where each piece stands
}

func newGraph(t *Tree, move MoveFunc) *graph {
	return &graph{
		tree: t, move: move, parsed: map[string]*parsed{}, layers: map[string]*layer{}, entries: map[PieceID]*decision{},
		seen: map[string][]sighting{}, extra: map[string][]sighting{}, data: map[string]bool{},
		replaced: map[PieceID]string{}, advised: map[Advice]bool{}, flat: map[string]map[string][]field{}, banned: map[FileEdit]string{}, twofold: map[PieceID]bool{},
	}
}

// imageKeys are where a kustomization has its entries, in the order in which
// kustomize applies them; the second is deprecated.
var imageKeys = []string{"images", "imageTags"}

// isEntry reports whether o is the key of an entry: .images[0].name.
func isEntry(o *format.Occurrence, key string) bool {
	if !strings.HasSuffix(o.Place.Field, "]."+key) || len(o.Pieces) != 1 {
		return false
	}
	return slices.ContainsFunc(imageKeys, func(k string) bool { return strings.HasPrefix(o.Place.Field, "."+k+"[") })
}

func linkKustomize(t *Tree, move MoveFunc) []Group {
	g := newGraph(t, move)
	t.graph = g
	if !g.anyMoves() {
		return nil
	}
	var dirs []string
	relevant, short := false, false
	for _, name := range t.kustomizations() {
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
	return g.groups
}

// build reads the layers in all folders and makes the groups of what they
// decide.
func (g *graph) build(dirs []string) {
	for {
		known := len(g.banned) + len(g.twofold)
		g.layers, g.entries, g.order, g.groups = map[string]*layer{}, map[PieceID]*decision{}, nil, nil
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
func (g *graph) anyMoves() bool {
	for _, f := range g.tree.Files {
		for i := range f.Scanned.Occurrences {
			if moves(&f.Scanned.Occurrences[i], g.move) {
				return true
			}
		}
	}
	return false
}

// kustomizations returns the paths of the kustomizations of the repository,
// sorted, those outside of the paths of the run included.
func (t *Tree) kustomizations() []string {
	var names []string
	for _, n := range t.Names {
		if isKustomizationFile(n) {
			names = append(names, n)
		}
	}
	if t.Partial && t.YAMLContaining != nil {
		for _, n := range t.YAMLContaining() {
			if isKustomizationFile(n) {
				names = append(names, n)
			}
		}
	}
	for _, f := range t.Files {
		if isKustomizationFile(f.Path) {
			names = append(names, f.Path)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// parse reads f as trees; of a file that cannot be read there are none.
func (g *graph) parse(f *File) *parsed {
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
		if o := &f.Scanned.Occurrences[i]; len(o.Pieces) == 1 && !o.Loose {
			p.occ[o.Pieces[0].Span] = o
			p.single = append(p.single, o)
		} else if !o.Loose {
			for k := range o.Pieces {
				p.shared[o.Pieces[k].Span] = o
			}
		}
	}
	slices.SortStableFunc(p.single, func(a, b *format.Occurrence) int { return a.Pieces[0].Span.Start - b.Pieces[0].Span.Start })
	return p
}

// root returns the tree of a kustomization, nil when it is none.
func (g *graph) root(f *File) *syntax.Node {
	if p := g.parse(f); len(p.roots) > 0 && p.roots[0].Kind == syntax.Mapping {
		return p.roots[0]
	}
	return nil
}

// advise tells a person what to do about f, once.
func (g *graph) advise(f *File, at int, text string) { g.addAdvice(f, Advice{f.Path, at, text, false}) }

// note tells a person a fact about f, once.
func (g *graph) note(f *File, at int, text string) { g.addAdvice(f, Advice{f.Path, at, text, true}) }

func (g *graph) addAdvice(f *File, a Advice) {
	if g.survey || f.Outside || g.advised[a] {
		return
	}
	g.advised[a] = true
	g.tree.Advice = append(g.tree.Advice, a)
}
