package rewrite

import (
	"context"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// A Move is a reference that would move. It may be without its tag, where that
// stands in a key of its own.
type Move struct {
	Old, New string
	To       string // the prefix that the rule moves it to
	Field    string // where one of them stands: .spec.containers[0].image
}

// refuse holds the groups with a reference that the options refuse. The name
// of a registry alone is nothing that could be refused.
func (g *gatherer) refuse(ctx context.Context, groups []*group) {
	if g.opts.Refuse == nil {
		return
	}
	var moves []Move
	at := map[[2]string]int{} // old and new -> index in moves
	each := func(x *group, do func(m *decided, old, new string)) {
		for i := range x.members {
			if m := &x.members[i]; m.ok && kindOf(m.occ) != rules.Registry {
				do(m, m.occ.Text(), after(m))
			}
		}
	}
	for _, x := range groups {
		if !x.moves() {
			continue
		}
		each(x, func(m *decided, old, new string) {
			key := [2]string{old, new}
			if _, known := at[key]; known {
				return
			}
			if _, known := g.refused[key]; known {
				return
			}
			at[key] = len(moves)
			v := Move{Old: old, New: new, Field: m.occ.Place.Field}
			if m.match.Rule != nil {
				v.To = m.match.Rule.To
			}
			moves = append(moves, v)
		})
	}
	if g.refused == nil {
		g.refused = map[[2]string]string{}
	}
	if len(moves) > 0 {
		why := g.opts.Refuse(ctx, moves)
		for key, i := range at {
			g.refused[key] = why[i]
		}
	}
	for _, x := range groups {
		if !x.moves() {
			continue
		}
		note := ""
		each(x, func(_ *decided, old, new string) {
			if w := g.refused[[2]string{old, new}]; note == "" && w != "" {
				note = w
			}
		})
		if note != "" {
			x.hold(format.Unavailable, note)
		}
	}
}
