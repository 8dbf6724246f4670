package kustomize

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// An LayerImage is an image on its way through the layers.
type LayerImage struct {
	Before, After string             // the reference as it is, and as it will be
	Source        *format.Occurrence // where a file of the repository names it; nil for one of a remote base
	Insert        link.FileEdit      // the newName that gives it the new name, when one is added
	needs         string             // the configured image field that it stands in, "" for one that kustomize knows
}

// moved reports whether a rule moves it.
func (a *LayerImage) moved() bool { return a.Before != a.After }

// A layer is a kustomization, with the images that leave it.
type layer struct {
	dir     string
	out     []LayerImage
	shared  bool            // out is another layer's
	unknown bool            // something below is remote or made elsewhere: it may bring any image
	taken   map[string]bool // what the unknown brings no more, since an entry gave it another name
	missing string          // a file or folder below that is not there
	specs   map[string]bool // the image fields that are configured here or below
	files   []*link.File    // of resources, of this layer alone
	keys    []generatedKey  // of what it generates, of this layer alone
	mixed   []mixture       // replacements here or below that put images together
	below   []*layer
	patched map[string][]field // scalars of patches, of this layer alone, by their paths

	resources map[string]bool // paths of files of resources here and below, once they were asked for
}

// layer reads the kustomization in the folder dir and everything below it. A
// folder without one, or that is its own base, is a layer of which nothing is
// known.
func (g *Graph) layer(dir string) *layer {
	if l, ok := g.layers[dir]; ok {
		if l == nil {
			return &layer{missing: dir + " is its own base"}
		}
		return l
	}
	g.layers[dir] = nil
	l := &layer{dir: dir, specs: map[string]bool{}}
	g.accumulate(l, dir)
	g.layers[dir] = l
	return l
}

// accumulate adds to l what the kustomization in the folder dir brings and
// does, in the order in which kustomize does it.
func (g *Graph) accumulate(l *layer, dir string) {
	f := g.kustomization(dir)
	if f == nil {
		l.missing = cmp.Or(l.missing, dir+" has no kustomization that can be read")
		return
	}
	root := g.root(f)
	if root == nil {
		l.missing = cmp.Or(l.missing, f.Path+" cannot be read")
		return
	}
	for _, key := range []string{"resources", "bases"} {
		for _, n := range itemsOf(root, key) {
			g.resource(l, f, n)
		}
	}
	for _, s := range g.specsOf(dir, root) {
		l.specs[s.id()] = true
	}
	g.generators(l, f, root)
	for _, n := range itemsOf(root, "components") {
		g.component(l, f, n)
	}
	g.patches(l, f, root)
	for _, key := range imageKeys {
		for i, n := range itemsOf(root, key) {
			g.entry(l, origin{file: f, list: root.Field(key), key: key, index: i}, n)
		}
	}
	g.replacements(l, f, root)
	for _, n := range itemsOf(root, "transformers") {
		g.transformer(l, f, n)
	}
}

// itemsOf returns the items of the list under key.
func itemsOf(n *syntax.Node, key string) []*syntax.Node { return link.Items(n.Field(key)) }

// kustomization returns the kustomization file in the folder dir.
func (g *Graph) kustomization(dir string) *link.File {
	for _, name := range FileNames {
		if f := g.tree.File(path.Join(dir, name)); f != nil {
			return f
		}
	}
	return nil
}

// resource adds what an entry of resources brings: a file, another layer, or
// something that is not in the repository.
func (g *Graph) resource(l *layer, f *link.File, n *syntax.Node) {
	name := n.Value
	at, inside := g.tree.Resolve(path.Dir(f.Path), name)
	switch {
	case n.Kind != syntax.Scalar || name == "":
	case isURL(name):
		l.remote()
	case !inside:
		l.remote()
		g.outside(f, n)
	case g.kustomization(at) != nil:
		l.add(g.layer(at))
	case g.tree.File(at) != nil || path.Ext(at) == ".yaml" || path.Ext(at) == ".yml" || path.Ext(at) == ".json":
		g.file(l, at)
	case isHosted(name):
		l.remote()
	default:
		l.add(g.layer(at))
	}
}

