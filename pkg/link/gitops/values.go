package gitops

import (
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/absentchart"
)

// chartValues are values that an object passes to a chart.
type chartValues struct {
	file *link.File
	node *syntax.Node                    // all of them
	get  func(field string) *syntax.Node // the scalar of a field such as .image.registry, nil if it has none
	keys func(parent string) []string    // the keys of the field parent, such as .image

	// target is the field whose value is all of node, such as
	// .image.registry; "" if node holds several fields.
	target string

	// addTo adds the values to v.
	addTo func(v *absentchart.Values)

	// isEncoded reports that the values are in Base64 in the scalar node. The scalars that
	// get returns are then not in the file.
	isEncoded bool
	decoded   *syntax.Node // of node, a scalar that is not in the file
}

// mappingValues are the values in the mapping root, which is in the node n of f.
func mappingValues(f *link.File, n, root *syntax.Node) chartValues {
	at := func(field string) *syntax.Node {
		at := root
		if field == "" {
			return at
		}
		for key := range strings.SplitSeq(strings.TrimPrefix(field, "."), ".") {
			at = at.MergedField(key)
		}
		return at
	}
	keys := func(parent string) []string {
		return at(parent).MergedKeys()
	}
	addTo := func(v *absentchart.Values) {
		if n == root {
			v.AddMapping("", root)
		} else {
			v.AddEmbedded(n)
		}
	}
	return chartValues{file: f, node: n, get: func(field string) *syntax.Node { return textOf(at(field)) }, keys: keys, addTo: addTo}
}

// keyOf returns the key of a field, and the field that has it.
func keyOf(field string) (parent, key string) {
	dot := strings.LastIndexByte(field, '.')
	return field[:max(dot, 0)], field[dot+1:]
}

// textOf returns n if it is a scalar that is not empty, nil otherwise.
func textOf(n *syntax.Node) *syntax.Node {
	if n == nil || n.Kind != syntax.Scalar || n.Span.Len() == 0 {
		return nil
	}
	return n
}

// isOverridden reports whether later values override a piece of o that v has.
func (v *chartValues) isOverridden(o *format.Occurrence, later []chartValues) bool {
	for k := range o.Pieces {
		if v.get(o.Field(k)) != nil {
			if _, n := lastOf(later, o.Field(k)); n != nil {
				return true
			}
		}
	}
	return false
}

// lastOf returns the effective scalar of a field, which is that of the last
// values that have one, and its file, or nil.
func lastOf(all []chartValues, field string) (*link.File, *syntax.Node) {
	for _, v := range slices.Backward(all) {
		if n := v.get(field); n != nil {
			return v.file, n
		}
	}
	return nil, nil
}

// valuesFile returns the values in the file at name; false if it cannot be read
// or is not known.
func (g *gitopsLinker) valuesFile(name string) (chartValues, bool) {
	if name == "" || strings.Contains(name, "{{") || strings.HasPrefix(name, "../") {
		return chartValues{}, false
	}
	f := g.tree.File(name)
	if f == nil {
		return chartValues{}, false
	}
	all, _ := objectsIn(f)
	if len(all) != 1 {
		return chartValues{}, false
	}
	return mappingValues(f, all[0].root, all[0].root), true
}

// isChart reports whether the repository has a chart in the folder dir.
func (g *gitopsLinker) isChart(dir string) bool {
	return g.tree.File(path.Join(dir, "Chart.yaml")) != nil
}

// linkLocalChart ties values, of which later ones override earlier ones, to the
// values of the chart in the folder dir: a registry in one and a repository in
// the other form one reference.
func (g *gitopsLinker) linkLocalChart(all []chartValues, dir string) {
	f := g.tree.File(path.Join(dir, "values.yaml"))
	if f == nil {
		return
	}
	all = withNode(all)
	inFiles := withoutEncoded(all)
	for i := range inFiles { // an overridden value moves too
		for j := range f.Scanned.Occurrences {
			if o := &f.Scanned.Occurrences[j]; !o.Unconfirmed && len(o.Pieces) > 1 {
				g.linkDefault(o, inFiles[:i+1], inFiles[i+1:], dir)
			}
		}
	}
	g.keepPreceded(localRelease{dir, f, all})
}

