// Package gitops links what objects of Flux and Argo CD select to what they deploy.
package gitops

import (
	"bytes"
	"path"
	"slices"
	"sort"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/kustomize"
)

// A gitopsLinker is what Flux and Argo CD have in common: objects that say which
// folder of a repository is deployed, and which of its images become others.
type gitopsLinker struct {
	tree    *link.Tree
	move    link.MoveFunc
	graph   *kustomize.Graph     // of the folders' kustomizations; its groups are those that linkKustomize has made
	layers  map[string]*imageSet // of the graph, by folder
	occs    map[*link.File][]*format.Occurrence
	yaml    []string                       // all YAML files of the repository, once they were asked for
	maps    []*entity                      // the ConfigMaps, once they were asked for
	sources []*entity                      // the GitRepositories, once they were asked for
	held    map[link.PieceID]format.Reason // why entries of kustomizations stay, once it was asked
	asked   int                            // groups of graph that held has
	found   []link.Group
}

func newLinker(t *link.Tree, move link.MoveFunc, graph *kustomize.Graph) *gitopsLinker {
	return &gitopsLinker{tree: t, move: move, graph: graph, occs: map[*link.File][]*format.Occurrence{}, layers: map[string]*imageSet{}}
}

// An imageSet is the images that a folder or a chart brings, without tags and
// digests: objects of Flux and Argo CD select by names.
type imageSet struct {
	images  []kustomize.LayerImage
	missing string // why there may be others, "" if there are none
}

// An entity is an object in a file.
type entity struct {
	file *link.File
	root *syntax.Node
}

func (e *entity) kind() string      { return e.root.Str("kind") }
func (e *entity) name() string      { return e.root.Field("metadata").Str("name") }
func (e *entity) namespace() string { return e.root.Field("metadata").Str("namespace") }

// of reports whether e is of the API group and kind.
func (e *entity) of(group, kind string) bool {
	g, _, _ := strings.Cut(e.root.Str("apiVersion"), "/")
	return g == group && e.kind() == kind
}

// touched reports whether a rule moves anything in the files of the run, or a
// ConfigMap has a registry that an object may give a chart. What nothing moves
// in needs no look at the rest of the repository.
func (d *gitopsLinker) touched() bool {
	d.tree.MergeLoaded()
	for _, f := range d.tree.Files {
		if hasBareValue(f) {
			return true
		}
		for i := range f.Scanned.Occurrences {
			if o := &f.Scanned.Occurrences[i]; o.Scope == format.Manifests && d.move.Moves(o) {
				return true
			}
		}
	}
	return false
}

// concerned reports whether something moves that an object without any mention
// decides about: a reference of a chart's that stands in several values, of which
// the object may give one, and a short name that gets a domain, before which
// the chart that the object names may put a registry.
func (d *gitopsLinker) concerned() bool {
	d.tree.MergeLoaded()
	for _, f := range d.tree.Files {
		if hasBareValue(f) {
			return true
		}
		values := path.Base(f.Path) == "values.yaml"
		for i := range f.Scanned.Occurrences {
			o := &f.Scanned.Occurrences[i]
			if values && len(o.Pieces) > 1 && !o.Unconfirmed && d.move.Moves(o) || d.getsDomain(o) && strings.Contains(strings.ToLower(path.Ext(o.Field(0))), "repo") {
				return true
			}
		}
	}
	return false
}

// hasBareValue reports whether f has a ConfigMap or a Secret with the name of a
// registry alone.
func hasBareValue(f *link.File) bool {
	return slices.ContainsFunc(f.Scanned.Contexts, func(c format.Context) bool {
		return c.Reason == format.RegistryHost && (strings.HasPrefix(c.Place.Object, "ConfigMap ") || strings.HasPrefix(c.Place.Object, "Secret "))
	})
}

// mentions reports whether a file at hand holds text.
func (d *gitopsLinker) mentions(text string) bool {
	d.tree.MergeLoaded()
	return slices.ContainsFunc(d.tree.Files, func(f *link.File) bool { return bytes.Contains(f.Src, []byte(text)) })
}

// files returns the files that hold one of texts: those of the run with
// something in them, and, where the run looks at a part of the repository or
// all is set, those of the repository.
func (d *gitopsLinker) files(all bool, texts ...string) []*link.File {
	d.tree.MergeLoaded()
	var out []*link.File
	names := map[string]bool{}
	for _, f := range d.tree.Files {
		if ext := path.Ext(f.Path); ext != ".yaml" && ext != ".yml" {
			continue
		}
		if slices.ContainsFunc(texts, func(t string) bool { return bytes.Contains(f.Src, []byte(t)) }) {
			names[f.Path] = true
		}
	}
	if d.tree.YAMLContaining != nil && (all || d.tree.Partial) {
		for _, name := range d.tree.YAMLContaining(texts...) {
			names[name] = true
		}
	}
	sorted := make([]string, 0, len(names))
	for name := range names {
		sorted = append(sorted, name)
	}
	slices.Sort(sorted)
	for _, name := range sorted {
		if f := d.tree.File(name); f != nil {
			out = append(out, f)
		}
	}
	return out
}

