package rewrite

import (
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// A division says how a registry and the name after it share a new prefix that
// has a path: m.corp/hub/library for docker.io, before nginx.
type division uint8

const (
	hostInRegistry   division = iota // m.corp      | hub/library/nginx
	targetInRegistry                 // m.corp/hub  | library/nginx: the target of the rule, and what Docker Hub implies
	allInRegistry                    // m.corp/hub/library | nginx
)

// cut divides the new prefix of m.
func (d division) cut(m rules.Match) (registry, path string) {
	at := len(m.New)
	switch {
	case d == hostInRegistry:
		if i := strings.IndexByte(m.New, '/'); i >= 0 {
			at = i
		}
	case d == targetInRegistry && m.Rule != nil && strings.HasPrefix(m.New, m.Rule.To+"/"):
		at = len(m.Rule.To)
	}
	return m.New[:at], strings.TrimPrefix(m.New[at:], "/")
}

// divisions returns the divisions to try for the group, in order. All members
// use the same one.
//
// By the names of keys alone, a registry gets a host only. A rendering can prove
// that a chart accepts a path in its registry. The text of a template gets as
// much as possible, so that the values after it need not change.
func (g *group) divisions() []division {
	isTraced, hasLiteral, hasUnconfirmed := len(g.charts) > 0, false, false
	for i := range g.members {
		o := g.members[i].occ
		hasLiteral = hasLiteral || o.Pieces[0].Literal
		hasUnconfirmed = hasUnconfirmed || o.Unconfirmed
	}
	switch {
	case hasLiteral:
		return []division{allInRegistry, targetInRegistry, hostInRegistry}
	case isTraced:
		return []division{hostInRegistry, targetInRegistry, allInRegistry}
	case hasUnconfirmed:
		return []division{allInRegistry}
	}
	return []division{hostInRegistry}
}

// changesName reports whether changes is more than a change of the registry of
// an occurrence that only the names of keys show. Whether its name belongs to
// the registry is not known, so the name must not change.
func changesName(o *format.Occurrence, changes []pieceChange) bool {
	for _, c := range changes {
		if o.Unconfirmed && c.piece > 0 {
			return true
		}
	}
	return false
}
