package rewrite

import (
	"context"
	"slices"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/families"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// What linkers decide rests on what they take for moving. When some of that
// stays after all (a line says so, it lies outside of the given paths, another
// kustomization needs it), they are asked again with that known, until all
// that they took for moving moves.
type keptSet struct {
	pieces map[pieceID]bool
	groups []link.Group  // with all of it, and why
	advice []link.Advice // about it
}

// maxRounds is how often linkers are asked. Real repositories need three.
const maxRounds = 50

// add notes what the groups keep that linkers took for moving, and reports
// whether there was any that could matter to them. What is kept because a
// remote base brings it is none: that is what they decided.
func (s *keptSet) add(linkers *families.Linkers, t *link.Tree, groups []*group) bool {
	matters := false
	for _, g := range groups {
		if g.reason == "" || g.reason == format.RemoteBase || g.isConsequence {
			continue
		}
		found, known := link.Group{Keep: g.reason, Why: g.note}, true
		for i := range g.members {
			m := &g.members[i]
			found.Occurrences = append(found.Occurrences, *m.occ)
			if !m.matched || m.match.Keep != "" {
				continue
			}
			for k := range m.occ.Pieces {
				if id := idOf(&m.occ.Pieces[k]); !s.pieces[id] {
					s.pieces[id], known = true, false
					matters = matters || linkers.DependsOn(id.path)
				}
			}
		}
		if !known {
			s.groups = append(s.groups, found)
		}
	}
	if matters {
		for _, a := range t.Advice {
			for id := range s.pieces {
				if id.path == a.Path && id.span.Start == a.At {
					s.advice = append(s.advice, a)
				}
			}
		}
	}
	return matters
}

// keepAll notes all that linkers found to move together, and does not.
func (s *keptSet) keepAll(linked []link.Group) {
	for _, g := range linked {
		if g.Keep == "" {
			g.Keep, g.Why, g.Insert = format.Conflict, "too much depends on one another to be followed", nil
			s.groups = append(s.groups, g)
		}
	}
}

// moveFunc asks the rules on behalf of a linker.
func (s *keptSet) moveFunc(set *rules.Set) link.MoveFunc {
	return func(o *format.Occurrence) (link.Move, bool) {
		for k := range o.Pieces {
			if len(s.pieces) > 0 && s.pieces[idOf(&o.Pieces[k])] {
				return link.Move{}, false
			}
		}
		m, ok := set.Match(o.Text(), kindOf(o))
		if !ok || m.Keep != "" {
			return link.Move{}, false
		}
		return link.Move{Len: m.Len, New: m.New}, true
	}
}

// link asks the linkers what belongs together, and decides the groups of that
// until they rest on nothing that stays.
func (g *gatherer) link(ctx context.Context) (*link.Tree, []*group) {
	t := g.tree(ctx)
	s := &keptSet{pieces: map[pieceID]bool{}}
	for round := 1; ; round++ {
		g.linkers.Link(t, s.moveFunc(g.opts.Rules))
		g.settle()
		groups := mergeGroups(t, slices.Concat(s.groups, t.Groups))
		ignored := newIgnores(g.found)
		for _, x := range groups {
			x.decide(g.opts.Rules, g.opts.scopes(), ignored)
		}
		g.outsiders(groups)
		g.refuse(ctx, groups)
		switch {
		case round > maxRounds || !s.add(g.linkers, t, groups):
			t.Advice = append(t.Advice, s.advice...)
			return t, groups
		case round == maxRounds:
			s.keepAll(t.Groups)
		}
	}
}
