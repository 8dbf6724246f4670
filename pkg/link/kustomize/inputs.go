package kustomize

import (
	"path"
	"slices"
	"sort"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// named returns the file that a kustomization names, nil for one that is not in
// the repository. What leaves it is told.
func (g *Graph) named(f *link.File, n *syntax.Node) *link.File {
	if n == nil || n.Kind != syntax.Scalar || n.Value == "" || isURL(n.Value) {
		return nil
	}
	at, inside := g.tree.Resolve(path.Dir(f.Path), n.Value)
	if !inside {
		g.outside(f, n)
		return nil
	}
	return g.tree.File(at)
}

// inline returns the trees of a text in f that n holds or, when it holds none,
// of the file that it names.
func (g *Graph) inline(f *link.File, n *syntax.Node) (in *link.File, by edit.Map, roots []*syntax.Node) {
	if n == nil || n.Kind != syntax.Scalar {
		return f, nil, nil
	}
	if text := strings.TrimSpace(n.Value); !strings.ContainsAny(text, "\n{[") && !strings.Contains(text, ": ") {
		if in = g.named(f, n); in == nil {
			return f, nil, nil
		}
		return in, nil, g.parse(in).roots
	}
	file, err := syntax.ParseYAML([]byte(n.Value), nil)
	if err != nil {
		return f, nil, nil
	}
	for _, d := range file.Docs {
		if d.Root != nil {
			roots = append(roots, d.Root)
		}
	}
	return f, n.Map, roots
}

// patches adds the images that patches bring: kustomize applies them before
// the entries of images.
func (g *Graph) patches(l *layer, f *link.File, root *syntax.Node) {
	for _, n := range itemsOf(root, "patchesStrategicMerge") {
		g.patch(l, f, n)
	}
	for _, key := range []string{"patches", "patchesJson6902"} {
		for _, n := range itemsOf(root, key) {
			g.patch(l, f, n.Field("patch"))
			g.patch(l, f, n.Field("path"))
		}
	}
}

func (g *Graph) patch(l *layer, f *link.File, n *syntax.Node) {
	in, by, roots := g.inline(f, n)
	var found []sighting
	for _, r := range roots {
		if r.Kind == syntax.Sequence {
			found = append(found, g.operations(l, in, r, by)...)
		} else {
			found = append(found, g.objects(in, r, by)...)
			l.patch(field{file: in, by: by, node: r})
		}
	}
	if len(found) > 0 {
		g.remember(found)
		g.arrive(l, found)
	}
}

// patch notes the scalars of an object of a patch, which may have another name
// than those that it changes.
func (l *layer) patch(x field) {
	if l.patched == nil {
		l.patched = map[string][]field{}
	}
	x.object = x.node.Str("kind")
	below(l.patched, x, "")
}

// remember adds to the sightings of the files that have them, for fields and
// everything.
func (g *Graph) remember(found []sighting) {
	for _, s := range found {
		if s.occ == nil {
			continue
		}
		if path := s.occ.Pieces[0].Path; !slices.Contains(g.extra[path], s) {
			g.extra[path] = append(g.extra[path], s)
		}
	}
}

// operations returns the images of the operations of a JSON patch.
// Source: https://datatracker.ietf.org/doc/html/rfc6902
func (g *Graph) operations(l *layer, f *link.File, list *syntax.Node, by edit.Map) []sighting {
	var out []sighting
	for _, op := range list.Children {
		op = op.Resolve()
		at, v := op.Str("path"), op.Field("value")
		if v != nil && op.Str("op") != "test" {
			if l.patched == nil {
				l.patched = map[string][]field{}
			}
			below(l.patched, field{file: f, by: by, node: v}, plainPath(strings.ReplaceAll(strings.Trim(at, "/-"), "/", ".")))
		}
		if v != nil && op.Str("op") == "test" {
			if strings.HasSuffix(at, "/image") || strings.Contains(v.Value, "/") && hasDomain(v.Value) {
				g.tests(l, f, v, by)
			}
			continue
		}
		if v == nil || !strings.Contains(strings.ToLower(at), "containers/") && !strings.HasSuffix(strings.ToLower(at), "containers") {
			continue
		}
		switch {
		case v.Kind == syntax.Scalar && strings.HasSuffix(at, "/image") && v.Value != "":
			out = append(out, g.sight(f, v, by, ".value", ""))
		case v.Kind == syntax.Mapping:
			if image := v.Field("image"); image != nil && image.Kind == syntax.Scalar && image.Value != "" {
				out = append(out, g.sight(f, image, by, ".value.image", ""))
			}
		case v.Kind == syntax.Sequence:
			for _, item := range v.Children {
				if image := item.Resolve().Field("image"); image != nil && image.Kind == syntax.Scalar && image.Value != "" {
					out = append(out, g.sight(f, image, by, ".value[].image", ""))
				}
			}
		}
	}
	return out
}

// transformer applies a transformer's configuration: an ImageTagTransformer
// selects as an entry of images does.
func (g *Graph) transformer(l *layer, f *link.File, n *syntax.Node) {
	if n.Kind == syntax.Scalar && !strings.Contains(n.Value, "\n") {
		if at, inside := g.tree.Resolve(path.Dir(f.Path), n.Value); !isURL(n.Value) && inside {
			if k := g.kustomization(at); k != nil && k != f && g.root(k) != nil {
				for _, r := range itemsOf(g.root(k), "resources") {
					if below, _ := g.tree.Resolve(at, r.Value); g.kustomization(below) == nil {
						g.transformer(l, k, r)
					}
				}
				return
			}
		}
	}
	in, by, roots := g.inline(f, n)
	for _, r := range roots {
		switch r.Str("kind") {
		case "ImageTagTransformer":
			if tag := r.Field("imageTag"); tag != nil {
				specs := map[string]bool{}
				for _, s := range specsIn(r, "fieldSpecs") {
					specs[s.id()] = true
				}
				g.entry(l, origin{file: in, by: by, specs: specs}, tag)
			}
		case "PatchTransformer", "PatchJson6902Transformer":
			if by == nil {
				g.patch(l, in, r.Field("patch"))
			}
			g.patch(l, in, r.Field("path"))
		case "ReplacementTransformer":
			g.replacements(l, in, r)
		}
	}
}

// generators adds what a kustomization generates: charts, whose images are
// those of its values and others that are not known, and objects out of files.
func (g *Graph) generators(l *layer, f *link.File, root *syntax.Node) {
	if len(itemsOf(root, "generators")) > 0 {
		l.remote()
	}
	charts := append(itemsOf(root, "helmCharts"), itemsOf(root, "helmChartInflationGenerator")...)
	for _, c := range charts {
		l.remote()
		var files []*syntax.Node
		files = append(files, c.Field("valuesFile"), c.Field("values"))
		files = append(files, itemsOf(c, "additionalValuesFiles")...)
		for _, n := range files {
			if v := g.named(f, n); v != nil {
				g.values(l, v, "")
			}
		}
	}
	if len(charts) > 0 {
		g.values(l, f, ".helmCharts[")
	}
	for _, key := range []string{"configMapGenerator", "secretGenerator"} {
		object := map[string]string{"configMapGenerator": "ConfigMap", "secretGenerator": "Secret"}[key]
		for _, n := range itemsOf(root, key) {
			envs := append(itemsOf(n, "envs"), n.Field("env"))
			for _, x := range slices.Concat(itemsOf(n, "files"), envs) {
				g.generated(f, x)
			}
			object := object + " " + n.Str("name")
			for _, x := range itemsOf(n, "literals") {
				g.generates(l, f, object, x.Value, x.Span)
			}
			for _, x := range envs {
				if in := g.named(f, x); in != nil {
					at := 0
					for _, line := range strings.SplitAfter(string(in.Src), "\n") {
						g.generates(l, in, object, strings.TrimRight(line, "\r\n"), edit.Span{Start: at, End: at + len(line)})
						at += len(line)
					}
				}
			}
		}
	}
}

// A generatedKey is a text in the data of an object that is generated.
type generatedKey struct {
	object string // Kind name
	path   string // data.image
	text   string
	occ    *format.Occurrence // nil when no rule is asked about it
}

// generates adds what the text key=value, which stands in f at span, brings to
// the data of an object.
func (g *Graph) generates(l *layer, f *link.File, object, text string, span edit.Span) {
	key, value, ok := strings.Cut(text, "=")
	if !ok || value == "" {
		return
	}
	k := generatedKey{object: object, path: plainPath("data." + key), text: strings.Trim(value, `"'`)}
	p := g.parse(f)
	i := sort.Search(len(p.single), func(i int) bool { return p.single[i].Pieces[0].Span.Start >= span.Start })
	for ; i < len(p.single) && p.single[i].Pieces[0].Span.Start < span.End; i++ {
		if p.single[i].Text() == k.text {
			k.occ = p.single[i]
		}
	}
	l.keys = append(l.keys, k)
}

// values adds the images of a chart's values in f, of the fields that begin
// with prefix.
func (g *Graph) values(l *layer, f *link.File, prefix string) {
	var found []LayerImage
	for i := range f.Scanned.Occurrences {
		o := &f.Scanned.Occurrences[i]
		if o.Unconfirmed || o.Keep != "" || !strings.HasPrefix(o.Place.Field, prefix) {
			continue
		}
		text := o.Text()
		if !strings.Contains(text, "/") {
			continue
		}
		a := LayerImage{Before: text, After: text, Source: o}
		if m, ok := g.move(o); ok && m.Len <= len(text) {
			a.After = m.New + text[m.Len:]
		}
		found = append(found, a)
	}
	l.bring(found)
}

// generated makes what stands in a file of a generator a part of the manifests: it
// becomes the data of a ConfigMap, whatever the file is called.
func (g *Graph) generated(f *link.File, n *syntax.Node) {
	if n == nil || n.Kind != syntax.Scalar {
		return
	}
	at := *n
	if _, name, ok := strings.Cut(n.Value, "="); ok {
		at.Value = name
	}
	in := g.named(f, &at)
	if in == nil || g.survey || g.data[in.Path] {
		return
	}
	g.data[in.Path] = true
	for i := range in.Scanned.Occurrences {
		o := in.Scanned.Occurrences[i]
		if o.Unconfirmed || o.Scope != format.Docs && o.Scope != format.Scripts && o.Scope != format.Code || !g.move.Moves(&o) {
			continue
		}
		o.Scope = format.Manifests
		g.add(link.Group{Occurrences: []format.Occurrence{o}, Why: "it is data of a generator in " + f.Path})
	}
}
