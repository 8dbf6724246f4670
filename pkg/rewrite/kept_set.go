package rewrite

import (
	"fmt"

	"github.com/regmigrate/regmigrate/pkg/account"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/families"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// A keptSet records the pieces that a rule matches but that are kept: because
// of a comment on the line, because an edit would be outside the given paths,
// or because another kustomization needs them.
type keptSet struct {
	pieces map[link.PieceID]bool
	groups []link.Group  // the groups with these pieces, and the reasons
	advice []link.Advice // advice about these pieces
}

func newKeptSet() *keptSet { return &keptSet{pieces: map[link.PieceID]bool{}} }

// add adds the pieces of the groups that are kept. It reports whether one of
// these pieces is new and may change the decision of a linker. It does not add
// groups that are kept because of a remote base: a linker decided about these.
func (s *keptSet) add(linkers *families.Linkers, t *link.Tree, groups []*group) bool {
	mayMatter := false
	for _, g := range groups {
		if g.reason == "" || g.reason == format.RemoteBase || g.isConsequence {
			continue
		}
		kept, isNew := link.Group{Keep: g.reason, Why: g.note}, false
		for i := range g.members {
			m := &g.members[i]
			kept.Occurrences = append(kept.Occurrences, *m.occ)
			if !m.matched || m.match.Keep != "" {
				continue
			}
			for k := range m.occ.Pieces {
				if id := link.IDOf(&m.occ.Pieces[k]); !s.pieces[id] {
					s.pieces[id], isNew = true, true
					mayMatter = mayMatter || linkers.DependsOn(id.Path)
				}
			}
		}
		if isNew {
			s.groups = append(s.groups, kept)
		}
	}
	if mayMatter {
		s.addAdvice(t.Advice)
	}
	return mayMatter
}

// addAdvice adds the advice about kept pieces: the next run of the linkers does
// not repeat it.
func (s *keptSet) addAdvice(list []link.Advice) {
	for _, a := range list {
		for id := range s.pieces {
			if id.Path == a.Path && id.Span.Start == a.At {
				s.advice = append(s.advice, a)
			}
		}
	}
}

// addAll adds all groups that would move.
func (s *keptSet) addAll(groups []link.Group) {
	for _, g := range groups {
		if g.Keep == "" {
			g.Keep, g.Why, g.Insert = format.Conflict, fmt.Sprintf("no decision after %d rounds: the files depend on each other", maxRounds), nil
			s.groups = append(s.groups, g)
		}
	}
}

// moveFunc returns a function that applies the rules to an occurrence, unless
// the occurrence is kept or only likely an image. An occurrence whose tag prevents the
// move moves at first: the group of a linker, which is then kept, replaces what the
// format knows about its tag.
func (s *keptSet) moveFunc(set *rules.Set) link.MoveFunc {
	return func(o *format.Occurrence) (link.Move, bool) {
		for k := range o.Pieces {
			if len(s.pieces) > 0 && s.pieces[link.IDOf(&o.Pieces[k])] {
				return link.Move{}, false
			}
		}
		if !o.Unconfirmed && account.ClassOf(o, set) == account.Likely {
			return link.Move{}, false
		}
		m, ok := account.Match(o, set)
		if !ok || m.Keep != "" && m.Tag == rules.TagAllows {
			return link.Move{}, false
		}
		return link.Move{Len: m.Len, New: m.New, NewTag: m.NewTag, ByTag: m.ByTag}, true
	}
}
