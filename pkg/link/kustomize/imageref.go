package kustomize

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// A sighting is an image that a file names, where entries of images look.
type sighting struct {
	text  string
	occ   *format.Occurrence // nil when no rule can be asked about it
	needs string             // as in an LayerImage
}

// A fieldSpec says where objects of a type hold an image.
// Source: sigs.k8s.io/kustomize/api v0.21.2, types/fieldspec.go.
type fieldSpec struct {
	group, version, kind string
	path                 string // spec/containers[]/image
}

func (s fieldSpec) id() string { return s.group + "/" + s.version + "/" + s.kind + "|" + s.path }

// builtinFields are the image fields beside those of containers that kustomize
// knows. Source: internal/konfig/builtinpluginconsts/images.go there.
var builtinFields = []fieldSpec{
	{path: "spec/volumes[]/image/reference"},
	{path: "spec/template/spec/volumes[]/image/reference"},
	{path: "spec/jobTemplate/spec/template/spec/volumes[]/image/reference"},
}

// configure notes the image fields that a kustomization configures: for all
// entries, or for a transformer.
func (g *Graph) configure(f *link.File, root *syntax.Node) {
	have := map[string]bool{}
	for _, s := range g.specs {
		have[s.id()] = true
	}
	specs := g.specsOf(path.Dir(f.Path), root)
	for _, n := range itemsOf(root, "transformers") {
		_, _, roots := g.inline(f, n)
		for _, r := range roots {
			if r.Str("kind") == "ImageTagTransformer" {
				specs = append(specs, specsIn(r, "fieldSpecs")...)
			}
		}
	}
	for _, s := range specs {
		if !have[s.id()] {
			have[s.id()] = true
			g.specs = append(g.specs, s)
		}
	}
}

// specsOf returns the image fields that the kustomization root in the folder
// dir configures for all entries.
func (g *Graph) specsOf(dir string, root *syntax.Node) []fieldSpec {
	var out []fieldSpec
	for _, n := range itemsOf(root, "configurations") {
		at, inside := g.tree.Resolve(dir, n.Value)
		if n.Kind != syntax.Scalar || isURL(n.Value) || !inside {
			continue
		}
		if f := g.tree.File(at); f != nil && len(g.parse(f).roots) > 0 {
			out = append(out, specsIn(g.parse(f).roots[0], "images")...)
		}
	}
	return out
}

func specsIn(n *syntax.Node, key string) []fieldSpec {
	var out []fieldSpec
	for _, x := range itemsOf(n, key) {
		if p := x.Str("path"); p != "" {
			out = append(out, fieldSpec{x.Str("group"), x.Str("version"), x.Str("kind"), p})
		}
	}
	return out
}

// images returns the images that the objects of f name where kustomize looks
// for them.
func (g *Graph) images(f *link.File) []sighting {
	if s, ok := g.seen[f.Path]; ok {
		return s
	}
	var out []sighting
	for _, root := range g.parse(f).roots {
		out = append(out, g.objects(f, root, nil)...)
	}
	g.seen[f.Path] = out
	return out
}

// objects returns the images of one document of f; by leads to the file when
// the document is a text in it.
func (g *Graph) objects(f *link.File, root *syntax.Node, by edit.Map) []sighting {
	if list := root.Field("items"); list != nil && strings.HasSuffix(root.Str("kind"), "List") && list.Kind == syntax.Sequence {
		var out []sighting
		for _, item := range list.Children {
			out = append(out, g.objects(f, item.Resolve(), by)...)
		}
		return out
	}
	if root.Kind != syntax.Mapping || root.Str("kind") == "CustomResourceDefinition" {
		return nil
	}
	var out []sighting
	add := func(n *syntax.Node, field, needs string) {
		if n = n.Resolve(); n != nil && n.Kind == syntax.Scalar && n.Value != "" {
			out = append(out, g.sight(f, n, by, field, needs))
		}
	}
	var walk func(n *syntax.Node, field string)
	walk = func(n *syntax.Node, field string) {
		for i, c := range n.Children {
			switch {
			case n.Kind == syntax.Sequence:
				walk(c, field+"[]")
			case i%2 == 1:
				key := n.Children[i-1].Value
				walk(c, field+"."+key)
				if list := c.Resolve(); (key == "containers" || key == "initContainers") && list.Kind == syntax.Sequence {
					for _, item := range list.Children {
						add(item.Resolve().Field("image"), field+"."+key+"[].image", "")
					}
				}
			}
		}
	}
	walk(root, "")
	for _, s := range builtinFields {
		for _, n := range s.find(root) {
			add(n, "."+strings.ReplaceAll(s.path, "/", "."), "")
		}
	}
	for _, s := range g.specs {
		for _, n := range s.find(root) {
			add(n, "."+strings.ReplaceAll(s.path, "/", "."), s.id())
		}
	}
	return out
}