// outside tells that the path n of f leaves the repository.
func (g *Graph) outside(f *link.File, n *syntax.Node) {
	g.note(f, n.Span.Start, n.Value+" lies outside of the repository and is not followed: what it brings is not known here")
}

// component adds a component, which is applied to what its parent has so far.
func (g *Graph) component(l *layer, f *link.File, n *syntax.Node) {
	at, inside := g.tree.Resolve(path.Dir(f.Path), n.Value)
	switch {
	case n.Kind != syntax.Scalar || n.Value == "":
	case isURL(n.Value), isHosted(n.Value) && g.kustomization(at) == nil:
		l.remote()
	case !inside:
		l.remote()
		g.outside(f, n)
	default:
		if _, reading := g.layers[at]; reading && g.layers[at] == nil {
			l.missing = cmp.Or(l.missing, at+" is its own base")
			return
		}
		was, known := g.layers[at]
		g.layers[at] = nil
		g.accumulate(l, at)
		if delete(g.layers, at); known {
			g.layers[at] = was
		}
	}
}

// remote notes that something brings images that are not known.
func (l *layer) remote() { l.unknown, l.taken = true, nil }

// add adds what leaves the layer b.
func (l *layer) add(b *layer) {
	l.below = append(l.below, b)
	l.missing = cmp.Or(l.missing, b.missing)
	if len(b.mixed) > 0 {
		l.mixed = append(slices.Clip(l.mixed), b.mixed...)
	}
	for s := range b.specs {
		l.specs[s] = true
	}
	switch {
	case b.unknown && !l.unknown:
		l.unknown, l.taken = true, b.taken
	case b.unknown:
		both := map[string]bool{}
		for name := range b.taken {
			if l.taken[name] {
				both[name] = true
			}
		}
		l.taken = both
	}
	if len(l.out) == 0 {
		l.out, l.shared = b.out, true
		return
	}
	l.bring(b.out)
}

// bring adds arrivals that are not there yet.
func (l *layer) bring(more []LayerImage) {
	if len(more) == 0 {
		return
	}
	have := make(map[LayerImage]bool, len(l.out))
	for _, a := range l.out {
		have[a] = true
	}
	l.own()
	for _, a := range more {
		if !have[a] {
			have[a] = true
			l.out = append(l.out, a)
		}
	}
}

// own makes out the layer's own, so that it can be changed.
func (l *layer) own() {
	if l.shared {
		l.out, l.shared = slices.Clone(l.out), false
	}
}

// isURL reports whether a resource can only be remote.
// Source: https://github.com/kubernetes-sigs/kustomize/blob/master/examples/remoteBuild.md
func isURL(name string) bool {
	return strings.Contains(name, "://") || strings.Contains(name, "?ref=") || strings.HasPrefix(name, "git@")
}

// isHosted reports whether a resource that is no path of the repository begins
// with a host: github.com/owner/name.
func isHosted(name string) bool {
	first, rest, _ := strings.Cut(name, "/")
	return strings.Contains(first, ".") && strings.Trim(first, ".") != "" && rest != ""
}

// file adds the images of a file of resources.
func (g *Graph) file(l *layer, name string) {
	f := g.tree.File(name)
	if f == nil {
		l.missing = cmp.Or(l.missing, name+" is not there or cannot be read")
		return
	}
	l.files = append(l.files, f)
	g.arrive(l, g.images(f))
}

// arrive lets the images that files name arrive at l.
func (g *Graph) arrive(l *layer, found []sighting) {
	more := make([]LayerImage, 0, len(found))
	for _, s := range found {
		a := LayerImage{Before: s.text, After: s.text, needs: s.needs}
		if s.occ != nil {
			a.Source = s.occ
			if m, ok := g.move(s.occ); ok && g.replaced[link.IDOf(&s.occ.Pieces[0])] == "" && m.Len <= len(s.text) {
				a.After = m.New + s.text[m.Len:]
			}
		}
		more = append(more, a)
	}
	l.bring(more)
}
