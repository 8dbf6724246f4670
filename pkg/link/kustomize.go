package link

import (
	"cmp"
	"path"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/format"
)

// Kustomize ties the entries of `images` in kustomizations to the images that
// they select.
//
// An entry's name selects among the images as they arrive at its layer, after
// the entries of the layers below. Where what arrives moves, the name moves
// with it; where a remote base brings it under its old name, the name stays
// and a newName is added. Source:
// https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/images/
var Kustomize = &Linker{
	Name:  "kustomize",
	Doc:   "kustomizations: the images of an overlay and those of its bases",
	Wants: isKustomizationFile,
	Link:  linkKustomize,
}

var kustomizationNames = []string{"kustomization.yaml", "kustomization.yml", "Kustomization"}

func isKustomizationFile(name string) bool {
	for _, n := range kustomizationNames {
		if path.Base(name) == n {
			return true
		}
	}
	return false
}

// An arrival is an image on its way through the layers.
type arrival struct {
	now, after string             // its name as it is, and as it will be
	from       *format.Occurrence // where a file of the repository says it; nil for one of a remote base
}

// A layer is a kustomization, with the images that leave it.
type layer struct {
	out     []arrival
	unknown bool   // something below is remote or made elsewhere: it may bring any image
	missing string // a file or folder below that is not there
}

// A graph is the kustomizations of a run, as far as they were asked for.
type graph struct {
	tree   *Tree
	move   Mover
	layers map[string]*layer // by folder; nil while it is being read
	groups []Group
}

func linkKustomize(t *Tree, move Mover) []Group {
	g := &graph{tree: t, move: move, layers: map[string]*layer{}}
	var dirs []string
	for _, f := range t.Files {
		// Only an entry that a rule moves asks for what is below it.
		if isKustomizationFile(f.Path) && g.hasEntry(f) {
			dirs = append(dirs, path.Dir(f.Path))
		}
	}
	for _, dir := range dirs {
		g.layer(dir)
	}
	return g.groups
}

// hasEntry reports whether a rule moves the name of an entry of f.
func (g *graph) hasEntry(f *File) bool {
	for i := range f.Scanned.Occurrences {
		if o := &f.Scanned.Occurrences[i]; isEntryName(o) && moves(o, g.move) {
			return true
		}
	}
	return false
}

// isEntryName reports whether o is the name of an entry: .images[0].name.
func isEntryName(o *format.Occurrence) bool {
	return strings.HasPrefix(o.Place.Field, ".images[") && strings.HasSuffix(o.Place.Field, "].name") && len(o.Pieces) == 1
}

// layer reads the kustomization in the folder dir and everything below it. A
// folder without one, or that is its own base, is a layer of which nothing is
// known.
func (g *graph) layer(dir string) *layer {
	if l, ok := g.layers[dir]; ok {
		if l == nil {
			return &layer{missing: dir + " is its own base"}
		}
		return l
	}
	g.layers[dir] = nil
	l := g.read(dir)
	g.layers[dir] = l
	return l
}

func (g *graph) read(dir string) *layer {
	l := &layer{}
	f := g.kustomization(dir)
	if f == nil {
		l.missing = dir + " has no kustomization that can be read"
		return l
	}
	y, err := syntax.ParseYAML(f.Src, nil)
	if err != nil || len(y.Docs) == 0 || y.Docs[0].Root == nil {
		l.missing = f.Path + " cannot be read"
		return l
	}
	root := y.Docs[0].Root
	for _, key := range []string{"resources", "bases", "components"} {
		if list := root.Field(key); list != nil {
			for _, item := range list.Children {
				g.resource(l, dir, item.Resolve().Value)
			}
		}
	}
	if charts := root.Field("helmCharts"); charts != nil && len(charts.Children) > 0 || root.Field("helmChartInflationGenerator") != nil || root.Field("generators") != nil {
		l.unknown = true
	}
	for _, key := range []string{"patches", "patchesStrategicMerge"} {
		if list := root.Field(key); list != nil {
			for _, item := range list.Children {
				name := item.Resolve().Value
				if p := item.Resolve().Str("path"); p != "" {
					name = p
				}
				if name != "" && !strings.Contains(name, "\n") {
					g.file(l, path.Join(dir, name))
				}
			}
		}
	}
	g.inline(l, f)
	if images := root.Field("images"); images != nil {
		for i, item := range images.Children {
			g.entry(l, f, item.Resolve(), i, images)
		}
	}
	return l
}

// kustomization returns the kustomization file in the folder dir.
func (g *graph) kustomization(dir string) *File {
	for _, name := range kustomizationNames {
		if f := g.tree.File(path.Join(dir, name)); f != nil {
			return f
		}
	}
	return nil
}

// resource adds what an entry of resources brings: a file, another layer, or
// something that is not in the repository.
func (g *graph) resource(l *layer, dir, name string) {
	at := path.Join(dir, name)
	switch {
	case isRemote(name) || at == ".." || strings.HasPrefix(at, "../") || path.IsAbs(name):
		l.unknown = true
	case path.Ext(at) == ".yaml" || path.Ext(at) == ".yml" || path.Ext(at) == ".json":
		g.file(l, at)
	default:
		below := g.layer(at)
		l.out = append(l.out, below.out...)
		l.unknown = l.unknown || below.unknown
		l.missing = cmp.Or(l.missing, below.missing)
	}
}

// isRemote reports whether a resource is not a path of the repository.
// Source: https://github.com/kubernetes-sigs/kustomize/blob/master/examples/remoteBuild.md
func isRemote(name string) bool {
	first, rest, _ := strings.Cut(name, "/")
	return strings.Contains(name, "://") || strings.Contains(name, "?ref=") || strings.HasPrefix(name, "git@") ||
		strings.Contains(first, ".") && strings.Trim(first, ".") != "" && rest != ""
}

// file adds the images of a file of resources.
func (g *graph) file(l *layer, name string) {
	f := g.tree.File(name)
	if f == nil {
		l.missing = cmp.Or(l.missing, name+" is not there or cannot be read")
		return
	}
	g.images(l, f, "")
}

// inline adds the images that patches in the kustomization itself bring.
func (g *graph) inline(l *layer, f *File) { g.images(l, f, ".patches") }

// images adds the images of containers in f, of those fields that begin with
// the prefix.
func (g *graph) images(l *layer, f *File, prefix string) {
	for i := range f.Scanned.Occurrences {
		o := &f.Scanned.Occurrences[i]
		field := o.Place.Field
		if o.Loose || len(o.Pieces) != 1 || !strings.HasPrefix(field, prefix) || !strings.HasSuffix(field, ".image") || !strings.Contains(strings.ToLower(field), "containers[") {
			continue
		}
		now, after := name(o.Pieces[0].Text), name(o.Pieces[0].Text)
		if m, ok := g.move(o); ok && m.Len <= len(now) {
			after = m.New + now[m.Len:]
		}
		l.out = append(l.out, arrival{now, after, o})
	}
}

// name returns a reference without its tag and digest.
func name(ref string) string {
	if i := strings.IndexByte(ref, '@'); i >= 0 {
		ref = ref[:i]
	}
	if i := strings.LastIndexByte(ref, ':'); i > strings.LastIndexByte(ref, '/') {
		ref = ref[:i]
	}
	return ref
}
