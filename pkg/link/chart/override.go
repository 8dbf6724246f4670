package chart

import (
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// sharing ties what names of keys alone say of values to the references that a
// rendering shows of the same values, so that these move as the rules say too:
// a sub-chart is used twice, and one of them gets another registry. all are
// the references that are rendered, known the pieces of those that move.
func (c *chart) sharing(all []format.Occurrence, known map[link.PieceID]int, move link.MoveFunc) []link.Group {
	by := map[link.PieceID][]int{}
	for i := range all {
		for k := range all[i].Pieces {
			at := link.IDOf(&all[i].Pieces[k])
			by[at] = append(by[at], i)
		}
	}
	var groups []link.Group
	c.eachNamed(func(o *format.Occurrence) {
		if o.Unconfirmed || !o.IsImage || !move.Moves(o) {
			return
		}
		g := link.Group{Occurrences: []format.Occurrence{*o}, Why: "a chart renders the same values"}
		for k := range o.Pieces {
			at := link.IDOf(&o.Pieces[k])
			if _, is := known[at]; is {
				return
			}
			for _, i := range by[at] {
				g.Occurrences = append(g.Occurrences, all[i])
			}
		}
		if len(g.Occurrences) > 1 {
			groups = append(groups, g)
		}
	})
	return groups
}

// overrides ties the parts of a reference that a sub-chart, or the chart
// itself, has as defaults to what the chart and its other files of values give
// in the place of some of them: repository, where the registry stays.
func (c *chart) overrides(move link.MoveFunc) []link.Group {
	var groups []link.Group
	files := c.valueFiles(nil)
	c.eachNamed(func(o *format.Occurrence) {
		if o.Unconfirmed || len(o.Pieces) < 2 {
			return
		}
		for _, at := range c.usedAs(o.Pieces[0].Path) {
			for _, file := range files {
				if mixed, ok := c.mixed(o, at, file); ok && (move.Moves(o) || move.Moves(&mixed)) {
					groups = append(groups, link.Group{Occurrences: []format.Occurrence{*o, mixed}, Why: "values of the chart and of its parent make up one reference"})
				}
			}
		}
	})
	return groups
}

// eachNamed calls do for what names of keys say of the chart's values.
func (c *chart) eachNamed(do func(o *format.Occurrence)) {
	for _, f := range c.tree.Files {
		if c.holds(f.Path) && isValues(path.Base(f.Path)) {
			for i := range f.Scanned.Occurrences {
				do(&f.Scanned.Occurrences[i])
			}
		}
	}
}

// mixed is o with what is given for its parts below the path at of values,
// with the file added; false when nothing else is given.
func (c *chart) mixed(o *format.Occurrence, at []string, file string) (format.Occurrence, bool) {
	out := format.Occurrence{IsImage: true, FoundByMark: true, Place: o.Place}
	given := 0
	for k := range o.Pieces {
		field := o.Field(k)
		if strings.ContainsAny(field, `["|`) {
			return out, false
		}
		p, _, ok := c.value(slices.Concat(at, strings.Split(strings.TrimPrefix(field, "."), ".")), file)
		if !ok || p.Text == "" || k > 0 && !isPath(p.Text) {
			return out, false
		}
		if link.IDOf(&p) != link.IDOf(&o.Pieces[k]) {
			given++
		}
		p.Role, p.Sep = o.Pieces[k].Role, o.Pieces[k].Sep
		if k == 0 {
			p.Sep = "/"
			if strings.HasSuffix(p.Text, "/") {
				p.Sep = ""
			}
		}
		out.Pieces = append(out.Pieces, p)
	}
	return out, given > 0
}

// isPath reports whether text is a name without a domain.
func isPath(text string) bool {
	r, err := image.Parse(text)
	return err == nil && r.Domain == ""
}

// usedAs returns the paths of values under which the chart uses the defaults
// in the file at name: none for its own, [alias] for those of a sub-chart. It
// is nil for a file that is no values.yaml of either.
func (c *chart) usedAs(name string) [][]string {
	if name == c.file("values.yaml") {
		return [][]string{nil}
	}
	dir, base := path.Split(name)
	dir = strings.TrimSuffix(dir, "/")
	if base != "values.yaml" || path.Dir(dir) != c.file("charts") {
		return nil
	}
	sub := path.Base(dir)
	out := [][]string{{sub}}
	if root := c.read(c.file("Chart.yaml")); root != nil {
		if deps := root.Field("dependencies"); deps != nil {
			for _, d := range deps.Children {
				if alias := d.Resolve().Str("alias"); alias != "" && d.Resolve().Str("name") == sub {
					out = append(out, []string{alias})
				}
			}
		}
	}
	return out
}