// find returns the nodes that s names in an object.
func (s fieldSpec) find(root *syntax.Node) []*syntax.Node {
	group, version, ok := strings.Cut(root.Str("apiVersion"), "/")
	if !ok {
		group, version = "", group
	}
	if s.kind != "" && s.kind != root.Str("kind") || s.group != "" && s.group != group || s.version != "" && s.version != version {
		return nil
	}
	const escaped = "\x00"
	at := []*syntax.Node{root}
	for _, step := range strings.Split(strings.ReplaceAll(strings.Trim(s.path, "/"), `\/`, escaped), "/") {
		key, all := strings.CutSuffix(strings.ReplaceAll(step, escaped, "/"), "[]")
		var next []*syntax.Node
		for _, n := range at {
			v := n.Field(key)
			switch {
			case v == nil:
			case v.Kind == syntax.Sequence: // kustomize enters lists whether the path says so or not
				for _, item := range v.Children {
					next = append(next, item.Resolve())
				}
			case !all || v.Kind == syntax.Mapping:
				next = append(next, v)
			}
		}
		at = next
	}
	return at
}

// sight returns the image that the scalar n names.
func (g *Graph) sight(f *link.File, n *syntax.Node, by edit.Map, field, needs string) sighting {
	return sighting{text: n.Value, needs: needs, occ: g.occurrence(f, n, by, field)}
}

// occurrence returns the occurrence that the scalar n of f is. One that no
// format has, since only kustomize says that an image stands there, is made.
func (g *Graph) occurrence(f *link.File, n *syntax.Node, by edit.Map, field string) *format.Occurrence {
	at := *n
	if by != nil {
		at.Map = n.Map.Compose(by)
		at.Span = edit.Span{}
		if s, ok := at.Map.Enclosing(0, len(n.Value)); ok {
			at.Span = s
		}
	}
	p := format.ScalarPiece(f.Path, &at, field, format.Whole, "")
	file := g.parse(f)
	known := file.occ[p.Span]
	if known != nil && known.Pieces[0].Role != format.Whole {
		return nil // a registry, or a part of a reference
	}
	if known != nil && (known.IsImage || known.Keep != "" || strings.Contains(n.Value, "/") && hasDomain(n.Value)) {
		return known
	}
	if _, err := image.Parse(n.Value); err != nil || p.Span.Len() == 0 {
		return known
	}
	o := &format.Occurrence{Pieces: []format.Piece{p}, Place: format.Place{Field: field}, IsImage: true, FoundByMark: true}
	if known != nil {
		o.Place, o.Scope, o.Keep, o.Note = known.Place, known.Scope, known.Keep, known.Note
	}
	file.occ[p.Span], file.made[p.Span] = o, true
	return o
}

// hasDomain reports whether a reference begins with a host.
func hasDomain(ref string) bool {
	first, _, ok := strings.Cut(ref, "/")
	return ok && (strings.ContainsAny(first, ".:") || first == "localhost")
}

// fields makes groups of the images that only kustomize's configuration shows
// to be images, and keeps the short names that some entry replaces.
func (g *Graph) fields() {
	done := map[link.PieceID]bool{}
	for _, path := range g.sighted() {
		for _, s := range slices.Concat(g.seen[path], g.extra[path]) {
			if s.occ == nil || done[link.IDOf(&s.occ.Pieces[0])] || !g.move.Moves(s.occ) {
				continue
			}
			at := link.IDOf(&s.occ.Pieces[0])
			done[at] = true
			switch by := g.replaced[at]; {
			case by != "":
				g.groups = append(g.groups, link.Group{Occurrences: []format.Occurrence{*s.occ}, Keep: format.DifferentName, Why: "an entry of images in " + by + " puts another name in its place"})
			case g.parsed[path].made[at.Span]:
				g.groups = append(g.groups, link.Group{Occurrences: []format.Occurrence{*s.occ}, Why: "kustomize is told that an image stands here"})
			}
		}
	}
}

// sighted returns the paths of the files with sightings, sorted.
func (g *Graph) sighted() []string {
	paths := slices.AppendSeq(slices.Collect(maps.Keys(g.seen)), maps.Keys(g.extra))
	slices.Sort(paths)
	return slices.Compact(paths)
}
