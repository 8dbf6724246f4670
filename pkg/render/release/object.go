package release

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/repofile"
	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/render"
)

// A kind is the API group and the kind of objects.
type kind struct{ group, kind string }

// The kinds that this package reads.
var (
	helmRelease    = kind{"helm.toolkit.fluxcd.io", "HelmRelease"}
	helmChart      = kind{"source.toolkit.fluxcd.io", "HelmChart"}
	gitRepository  = kind{"source.toolkit.fluxcd.io", "GitRepository"}
	fluxLayer      = kind{"kustomize.toolkit.fluxcd.io", "Kustomization"}
	application    = kind{"argoproj.io", "Application"}
	applicationSet = kind{"argoproj.io", "ApplicationSet"}
	configMap      = kind{"", "ConfigMap"}
)

// kinds returns the kinds by their names.
func kinds() map[string]kind {
	out := map[string]kind{}
	for _, k := range []kind{helmRelease, helmChart, gitRepository, fluxLayer, application, applicationSet, configMap} {
		out[k.kind] = k
	}
	return out
}

// An objectName names an object; the namespace is "" if the object does not have it.
type objectName struct {
	kind
	namespace, name string
}

func (n objectName) String() string {
	if n.namespace == "" {
		return n.kind.kind + " " + n.name
	}
	return n.kind.kind + " " + n.namespace + "/" + n.name
}

// An object is a Kubernetes object in a file.
type object struct {
	objectName
	path  string
	root  *syntax.Node
	text  []byte // the document
	isTop bool   // it is all of its document

	values map[string]any // as Helm, Flux and Argo CD read it; see read
	odd    string         // why it is not read
	isRead bool
}

// A tree is the objects of a tree of files.
type tree struct {
	files   fs.FS
	names   []string          // the YAML and JSON files, sorted
	others  []string          // kustomizations with another name
	links   map[string]string // the targets of the symbolic links
	ofKind  map[kind][]*object
	exact   map[objectName][]*object
	byName  map[objectName][]*object // without namespaces
	open    map[objectName][]*object // without namespaces: those whose namespace may be any
	opaque  map[kind][]*object       // those whose name may be any
	broken  []brokenPart
	problem string // why no object of the tree is known surely
	size    int
	count   int

	brokenSize int
	repository string // the last part of the URL of the repository, in small letters; "" if it is not known

	hasConfigMaps bool
	graph         *layerGraph
}

// A brokenPart is a part of a file that is not YAML, and may be an object all the same.
type brokenPart struct {
	path string
	text []byte
}

func newTree(files fs.FS) *tree {
	return &tree{
		files: files, links: map[string]string{}, ofKind: map[kind][]*object{},
		exact: map[objectName][]*object{}, byName: map[objectName][]*object{}, open: map[objectName][]*object{}, opaque: map[kind][]*object{},
	}
}

// readTree finds the objects of Flux and Argo CD in a tree.
func readTree(ctx context.Context, files fs.FS, repo *Repository) *tree {
	t := newTree(files)
	if at, ok := place(repo.URL); ok {
		t.repository = strings.ToLower(path.Base(at))
	}
	_ = fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return nil // the walk of the run reports it
		case d.IsDir() && d.Name() == ".git": // others, such as node_modules, may have objects
			return fs.SkipDir
		case d.Type()&fs.ModeSymlink != 0:
			if target, err := fs.ReadLink(files, name); err == nil && !path.IsAbs(target) {
				t.links[name] = path.Join(path.Dir(name), target)
			}
		case d.Name() == "Kustomization" && !d.IsDir():
			t.others = append(t.others, name)
		case d.Type().IsRegular() && isObjectFile(d.Name()):
			t.names = append(t.names, name)
		}
		return nil
	})
	slices.Sort(t.names)
	t.readFiles(ctx, func(src []byte) bool {
		return bytes.Contains(src, []byte("fluxcd.io")) || bytes.Contains(src, []byte("argoproj.io")) || hasEscapes(src)
	}, func(k kind) bool { return k != configMap })
	return t
}

// isObjectFile reports whether a file of this name may have objects.
func isObjectFile(base string) bool {
	switch strings.ToLower(path.Ext(base)) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return false
}

// hasEscapes reports whether a text may have letters as escapes.
func hasEscapes(src []byte) bool {
	return bytes.Contains(src, []byte(`\x`)) || bytes.Contains(src, []byte(`\u`)) || bytes.Contains(src, []byte(`\U`))
}

// readFiles adds the objects of the kinds that are wanted, in the files that may have them.
func (t *tree) readFiles(ctx context.Context, mayHave func(src []byte) bool, wanted func(kind) bool) {
	for _, name := range t.names {
		if ctx.Err() != nil {
			t.problem = "the search for objects was interrupted"
			return
		}
		src, err := render.ReadFile(t.files, name, maxFileSize)
		if err != nil {
			if !repofile.IsAbsent(err) {
				t.addProblem(fmt.Sprintf("%s may have objects, and cannot be read: %v", name, repofile.WithoutPath(err)))
			}
			continue
		}
		if !mayHave(src) {
			continue
		}
		if t.size += len(src); t.size > maxTotalSize || t.count > maxObjects {
			t.addProblem("the repository has too many objects to find those of a release")
			return
		}
		t.readFile(name, src, mayHave, wanted)
	}
}

func (t *tree) addProblem(why string) {
	if t.problem == "" {
		t.problem = why
	}
}

