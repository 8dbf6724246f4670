package rewrite

import (
	"context"
	"iter"

	"github.com/regmigrate/regmigrate/pkg/format"
)

// A refPair is a reference before and after the move.
type refPair struct{ old, new string }

// keepUnavailable keeps the groups with a reference that is unavailable under
// its new name.
func (p *planner) keepUnavailable(ctx context.Context) {
	if p.opts.Unavailable == nil {
		return
	}
	p.queryAvailability(ctx)
	for _, g := range p.groups {
		for pair := range g.refPairs() {
			if why := p.unavailable[pair]; why != "" {
				g.keep(format.Unavailable, why)
				break
			}
		}
	}
}

// queryAvailability calls Options.Unavailable for the references of moving
// groups that have no result yet.
func (p *planner) queryAvailability(ctx context.Context) {
	var changes []RefChange
	for _, g := range p.groups {
		for pair, m := range g.refPairs() {
			if _, known := p.unavailable[pair]; known {
				continue
			}
			p.unavailable[pair] = ""
			x := RefChange{Old: pair.old, New: pair.new, Field: m.occ.Place.Field, TagElsewhere: m.tagIsElsewhere()}
			if m.match.Rule != nil {
				x.ToPrefix = m.match.Rule.To
			}
			changes = append(changes, x)
		}
	}
	if len(changes) == 0 {
		return
	}
	for i, why := range p.opts.Unavailable(ctx, changes) {
		p.unavailable[refPair{changes[i].Old, changes[i].New}] = why
	}
}

// refPairs returns the references that move with the group; none if the group is
// kept. A registry alone is not a reference.
func (g *group) refPairs() iter.Seq2[refPair, *member] {
	return func(yield func(refPair, *member) bool) {
		for i := range g.members {
			m := &g.members[i]
			if g.moves() && m.matched && m.isInRegistry() && !yield(m.refPair(), m) {
				return
			}
		}
	}
}

// isInRegistry reports whether a registry has what m names.
func (m *member) isInRegistry() bool {
	if m.occ.Kind == format.Image {
		return !m.occ.IsRegistry()
	}
	return m.occ.Kind != format.ChartRepository && !m.occ.IsSource
}

// tagIsElsewhere reports whether the tag of m is not known here.
func (m *member) tagIsElsewhere() bool {
	return m.occ.Pieces[0].Literal || m.occ.Kind == format.Chart && m.occ.Tag == ""
}

// refPair returns the reference of m before and after the move.
func (m *member) refPair() refPair {
	if m.occ.Kind == format.Image {
		return refPair{m.occ.Text(), m.newText()}
	}
	return refPair{withTag(m.occ, m.occ.Text()), withTag(m.occ, m.newText())}
}