// withNode returns the values that are present.
func withNode(all []chartValues) []chartValues {
	return slices.DeleteFunc(slices.Clone(all), func(v chartValues) bool { return v.node == nil })
}

// withoutEncoded returns the values that are in files as they are.
func withoutEncoded(all []chartValues) []chartValues {
	return slices.DeleteFunc(slices.Clone(all), func(v chartValues) bool { return v.isEncoded })
}

// linkDefault ties the reference o in the values of the chart in the folder dir
// to the reference that it becomes with the values all. It returns without
// groups if later values do not override the last of all.
func (g *gitopsLinker) linkDefault(o *format.Occurrence, all, later []chartValues, dir string) {
	if len(later) > 0 && !all[len(all)-1].isOverridden(o, later) {
		return
	}
	deployed := format.Occurrence{IsImage: true, FoundByMark: true, Place: o.Place}
	set := 0
	for k, p := range o.Pieces {
		if f, n := lastOf(all, o.Field(k)); n != nil {
			set++
			p = format.ScalarPiece(f.Path, n, o.Field(k), p.Role, p.Sep)
		}
		deployed.Pieces = append(deployed.Pieces, p)
	}
	switch {
	case set == 0 || !g.move.Moves(o) && !g.move.Moves(&deployed):
	case set < len(o.Pieces):
		g.tie("values of the chart in "+dir+" and values that it is deployed with form one reference", *o, deployed)
	case g.isNewSplit(&deployed):
		g.tie("values that the chart in "+dir+" is deployed with form one reference", deployed)
	}
}

// isNewSplit reports whether no format reports o, because its pieces are in
// different places.
func (g *gitopsLinker) isNewSplit(o *format.Occurrence) bool {
	first, last := link.IDOf(&o.Pieces[0]), link.IDOf(&o.Pieces[len(o.Pieces)-1])
	f := g.tree.File(first.Path)
	if f == nil {
		return true
	}
	return !slices.ContainsFunc(f.Scanned.Occurrences, func(x format.Occurrence) bool {
		return !x.Unconfirmed && len(x.Pieces) == len(o.Pieces) && link.IDOf(&x.Pieces[0]) == first && link.IDOf(&x.Pieces[len(x.Pieces)-1]) == last
	})
}

// linkAbsentChart decides the values of a chart that is not in the repository. The
// function repository returns the URL of the repository that has the chart, or "".
func (g *gitopsLinker) linkAbsentChart(all []chartValues, repository func() string) {
	all = withNode(all)
	if slices.ContainsFunc(all, func(v chartValues) bool { return v.isEncoded && v.setsRegistry() }) {
		repository = func() string { return "" } // what the chart prints before a name is not known
	}
	all = withoutEncoded(all)
	var values []*absentchart.Values
	for _, v := range all {
		x := absentchart.NewValues(v.file)
		v.addTo(x)
		values = append(values, x)
	}
	g.groups = append(g.groups, absentchart.Link(repository, values, g.move)...)
	g.linkTargets(all)
}

// linkTargets makes references of single values that an object sets as a
// registry of a chart, together with the repository next to that field.
func (g *gitopsLinker) linkTargets(all []chartValues) {
	for _, v := range all {
		parent, key := keyOf(v.target)
		if !format.IsRegistryKey(key) {
			continue
		}
		p := format.ScalarPiece(v.file.Path, v.node, v.target, format.Registry, "")
		o := format.Occurrence{Pieces: []format.Piece{p}, FoundByMark: true, Place: format.Place{Field: v.target}}
		repository := parent + ".repository"
		if f, n := lastOf(all, repository); n != nil && key == "registry" {
			o.IsImage, o.Pieces[0].Sep = true, "/"
			o.Pieces = append(o.Pieces, format.ScalarPiece(f.Path, n, repository, format.Repository, ""))
		}
		if g.move.Moves(&o) {
			g.tie("an object sets it as "+v.target[1:]+" of a chart", o)
		}
	}
}
