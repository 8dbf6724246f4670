package gitops

import (
	"bytes"
	"slices"
	"sort"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/internal/template"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// An object is a Kubernetes object in a file.
type object struct {
	file *link.File
	root *syntax.Node
}

func (x *object) kind() string      { return x.root.Str("kind") }
func (x *object) name() string      { return x.root.Field("metadata").Str("name") }
func (x *object) namespace() string { return x.root.Field("metadata").Str("namespace") }

// isA reports whether x is of the API group and kind.
func (x *object) isA(group, kind string) bool {
	g, _, _ := strings.Cut(x.root.Str("apiVersion"), "/")
	return g == group && x.kind() == kind
}

// An objectName names an object; the namespace is "" if the file does not say
// it.
type objectName struct{ namespace, name string }

// find returns the object of this name: in its namespace, or the only one whose
// file does not say a namespace, since a kustomization may set it. It returns
// nil if there is none.
func find(all []*object, want objectName) *object {
	var exact, open []*object
	for _, x := range all {
		switch {
		case x.name() != want.name || strings.Contains(x.namespace(), "$"):
		case x.namespace() == want.namespace:
			exact = append(exact, x)
		case x.namespace() == "":
			open = append(open, x)
		}
	}
	if len(exact) > 0 {
		return exact[0]
	}
	if len(open) == 1 {
		return open[0]
	}
	return nil
}

// objectsIn returns the objects in f, including the items of Lists; false if f
// is not YAML, such as a template. If there are texts, documents without them are
// not read. A template is always read as a whole.
func objectsIn(f *link.File, texts ...string) ([]*object, bool) {
	var want func(part []byte) bool
	if len(texts) > 0 && !template.Sniff(f.Src) {
		want = func(part []byte) bool { return containsAny(part, texts) }
	}
	y, err := f.ParseYAML(want)
	if err != nil {
		return nil, false
	}
	var out []*object
	for _, doc := range y.Docs {
		if doc.Root == nil {
			continue
		}
		out = append(out, &object{f, doc.Root})
		for _, item := range link.Items(doc.Root.Field("items")) {
			out = append(out, &object{f, item})
		}
	}
	return out, true
}

// contains reports whether a file of the tree contains text.
func (g *gitopsLinker) contains(text string) bool {
	g.tree.MergeLoaded()
	return slices.ContainsFunc(g.tree.Files, func(f *link.File) bool { return bytes.Contains(f.Src, []byte(text)) })
}

// containsAny reports whether src contains one of texts.
func containsAny(src []byte, texts []string) bool {
	return slices.ContainsFunc(texts, func(t string) bool { return bytes.Contains(src, []byte(t)) })
}

// scannedFiles returns the paths of the files of the tree: those that the scan found
// something in.
func (g *gitopsLinker) scannedFiles() map[string]bool {
	g.tree.MergeLoaded()
	out := map[string]bool{}
	for _, f := range g.tree.Files {
		out[f.Path] = true
	}
	return out
}

// filesContaining returns the YAML files of the tree and of the repository that contain
// one of texts, sorted.
func (g *gitopsLinker) filesContaining(texts ...string) []*link.File {
	return g.filesWith(nil, texts...)
}

// filesWith returns the files of filesContaining; those that were not scanned only if
// they contain one of more, too, or if more is nil.
func (g *gitopsLinker) filesWith(more []string, texts ...string) []*link.File {
	g.tree.MergeLoaded()
	var out []*link.File
	for _, f := range g.tree.Files {
		if format.HasYAMLName(f.Path) && containsAny(f.Src, texts) {
			out = append(out, f)
		}
	}
	if g.tree.YAMLContaining == nil {
		return out
	}
	for _, name := range g.tree.YAMLContaining(texts...) {
		if g.tree.IsScanned(name) || more != nil && !containsAny(g.tree.ReadFile(name), more) {
			continue
		}
		if f := g.tree.File(name); f != nil {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b *link.File) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// objectsOf returns the objects of a kind in the files that contain one of
// texts.
func (g *gitopsLinker) objectsOf(group, kind string, texts ...string) []*object {
	out := []*object{}
	for _, f := range g.filesContaining(texts...) {
		all, _ := objectsIn(f, texts...)
		for _, x := range all {
			if x.isA(group, kind) {
				out = append(out, x)
			}
		}
	}
	return out
}

// yamlPaths returns the paths of the YAML files of the repository, sorted.
func (g *gitopsLinker) yamlPaths() []string {
	if g.yaml == nil {
		g.yaml = []string{}
		if g.tree.YAMLContaining != nil {
			g.yaml = g.tree.YAMLContaining()
		} else {
			for _, f := range g.tree.Files {
				g.yaml = append(g.yaml, f.Path)
			}
		}
	}
	return g.yaml
}

// occurrencesIn returns the occurrences of f whose first piece is in the tree
// n, in the order of the file.
func (g *gitopsLinker) occurrencesIn(f *link.File, n *syntax.Node) []*format.Occurrence {
	if n == nil {
		return nil
	}
	all, ok := g.occurrences[f]
	if !ok {
		for i := range f.Scanned.Occurrences {
			all = append(all, &f.Scanned.Occurrences[i])
		}
		sort.SliceStable(all, func(i, j int) bool { return all[i].Pieces[0].Span.Start < all[j].Pieces[0].Span.Start })
		g.occurrences[f] = all
	}
	start, end := scalarBounds(n)
	i := sort.Search(len(all), func(i int) bool { return all[i].Pieces[0].Span.Start >= start })
	j := sort.Search(len(all), func(i int) bool { return all[i].Pieces[0].Span.Start >= end })
	return all[i:max(i, j)]
}

// scalarBounds returns the start of the first and the end of the last scalar in
// the tree n.
func scalarBounds(n *syntax.Node) (start, end int) {
	if n.Kind == syntax.Scalar || len(n.Children) == 0 {
		return n.Span.Start, n.Span.End
	}
	start, end = -1, 0
	for _, c := range n.Children {
		s, e := scalarBounds(c)
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

// sourcePath returns the folder that a path of a source names, relative to the
// root of the source.
func sourcePath(p string) string {
	p = strings.TrimPrefix(strings.TrimPrefix(p, "."), "/")
	p = strings.TrimSuffix(p, "/")
	if p == "" {
		return "."
	}
	return p
}
