package chart

import (
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// addKeyNamed adds to the groups the references that only the names of keys
// show, and that may use a registry of the group. The parameter rendered has the
// pieces of all rendered references.
//
// A reference that no rendering shows does not keep the others, if it is pulled
// from the right place whether it uses the registry or not: the rules change
// the registry only. If they change its name, or do not move it, the group is
// kept.
func (c *chart) addKeyNamed(t *tracedGroups, rendered map[link.PieceID]bool, move link.MoveFunc) {
	c.eachKeyNamed(func(o *format.Occurrence) {
		last := &o.Pieces[len(o.Pieces)-1]
		if !t.has(&o.Pieces[0]) || len(o.Pieces) < 2 || rendered[link.IDOf(last)] {
			return
		}
		g := &t.groups[t.groupOf[link.IDOf(&o.Pieces[0])]]
		registry := o.Pieces[0].Text
		m, moves := move(o)
		if !moves {
			g.Keep = format.Conflict
			g.Why = last.Text + " would not move and may use the registry " + registry + "; no rendering shows whether it does"
			return
		}
		hostOnly := m.Len == len(strings.TrimSuffix(registry, "/")) && !strings.Contains(m.New, "/")
		if !o.Unconfirmed || !hostOnly {
			g.Occurrences = append(g.Occurrences, *o)
		}
	})
}

// linkSharedValues ties references that the names of keys show to rendered
// references with the same values: a sub-chart is used twice, and one of the two
// gets another registry. The parameter all has the rendered references.
func (c *chart) linkSharedValues(t *tracedGroups, all []format.Occurrence, move link.MoveFunc) []link.Group {
	byPiece := map[link.PieceID][]int{} // indexes into all
	for i := range all {
		for k := range all[i].Pieces {
			id := link.IDOf(&all[i].Pieces[k])
			byPiece[id] = append(byPiece[id], i)
		}
	}
	var groups []link.Group
	c.eachKeyNamed(func(o *format.Occurrence) {
		if o.Unconfirmed || !o.IsImage || !move.Moves(o) {
			return
		}
		g := link.Group{Occurrences: []format.Occurrence{*o}, Why: "a chart renders the same values", Chart: c.dir}
		for k := range o.Pieces {
			if t.has(&o.Pieces[k]) {
				return
			}
			for _, i := range byPiece[link.IDOf(&o.Pieces[k])] {
				g.Occurrences = append(g.Occurrences, all[i])
			}
		}
		if len(g.Occurrences) > 1 {
			groups = append(groups, g)
		}
	})
	return groups
}

// linkOverrides ties a split reference of the chart or of a sub-chart to the
// reference that it becomes when the chart or a values file overrides some of
// its values.
func (c *chart) linkOverrides(move link.MoveFunc) []link.Group {
	var groups []link.Group
	files := c.valuesFileNames(nil)
	c.eachKeyNamed(func(o *format.Occurrence) {
		if o.Unconfirmed || len(o.Pieces) < 2 {
			return
		}
		for _, at := range c.usedAt(o.Pieces[0].Path) {
			for _, file := range files {
				if x, ok := c.overridden(o, at, file); ok && (move.Moves(o) || move.Moves(&x)) {
					groups = append(groups, link.Group{Occurrences: []format.Occurrence{*o, x}, Why: "values of the chart and of its parent form one reference"})
				}
			}
		}
	})
	return groups
}

// overridden returns o with the values at the path at, with the values file
// added; false if they override no piece of o.
func (c *chart) overridden(o *format.Occurrence, at []string, file string) (format.Occurrence, bool) {
	out := format.Occurrence{IsImage: true, FoundByMark: true, Place: o.Place}
	overrides := 0
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
			overrides++
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
	return out, overrides > 0
}

// isPath reports whether text is a name without a domain.
func isPath(text string) bool {
	r, err := image.Parse(text)
	return err == nil && r.Domain == ""
}
