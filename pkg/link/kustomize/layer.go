package kustomize

import (
	"cmp"
	"path"
	"slices"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// A LayerImage is an image as it reaches or leaves a layer.
type LayerImage struct {
	Before, After string             // the reference before and after the move
	Source        *format.Occurrence // the reference in a file of the repository; nil for an image of a remote base
	Insert        link.FileEdit      // the inserted newName that renames the image, or zero
	spec          string             // the configured image field that holds the image; "" for a field that kustomize knows
}

func (a *LayerImage) moves() bool { return a.Before != a.After }

// A layer is a kustomization, with the images that leave it.
type layer struct {
	dir     string
	images  []LayerImage
	shared  bool                // images belongs to another layer
	have    map[LayerImage]bool // the set of images; nil if it is not known
	missing string              // why something below cannot be read, "" if everything can
	specs   map[string]bool     // ids of the image fields that are configured here or below
	below   []*layer

	// hasRemote says that a remote base or a generator, here or below, may
	// bring any image. renamedRemote are the names that it brings and that an
	// entry replaced.
	hasRemote     bool
	renamedRemote map[string]bool

	vars []variable // here and below

	unknownResults []unknownResult // replacements here or below that build images from parts

	// Of this layer alone:
	files     []*link.File        // of resources
	generated []generatedKey      // of generators
	patched   map[string][]scalar // of patches, by field path

	resourceFiles map[string]bool // paths of the files of resources here and below, once isResource needs them
}

// layer reads the kustomization in the folder dir and everything below it. If
// the folder has no kustomization or is its own base, the images of the layer
// are unknown.
func (g *Graph) layer(dir string) *layer {
	if l, ok := g.layers[dir]; ok {
		if l == nil {
			return &layer{missing: dir + " includes itself"}
		}
		return l
	}
	g.layers[dir] = nil
	l := &layer{dir: dir, specs: map[string]bool{}}
	g.accumulate(l, dir)
	g.layers[dir] = l
	return l
}

// accumulate applies the kustomization in the folder dir to l, in the order of
// kustomize.
func (g *Graph) accumulate(l *layer, dir string) {
	f := g.kustomization(dir)
	if f == nil {
		l.missing = cmp.Or(l.missing, dir+" has no readable kustomization")
		return
	}
	root := g.root(f)
	if root == nil {
		l.missing = cmp.Or(l.missing, f.Path+" cannot be read")
		return
	}
	for _, key := range []string{"resources", "bases"} {
		for _, n := range itemsOf(root, key) {
			g.addResource(l, f, n)
		}
	}
	for _, s := range g.configuredFields(dir, root) {
		l.specs[s.id()] = true
	}
	g.addGenerators(l, f, root)
	for _, n := range itemsOf(root, "components") {
		g.applyComponent(l, f, n)
	}
	g.applyPatches(l, f, root)
	for _, key := range imageKeys {
		for i, n := range itemsOf(root, key) {
			g.applyEntry(l, entryPlace{text: yamlText{file: f}, list: root.Field(key), key: key, index: i}, n)
		}
	}
	g.applyReplacements(l, f, root)
	for _, n := range itemsOf(root, "transformers") {
		g.applyTransformer(l, f, n)
	}
	g.applyVars(l, f, root)
}

// addResource adds a resource: a file, another layer, or something remote.
func (g *Graph) addResource(l *layer, f *link.File, n *syntax.Node) {
	name := n.Value
	at, inside := g.tree.Resolve(path.Dir(f.Path), name)
	switch {
	case n.Kind != syntax.Scalar || name == "":
	case isRemote(name):
		l.addRemote()
	case !inside:
		l.addRemote()
		g.noteOutside(f, n)
	case g.kustomization(at) != nil:
		l.addBase(g.layer(at))
	case g.tree.File(at) != nil || path.Ext(at) == ".yaml" || path.Ext(at) == ".yml" || path.Ext(at) == ".json":
		g.addFile(l, at)
	case isHosted(name):
		l.addRemote()
	default:
		l.addBase(g.layer(at))
	}
}

// noteOutside notes that the path n of f leaves the repository.
func (g *Graph) noteOutside(f *link.File, n *syntax.Node) {
	g.note(f, n.Span.Start, n.Value+" is outside of the repository and is not read, so its images are not known")
}

// applyComponent applies a component to the images and objects that its parent
// has so far.
func (g *Graph) applyComponent(l *layer, f *link.File, n *syntax.Node) {
	at, inside := g.tree.Resolve(path.Dir(f.Path), n.Value)
	switch {
	case n.Kind != syntax.Scalar || n.Value == "":
	case isRemote(n.Value), isHosted(n.Value) && g.kustomization(at) == nil:
		l.addRemote()
	case !inside:
		l.addRemote()
		g.noteOutside(f, n)
	default:
		was, known := g.layers[at]
		if known && was == nil {
			l.missing = cmp.Or(l.missing, at+" includes itself")
			return
		}
		g.layers[at] = nil
		g.accumulate(l, at)
		if delete(g.layers, at); known {
			g.layers[at] = was
		}
	}
}

// addFile adds the images of a file of resources.
func (g *Graph) addFile(l *layer, name string) {
	f := g.tree.File(name)
	if f == nil {
		l.missing = cmp.Or(l.missing, name+" is missing or cannot be read")
		return
	}
	l.files = append(l.files, f)
	g.addRefs(l, g.refsOf(f))
	if f.Limit != nil {
		l.missing = cmp.Or(l.missing, name+" has too many "+f.Limit.Parts+" to be read")
	}
}

// addRefs adds images from files.
func (g *Graph) addRefs(l *layer, refs []imageRef) {
	more := make([]LayerImage, 0, len(refs))
	for _, r := range refs {
		more = append(more, LayerImage{Before: r.text, After: g.newText(r.occ, r.text), Source: r.occ, spec: r.spec})
	}
	l.addImages(more)
}

// addRemote records that l may have any image.
func (l *layer) addRemote() { l.hasRemote, l.renamedRemote = true, nil }

// addBase adds the images and objects of the layer b.
func (l *layer) addBase(b *layer) {
	l.below = append(l.below, b)
	l.missing = cmp.Or(l.missing, b.missing)
	if len(b.unknownResults) > 0 {
		l.unknownResults = append(slices.Clip(l.unknownResults), b.unknownResults...)
	}
	for s := range b.specs {
		l.specs[s] = true
	}
	if len(b.vars) > 0 {
		l.vars = append(slices.Clip(l.vars), b.vars...)
	}
	switch {
	case b.hasRemote && !l.hasRemote:
		l.hasRemote, l.renamedRemote = true, b.renamedRemote
	case b.hasRemote:
		both := map[string]bool{}
		for name := range b.renamedRemote {
			if l.renamedRemote[name] {
				both[name] = true
			}
		}
		l.renamedRemote = both
	}
	if len(l.images) == 0 {
		l.images, l.shared, l.have = b.images, true, nil
		return
	}
	l.addImages(b.images)
}

// addImages adds the images that l does not have yet.
func (l *layer) addImages(more []LayerImage) {
	if len(more) == 0 {
		return
	}
	if l.have == nil {
		l.have = make(map[LayerImage]bool, len(l.images)+len(more))
		for _, a := range l.images {
			l.have[a] = true
		}
	}
	if l.shared {
		l.images, l.shared = slices.Clone(l.images), false
	}
	for _, a := range more {
		if !l.have[a] {
			l.have[a] = true
			l.images = append(l.images, a)
		}
	}
}

// ownImages copies images that belong to another layer, so that the caller can change
// them.
func (l *layer) ownImages() {
	l.have = nil
	if l.shared {
		l.images, l.shared = slices.Clone(l.images), false
	}
}

// each calls do once for l and each layer below it.
func (l *layer) each(do func(*layer)) {
	seen := map[*layer]bool{}
	var walk func(l *layer)
	walk = func(l *layer) {
		if !seen[l] {
			seen[l] = true
			do(l)
			for _, b := range l.below {
				walk(b)
			}
		}
	}
	walk(l)
}

// isResource reports whether o is in a file of resources of l or below.
func (l *layer) isResource(o *format.Occurrence) bool {
	if l.resourceFiles == nil {
		l.resourceFiles = map[string]bool{}
		l.each(func(x *layer) {
			for _, f := range x.files {
				l.resourceFiles[f.Path] = true
			}
		})
	}
	return l.resourceFiles[o.Pieces[0].Path]
}
