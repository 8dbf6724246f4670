package kustomize

import (
	"path"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// A fieldSpec names a field that holds an image, in the objects of a type.
// Source: sigs.k8s.io/kustomize/api v0.21.2, types/fieldspec.go.
type fieldSpec struct {
	group, version, kind string // "" for any
	path                 string // spec/containers[]/image
}

func (s fieldSpec) id() string { return s.group + "/" + s.version + "/" + s.kind + "|" + s.path }

// field returns the path of s as a field: .spec.containers[].image.
func (s fieldSpec) field() string { return "." + strings.ReplaceAll(s.path, "/", ".") }

// builtinFields are the image fields, other than those of containers, that
// kustomize reads by default. Source: internal/konfig/builtinpluginconsts/images.go
// of sigs.k8s.io/kustomize/api v0.21.2.
var builtinFields = []fieldSpec{
	{path: "spec/volumes[]/image/reference"},
	{path: "spec/template/spec/volumes[]/image/reference"},
	{path: "spec/jobTemplate/spec/template/spec/volumes[]/image/reference"},
}

// addFieldSpecs adds the image fields that a kustomization configures, for all
// entries or for a transformer.
func (g *Graph) addFieldSpecs(f *link.File, root *syntax.Node) {
	have := map[string]bool{}
	for _, s := range g.fieldSpecs {
		have[s.id()] = true
	}
	specs := g.configuredFields(path.Dir(f.Path), root)
	for _, n := range itemsOf(root, "transformers") {
		_, roots := g.inlineOrFile(f, n)
		for _, r := range roots {
			if r.Str("kind") == "ImageTagTransformer" {
				specs = append(specs, specsIn(r, "fieldSpecs")...)
			}
		}
	}
	for _, s := range specs {
		if !have[s.id()] {
			have[s.id()] = true
			g.fieldSpecs = append(g.fieldSpecs, s)
		}
	}
}

// configuredFields returns the image fields that the kustomization root in the
// folder dir configures for all entries.
func (g *Graph) configuredFields(dir string, root *syntax.Node) []fieldSpec {
	var out []fieldSpec
	for _, n := range itemsOf(root, "configurations") {
		at, inside := g.tree.Resolve(dir, n.Value)
		if n.Kind != syntax.Scalar || isRemote(n.Value) || !inside {
			continue
		}
		if f := g.tree.File(at); f != nil && len(g.parse(f).roots) > 0 {
			out = append(out, specsIn(g.parse(f).roots[0], "images")...)
		}
	}
	return out
}

// specsIn returns the field specs in the list under key.
func specsIn(n *syntax.Node, key string) []fieldSpec {
	var out []fieldSpec
	for _, x := range itemsOf(n, key) {
		if p := x.Str("path"); p != "" {
			out = append(out, fieldSpec{x.Str("group"), x.Str("version"), x.Str("kind"), p})
		}
	}
	return out
}

// applies reports whether s is about the object root.
func (s fieldSpec) applies(root *syntax.Node) bool {
	group, version, ok := strings.Cut(root.Str("apiVersion"), "/")
	if !ok {
		group, version = "", group
	}
	return (s.kind == "" || s.kind == root.Str("kind")) && (s.group == "" || s.group == group) && (s.version == "" || s.version == version)
}

// find returns the nodes at the path of s in the object root.
func (s fieldSpec) find(root *syntax.Node) []*syntax.Node {
	if !s.applies(root) {
		return nil
	}
	const escapedSlash = "\x00"
	at := []*syntax.Node{root}
	for _, step := range strings.Split(strings.ReplaceAll(strings.Trim(s.path, "/"), `\/`, escapedSlash), "/") {
		key, isList := strings.CutSuffix(strings.ReplaceAll(step, escapedSlash, "/"), "[]")
		var next []*syntax.Node
		for _, n := range at {
			v := n.Field(key)
			switch {
			case v == nil:
			case v.Kind == syntax.Sequence: // kustomize enters lists even without []
				next = append(next, link.Items(v)...)
			case !isList || v.Kind == syntax.Mapping:
				next = append(next, v)
			}
		}
		at = next
	}
	return at
}