// entities returns the objects in f, those of Lists included. It is false when
// f is no YAML, such as a template.
func entities(f *link.File) ([]*entity, bool) {
	y, err := syntax.ParseYAML(f.Src, nil)
	if err != nil {
		return nil, false
	}
	var out []*entity
	for _, doc := range y.Docs {
		if doc.Root == nil {
			continue
		}
		out = append(out, &entity{f, doc.Root})
		for _, item := range Items(doc.Root.Field("items")) {
			out = append(out, &entity{f, item})
		}
	}
	return out, true
}

// Items returns the items of the sequence n, none when it is none.
func Items(n *syntax.Node) []*syntax.Node {
	if n == nil || n.Kind != syntax.Sequence {
		return nil
	}
	out := make([]*syntax.Node, len(n.Children))
	for i, c := range n.Children {
		out[i] = c.Resolve()
	}
	return out
}

// within returns the occurrences of f whose first piece stands in the tree at n,
// in the order of their places.
func (d *gitopsLinker) within(f *link.File, n *syntax.Node) []*format.Occurrence {
	if n == nil {
		return nil
	}
	all, ok := d.occs[f]
	if !ok {
		for i := range f.Scanned.Occurrences {
			all = append(all, &f.Scanned.Occurrences[i])
		}
		sort.SliceStable(all, func(i, j int) bool { return all[i].Pieces[0].Span.Start < all[j].Pieces[0].Span.Start })
		d.occs[f] = all
	}
	start, end := bounds(n)
	i := sort.Search(len(all), func(i int) bool { return all[i].Pieces[0].Span.Start >= start })
	j := sort.Search(len(all), func(i int) bool { return all[i].Pieces[0].Span.Start >= end })
	return all[i:max(i, j)]
}

// bounds returns the offsets of the first and behind the last byte of the
// scalars in the tree at n.
func bounds(n *syntax.Node) (start, end int) {
	if n.Kind == syntax.Scalar || len(n.Children) == 0 {
		return n.Span.Start, n.Span.End
	}
	start, end = -1, 0
	for _, c := range n.Children {
		s, e := bounds(c)
		if e == s {
			continue
		}
		if start < 0 {
			start = s
		}
		end = max(end, e)
	}
	return max(start, 0), end
}

// folder returns what arrives from the folder dir of the repository. It is
// false when the repository has no such folder.
func (d *gitopsLinker) folder(dir string) (*imageSet, bool) {
	if dir == ".." || strings.HasPrefix(dir, "../") || path.IsAbs(dir) {
		return nil, false
	}
	if f := d.graph.File(dir); f != nil {
		return d.renames(d.layer(dir), f), true
	}
	// Flux makes a kustomization of all that lies there; Argo CD applies it.
	l := &imageSet{}
	found := false
	done := map[string]bool{}
	names := d.all()
	below := ""
	if dir != "." {
		below = dir + "/"
	}
	for i := sort.SearchStrings(names, below); i < len(names) && strings.HasPrefix(names[i], below); i++ {
		name := names[i]
		found = true
		if own := d.layerAround(name, dir); own != "" {
			if !done[own] {
				done[own] = true
				below := d.layer(own)
				l.images = append(l.images, below.images...)
			}
			continue
		}
		if f := d.tree.File(name); f != nil && bytes.Contains(f.Src, []byte("image:")) {
			l.images = append(l.images, d.graph.ObjectImages(f)...)
		}
	}
	return l, found
}

// layer returns the images of the kustomization in the folder dir.
func (d *gitopsLinker) layer(dir string) *imageSet {
	if d.layers[dir] == nil {
		l := &imageSet{}
		l.images, l.missing = d.graph.LayerImages(dir)
		d.layers[dir] = l
	}
	return d.layers[dir]
}

// renames returns l with the names that the entries of its kustomization give,
// which leave it whatever the entries select.
func (d *gitopsLinker) renames(l *imageSet, f *link.File) *imageSet {
	out := *l
	out.images = slices.Clone(l.images)
	for i := range f.Scanned.Occurrences {
		o := &f.Scanned.Occurrences[i]
		if !kustomize.IsEntryField(o, "newName") {
			continue
		}
		now := kustomize.ImageName(o.Text())
		after := now
		if a, ok := d.after(o); ok {
			after = a
		}
		out.images = append(out.images, kustomize.LayerImage{Before: now, After: after, Source: o})
	}
	return &out
}

// layerAround returns the highest folder below top, and around the file at
// name, that has a kustomization; "" when there is none.
func (d *gitopsLinker) layerAround(name, top string) string {
	own := ""
	for dir := path.Dir(name); dir != top && dir != "."; dir = path.Dir(dir) {
		for _, k := range kustomize.FileNames {
			if i, ok := slices.BinarySearch(d.all(), path.Join(dir, k)); ok && d.all()[i] != name || d.graph.IsLayer(dir) {
				own = dir
			}
		}
	}
	return own
}

// all returns the paths of the YAML files of the repository, sorted.
func (d *gitopsLinker) all() []string {
	if d.yaml == nil {
		d.yaml = []string{}
		if d.tree.YAMLContaining != nil {
			d.yaml = d.tree.YAMLContaining()
		} else {
			for _, f := range d.tree.Files {
				d.yaml = append(d.yaml, f.Path)
			}
		}
	}
	return d.yaml
}
