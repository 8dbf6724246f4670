// Package kustomize links the entries of `images` in kustomizations to the
// images that they select.
//
// The name of an entry selects among the images that reach its layer, which
// the entries of the layers below may have renamed. So the package builds the
// layers as kustomize does, as far as images are concerned: once with the
// names before the move and once with the names after it. An entry moves
// together with the images that it selects; after the move it must select the
// same images and no others. If a remote base brings an image under its old
// name, the name of the entry is kept and a newName is inserted.
//
// Sources: https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/images/
// and sigs.k8s.io/kustomize/api v0.21.2, internal/target and filters/imagetag.
package kustomize

import (
	"path"
	"slices"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// FileNames are the names of a kustomization file, in the order in which
// kustomize looks for them.
var FileNames = []string{"kustomization.yaml", "kustomization.yml", "Kustomization"}

// IsKustomization reports whether the file at name has a name of a kustomization
// file.
func IsKustomization(name string) bool { return slices.Contains(FileNames, path.Base(name)) }

// A Graph is the kustomizations of a repository and the images that reach them.
type Graph struct {
	tree *link.Tree
	move link.MoveFunc

	files      map[string]*parsedFile
	layers     map[string]*layer              // by folder; nil while the layer is being read
	objectRefs map[string][]imageRef          // images of the objects of a file, by its path
	otherRefs  map[string][]imageRef          // images of the patches and replacements of a file, by its path
	scalars    map[string]map[string][]scalar // scalars of the objects of a file, by the path of the file and by field path
	fieldSpecs []fieldSpec                    // image fields that some kustomization configures
	selected   map[link.PieceID]bool          // images in configured fields that an entry selects

	valuesOfCharts map[string][]*format.Occurrence // see findValuesOfCharts

	comparisons int // of images with entries; at most maxComparisons

	// firstPass says that the layers are read to fill replacedNames, and that
	// no decisions are made.
	firstPass     bool
	replacedNames map[link.PieceID]string // short names that an entry replaces, with the path of the entry's file

	decisions []*decision
	byEntry   map[link.PieceID]*decision // the same, by the place of the entry's name
	groups    []link.Group
	advised   map[link.Advice]bool

	// Results of reading the layers, which are then read again:
	rejectedInserts map[link.FileEdit]string // keys that must not be inserted, with the reason
	needsBoth       map[link.PieceID]bool    // entries of components that select images that move, and images of remote bases
}

func newGraph(t *link.Tree, move link.MoveFunc) *Graph {
	return &Graph{
		tree: t, move: move,
		files: map[string]*parsedFile{}, layers: map[string]*layer{},
		objectRefs: map[string][]imageRef{}, otherRefs: map[string][]imageRef{},
		scalars: map[string]map[string][]scalar{}, selected: map[link.PieceID]bool{},
		replacedNames: map[link.PieceID]string{}, byEntry: map[link.PieceID]*decision{}, advised: map[link.Advice]bool{},
		rejectedInserts: map[link.FileEdit]string{}, needsBoth: map[link.PieceID]bool{},
	}
}

// Link reads the kustomizations of t and returns them with their groups. It
// adds to the advice of t.
func Link(t *link.Tree, move link.MoveFunc) *Graph {
	g := newGraph(t, move)
	names := kustomizationPaths(t)
	if !g.anyMoves(names) {
		g.addGeneratorFiles(names)
		return g
	}
	var dirs []string
	usesImages, usesShortNames := false, false
	for _, name := range names {
		f := t.File(name)
		if f == nil {
			continue
		}
		root := g.root(f)
		if root == nil {
			continue
		}
		if root.Str("kind") != "Component" { // a component is built only as a part of other kustomizations
			dirs = append(dirs, path.Dir(name))
		}
		g.addFieldSpecs(f, root)
		images, shortNames := imageUse(root)
		usesImages, usesShortNames = usesImages || images, usesShortNames || shortNames
	}
	if usesImages || len(g.fieldSpecs) > 0 {
		g.findValuesOfCharts()
		dirs = slices.Compact(dirs)
		if usesShortNames {
			g.firstPass = true
			g.readLayers(dirs)
			g.firstPass = false
		}
		g.readLayers(dirs)
		g.makeGroups()
		g.addFieldGroups()
	}
	g.addGeneratorFiles(names)
	return g
}

// readLayers reads the layers in the folders dirs. It reads them again when an
// entry was found to need both names, or an insert to be impossible.
func (g *Graph) readLayers(dirs []string) {
	for {
		learned := len(g.rejectedInserts) + len(g.needsBoth)
		g.layers, g.byEntry, g.decisions, g.groups = map[string]*layer{}, map[link.PieceID]*decision{}, nil, nil
		for _, dir := range dirs {
			g.layer(dir)
		}
		if g.firstPass || len(g.rejectedInserts)+len(g.needsBoth) == learned {
			return
		}
	}
}

// anyMoves reports whether a rule moves an occurrence of the run, or whether one of the
// kustomizations at names, or an object of the run, may have a short name that a rule
// selects: only kustomize may show that it is an image.
func (g *Graph) anyMoves(names []string) bool {
	for _, f := range g.tree.Files {
		for i := range f.Scanned.Occurrences {
			if g.move.Moves(&f.Scanned.Occurrences[i]) {
				return true
			}
		}
	}
	if g.tree.MayHaveShortName == nil || g.tree.ReadFile == nil {
		return false
	}
	return len(names) > 0 && slices.ContainsFunc(g.tree.Files, func(f *link.File) bool { return g.tree.MayHaveShortName(f.Src) }) ||
		slices.ContainsFunc(names, func(name string) bool { return g.tree.MayHaveShortName(g.tree.ReadFile(name)) })
}

// kustomizationPaths returns the paths of the kustomizations of the repository,
// sorted, including those outside of the paths of the run.
func kustomizationPaths(t *link.Tree) []string {
	names := slices.Clone(t.Names)
	if t.Partial && t.YAMLContaining != nil {
		names = append(names, t.YAMLContaining()...)
	}
	for _, f := range t.Files {
		names = append(names, f.Path)
	}
	names = slices.DeleteFunc(names, func(n string) bool { return !IsKustomization(n) })
	slices.Sort(names)
	return slices.Compact(names)
}

// advise adds an advice about the byte at of f, once.
func (g *Graph) advise(f *link.File, at int, text string) {
	g.addAdvice(f, link.Advice{Path: f.Path, At: at, Text: text})
}

// note adds a note about the byte at of f, once.
func (g *Graph) note(f *link.File, at int, text string) {
	g.addAdvice(f, link.Advice{Path: f.Path, At: at, Text: text, Note: true})
}

func (g *Graph) addAdvice(f *link.File, a link.Advice) {
	if g.firstPass || f.Outside || g.advised[a] {
		return
	}
	g.advised[a] = true
	g.tree.Advice = append(g.tree.Advice, a)
}

func (g *Graph) addGroup(x link.Group) {
	if len(x.Occurrences)+len(x.Insert) > 0 {
		g.groups = append(g.groups, x)
	}
}

// newText returns the text that the rules make of o, or text itself if no rule
// moves o. Short names that an entry replaces do not name an image of Docker Hub
// and do not move.
func (g *Graph) newText(o *format.Occurrence, text string) string {
	if o == nil || g.replacedNames[link.IDOf(&o.Pieces[0])] != "" {
		return text
	}
	if m, ok := g.move(o); ok {
		if moved, ok := m.Apply(text); ok {
			return moved
		}
	}
	return text
}

// itemsOf returns the items of the list under key.
func itemsOf(n *syntax.Node, key string) []*syntax.Node { return link.Items(n.Field(key)) }