// maxBroken is the number of parts after which a file is not read further; see
// syntax.ParseYAMLParts.
const maxBroken = 100

func (t *tree) readFile(name string, src []byte, mayHave func([]byte) bool, wanted func(kind) bool) {
	docs, unread, err := syntax.ParseYAMLParts(src, mayHave)
	if err != nil || len(unread) >= maxBroken {
		t.addBroken(name, src)
		return
	}
	for _, s := range unread {
		t.addBroken(name, src[s.Start:s.End])
	}
	known := kinds()
	for _, doc := range docs {
		if doc.Root == nil {
			continue
		}
		text := src[doc.Span.Start:doc.Span.End]
		eachMapping(doc.Root, func(n *syntax.Node) {
			k, ok := known[scalarOf(n.MergedField("kind"))]
			meta := n.MergedField("metadata")
			if !ok || meta == nil || !wanted(k) {
				return
			}
			meta = meta.Resolve()
			if api := scalarOf(n.MergedField("apiVersion")); api != "" && !strings.Contains(api, "$") && groupOf(api) != k.group {
				return
			}
			id := objectName{k, scalarOf(meta.MergedField("namespace")), scalarOf(meta.MergedField("name"))}
			t.add(&object{objectName: id, path: name, root: n, text: text, isTop: n == doc.Root})
		})
	}
}

// maxBrokenSize bounds the parts that are not YAML, in bytes.
const maxBrokenSize = 8 << 20

func (t *tree) addBroken(name string, text []byte) {
	known := kinds()
	if !slices.ContainsFunc(sortedKinds(known), func(k string) bool { return bytes.Contains(text, []byte(k)) }) {
		return
	}
	if t.brokenSize += len(text); t.brokenSize > maxBrokenSize {
		t.addProblem("the repository has too many files with objects that are not YAML, such as " + name)
		return
	}
	t.broken = append(t.broken, brokenPart{name, text})
}

func sortedKinds(known map[string]kind) []string { return slices.Sorted(maps.Keys(known)) }

func groupOf(apiVersion string) string {
	group, _, ok := strings.Cut(apiVersion, "/")
	if !ok {
		return ""
	}
	return group
}

// eachMapping calls f for each mapping of a document that may have a kind.
func eachMapping(n *syntax.Node, f func(*syntax.Node)) {
	if n.Kind == syntax.Mapping {
		for i := 0; i < len(n.Children); i += 2 {
			if key := n.Children[i].Resolve(); key.Value == "kind" || key.Value == "<<" {
				f(n)
				break
			}
		}
	}
	for _, c := range n.Children {
		eachMapping(c, f)
	}
}

func scalarOf(n *syntax.Node) string {
	if n == nil {
		return ""
	}
	if n = n.Resolve(); n.Kind != syntax.Scalar {
		return ""
	}
	return n.Value
}

func (t *tree) add(o *object) {
	t.count++
	t.ofKind[o.kind] = append(t.ofKind[o.kind], o)
	if o.name == "" || strings.ContainsAny(o.name, "${") {
		t.opaque[o.kind] = append(t.opaque[o.kind], o)
		return
	}
	name := objectName{o.kind, "", o.name}
	t.byName[name] = append(t.byName[name], o)
	t.exact[o.objectName] = append(t.exact[o.objectName], o)
	if o.namespace == "" || strings.ContainsAny(o.namespace, "${") {
		t.open[name] = append(t.open[name], o)
	}
}

// maxFound is the number of objects that find returns: two are too many.
const maxFound = 3

// find returns objects that may be the one called id, with the ones that surely are first.
func (t *tree) find(id objectName) []*object {
	name := objectName{id.kind, "", id.name}
	out := t.byName[name]
	if id.namespace != "" {
		out = slices.Concat(first(t.exact[id]), first(t.open[name]))
	}
	return first(slices.Concat(first(out), first(t.opaque[id.kind])))
}

func first(all []*object) []*object { return all[:min(len(all), maxFound)] }

// mayBeBroken returns a file with a part that is not YAML and may be the object called id.
func (t *tree) mayBeBroken(id objectName) string {
	for _, b := range t.broken {
		if bytes.Contains(b.text, []byte(id.kind.kind)) && bytes.Contains(b.text, []byte(id.name)) {
			return b.path
		}
	}
	return ""
}

// only returns the one object called id. Otherwise it says why it is not known.
func (t *tree) only(id objectName) (o *object, why string) {
	if t.problem != "" {
		return nil, t.problem
	}
	if id.name == "" || strings.ContainsAny(id.name, "${") {
		return nil, fmt.Sprintf("the %s has no name, or one with a variable", id.kind.kind)
	}
	all := t.find(id)
	if file := t.mayBeBroken(id); file != "" {
		return nil, fmt.Sprintf("%s may have the %s, too, and is not YAML", file, id)
	}
	switch {
	case len(all) == 0:
		return nil, fmt.Sprintf("the %s is not in this repository", id)
	case len(all) > 1:
		return nil, fmt.Sprintf("more than one document may be the %s: in %s and %s", id, all[0].path, all[1].path)
	}
	o = all[0]
	switch {
	case !o.isTop:
		return nil, fmt.Sprintf("the %s is a part of another document in %s", id, o.path)
	case o.namespace != id.namespace || o.name != id.name:
		return nil, fmt.Sprintf("the %s has no namespace in %s", id, o.path)
	}
	if o.read(); o.odd != "" {
		return nil, fmt.Sprintf("%s: %s", o.objectName, o.odd)
	}
	return o, ""
}
