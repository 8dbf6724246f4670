package kustomize

import (
	"bytes"
	"path"
	"sort"
	"strings"
	"unicode"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// A generatedKey is a text in the data of a generated object.
type generatedKey struct {
	object string // Kind name
	path   string // data.image
	text   string
	occ    *format.Occurrence // nil if no format reports the text

	// image is the occurrence of the text as an image, if it is one: what copies the text
	// to the image of a container shows that it is. Nil if the text is no reference.
	image *format.Occurrence
}

// addGenerators adds the output of the generators of a kustomization: charts, of
// which only the images in their values are known, and objects from files.
func (g *Graph) addGenerators(l *layer, f *link.File, root *syntax.Node) {
	if len(itemsOf(root, "generators")) > 0 {
		l.addRemote()
	}
	g.addCharts(l, f, append(itemsOf(root, "helmCharts"), itemsOf(root, "helmChartInflationGenerator")...))
	for _, n := range itemsOf(root, "configMapGenerator") {
		g.addGeneratedObject(l, f, n, "ConfigMap")
	}
	for _, n := range itemsOf(root, "secretGenerator") {
		g.addGeneratedObject(l, f, n, "Secret")
	}
}

// addCharts adds the images in the values of charts.
func (g *Graph) addCharts(l *layer, f *link.File, charts []*syntax.Node) {
	for _, c := range charts {
		l.addRemote()
		files := []*syntax.Node{c.Field("valuesFile"), c.Field("values")}
		for _, n := range append(files, itemsOf(c, "additionalValuesFiles")...) {
			if v := g.namedFile(f, n); v != nil {
				g.addChartValues(l, v, "")
			}
		}
	}
	if len(charts) > 0 {
		g.addChartValues(l, f, ".helmCharts[")
	}
}

// addChartValues adds the images of the fields of f that begin with prefix.
func (g *Graph) addChartValues(l *layer, f *link.File, prefix string) {
	var found []LayerImage
	add := func(o *format.Occurrence) {
		if o.Unconfirmed || o.Keep != "" || !strings.HasPrefix(o.Place.Field, prefix) || !strings.Contains(o.Text(), "/") {
			return
		}
		a := LayerImage{Before: o.Text(), After: o.Text(), Source: o}
		if after, ok := g.move.NewText(o); ok {
			a.After = after
		}
		found = append(found, a)
	}
	for i := range f.Scanned.Occurrences {
		add(&f.Scanned.Occurrences[i])
	}
	for _, o := range g.valuesOfCharts[f.Path] {
		add(o)
	}
	l.addImages(found)
}

// findValuesOfCharts finds the values that only a rendering of a chart shows to be
// images, by their files: see package chart.
func (g *Graph) findValuesOfCharts() {
	g.valuesOfCharts = map[string][]*format.Occurrence{}
	for i := range g.tree.Groups {
		x := &g.tree.Groups[i]
		for j := range x.Occurrences {
			if o := &x.Occurrences[j]; x.Chart != "" && x.Keep == "" && len(o.Pieces) == 1 {
				name := o.Pieces[0].Path
				g.valuesOfCharts[name] = append(g.valuesOfCharts[name], o)
			}
		}
	}
}

// addGeneratedObject adds the data of the object of a ConfigMap or Secret
// generator.
func (g *Graph) addGeneratedObject(l *layer, f *link.File, n *syntax.Node, kind string) {
	envs := envFilesOf(n)
	object := kind + " " + n.Str("name")
	for _, x := range itemsOf(n, "literals") {
		l.generated = append(l.generated, g.generatedKeys(f, object, x)...)
	}
	for _, x := range envs {
		in := g.namedFile(f, x)
		if in == nil {
			continue
		}
		at := 0
		for _, line := range strings.SplitAfter(string(in.Src), "\n") {
			l.generated = append(l.generated, g.generatedKeys(in, object, textNode(strings.TrimRight(line, "\r\n"), at))...)
			at += len(line)
		}
	}
	for _, x := range itemsOf(n, "files") {
		name, key := *x, path.Base(x.Value)
		if before, after, ok := strings.Cut(x.Value, "="); ok {
			key, name.Value = before, after
		}
		if in := g.namedFile(f, &name); in != nil && len(in.Src) <= maxReference {
			whole := textNode(strings.TrimSpace(string(in.Src)), bytes.IndexFunc(in.Src, func(r rune) bool { return !unicode.IsSpace(r) }))
			l.generated = append(l.generated, g.generatedKey(in, object, key, whole))
		}
	}
}

// maxReference is the size in bytes of the largest file whose text may be one reference.
const maxReference = 1024

// textNode returns the text at an offset of a file as a scalar.
func textNode(text string, at int) *syntax.Node {
	return &syntax.Node{Kind: syntax.Scalar, Value: text, Span: edit.Span{Start: at, End: at + len(text)}, Map: edit.Identity(at, len(text))}
}

// generatedKeys returns the key of the text key=value, the scalar n of f. It returns nil if
// the text has another form.
func (g *Graph) generatedKeys(f *link.File, object string, n *syntax.Node) []generatedKey {
	key, value, ok := strings.Cut(n.Value, "=")
	if !ok || value == "" {
		return nil
	}
	start, end := len(key)+1, len(n.Value)
	if trimmed := strings.Trim(value, `"'`); len(trimmed) == len(value)-2 {
		value, start, end = trimmed, start+1, end-1
	}
	at := *n
	at.Value, at.Map = value, n.Map.Slice(start, end)
	k := g.generatedKey(f, object, key, &at)
	row := g.parse(f).singleInRow
	i := sort.Search(len(row), func(i int) bool { return row[i].Pieces[0].Span.Start >= n.Span.Start })
	for ; i < len(row) && row[i].Pieces[0].Span.Start < n.Span.End; i++ {
		if row[i].Text() == k.text {
			k.occ = row[i]
		}
	}
	return []generatedKey{k}
}

// generatedKey returns the key of an object whose text is the scalar n of f.
func (g *Graph) generatedKey(f *link.File, object, key string, n *syntax.Node) generatedKey {
	k := generatedKey{object: object, path: plainPath("data." + key), text: n.Value}
	span, ok := n.Map.Enclosing(0, len(n.Value))
	if _, err := image.Parse(n.Value); err != nil || !ok {
		return k
	}
	at := *n
	at.Span = span
	k.image = &format.Occurrence{
		Pieces:  []format.Piece{format.ScalarPiece(f.Path, &at, "."+k.path, format.Whole, "")},
		Place:   format.Place{Field: "." + k.path},
		IsImage: true, FoundByMark: true,
	}
	return k
}
