package kustomize

import (
	"sort"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// A generatedKey is a text in the data of a generated object.
type generatedKey struct {
	object string // Kind name
	path   string // data.image
	text   string
	occ    *format.Occurrence // nil if the rules cannot be applied to the text
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
		l.generated = append(l.generated, g.generatedKeys(f, object, x.Value, x.Span)...)
	}
	for _, x := range envs {
		in := g.namedFile(f, x)
		if in == nil {
			continue
		}
		at := 0
		for _, line := range strings.SplitAfter(string(in.Src), "\n") {
			span := edit.Span{Start: at, End: at + len(line)}
			l.generated = append(l.generated, g.generatedKeys(in, object, strings.TrimRight(line, "\r\n"), span)...)
			at = span.End
		}
	}
}

// generatedKeys returns the key of the text key=value at span of f, nil if the
// text has another form.
func (g *Graph) generatedKeys(f *link.File, object, text string, span edit.Span) []generatedKey {
	key, value, ok := strings.Cut(text, "=")
	if !ok || value == "" {
		return nil
	}
	k := generatedKey{object: object, path: plainPath("data." + key), text: strings.Trim(value, `"'`)}
	row := g.parse(f).singleInRow
	i := sort.Search(len(row), func(i int) bool { return row[i].Pieces[0].Span.Start >= span.Start })
	for ; i < len(row) && row[i].Pieces[0].Span.Start < span.End; i++ {
		if row[i].Text() == k.text {
			k.occ = row[i]
		}
	}
	return []generatedKey{k}
}
