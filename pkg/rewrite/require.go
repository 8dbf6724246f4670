package rewrite

import (
	"context"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// A RefChange is a reference that would move. It may be without its tag, where that
// stands in a key of its own.
type RefChange struct {
	Old, New string
	ToPrefix string // the prefix that the rule moves it to
	Field    string // where one of them stands: .spec.containers[0].image
}

// refuse holds the groups with a reference that the options refuse. The name
// of a registry alone is nothing that could be refused.
func (g *gatherer) refuse(ctx context.Context, groups []*group) {
	if g.opts.Unavailable == nil {
		return
	}
	var moves []RefChange
	at := map[[2]string]int{} // old and new -> index in moves
	each := func(x *group, do func(m *member, old, new string)) {
		for i := range x.members {
			if m := &x.members[i]; m.matched && kindOf(m.occ) != rules.Registry {
				do(m, m.occ.Text(), newText(m))
			}
		}
	}
	for _, x := range groups {
		if !x.moves() {
			continue
		}
		each(x, func(m *member, old, new string) {
			key := [2]string{old, new}
			if _, known := at[key]; known {
				return
			}
			if _, known := g.refused[key]; known {
				return
			}
			at[key] = len(moves)
			v := RefChange{Old: old, New: new, Field: m.occ.Place.Field}
			if m.match.Rule != nil {
				v.ToPrefix = m.match.Rule.To
			}
			moves = append(moves, v)
		})
	}
	if g.refused == nil {
		g.refused = map[[2]string]string{}
	}
	if len(moves) > 0 {
		why := g.opts.Unavailable(ctx, moves)
		for key, i := range at {
			g.refused[key] = why[i]
		}
	}
	for _, x := range groups {
		if !x.moves() {
			continue
		}
		note := ""
		each(x, func(_ *member, old, new string) {
			if w := g.refused[[2]string{old, new}]; note == "" && w != "" {
				note = w
			}
		})
		if note != "" {
			x.keep(format.Unavailable, note)
		}
	}
}
