package families

import (
	"fmt"
	"sort"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// linkSharedRegistries ties a registry that several images of one file share to these
// images: a values file that names the registry once, further up, and the
// repositories below it.
//
// That they are joined, only a template can say; the names of keys suggest
// it. So nothing is ever moved into a repository on this evidence: the
// registry moves when all that moves is the host, and is kept when the rules
// want a path changed, or want some of the images elsewhere.
func linkSharedRegistries(t *link.Tree, move link.MoveFunc) []link.Group {
	var groups []link.Group
	claimed := claimed(t)
	for _, f := range t.Files {
		groups = append(groups, sharedIn(f, move, claimed)...)
	}
	return groups
}

// sharedIn returns a group for each registry of f that loose occurrences
// share and that some rule would move.
func sharedIn(f *link.File, move link.MoveFunc, claimed map[link.PieceID]bool) []link.Group {
	users := map[edit.Span][]*format.Occurrence{}
	own := map[edit.Span][]*format.Occurrence{}
	var order []edit.Span
	for i := range f.Scanned.Occurrences {
		o := &f.Scanned.Occurrences[i]
		at := o.Pieces[0].Span
		switch {
		case o.Unconfirmed:
			if users[at] == nil {
				order = append(order, at)
			}
			users[at] = append(users[at], o)
		case o.Pieces[0].Role == format.Registry:
			own[at] = append(own[at], o)
		}
	}
	sort.Slice(order, func(i, j int) bool { return order[i].Start < order[j].Start })
	var groups []link.Group
	for _, at := range order {
		if claimed[link.PieceID{Path: f.Path, Span: at}] {
			continue
		}
		if g, ok := decideShared(own[at], users[at], move); ok {
			groups = append(groups, g)
		}
	}
	return groups
}

// claimed returns the pieces of the groups there are so far.
func claimed(t *link.Tree) map[link.PieceID]bool {
	out := map[link.PieceID]bool{}
	for i := range t.Groups {
		for j := range t.Groups[i].Occurrences {
			o := &t.Groups[i].Occurrences[j]
			for k := range o.Pieces {
				out[link.IDOf(&o.Pieces[k])] = true
			}
		}
	}
	return out
}

// decideShared makes the group of one registry, which own occurrences name
// and users may stand behind. It is false when no rule touches any of it.
func decideShared(own, users []*format.Occurrence, move link.MoveFunc) (link.Group, bool) {
	var g link.Group
	var moved, path, stay []string
	host := users[0].Pieces[0].Text
	registry := false
	for _, o := range own {
		g.Occurrences = append(g.Occurrences, *o)
		registry = registry || move.Moves(o)
	}
	for _, u := range users {
		m, ok := move(u)
		name := u.Pieces[len(u.Pieces)-1].Text
		switch {
		case !ok:
			stay = append(stay, name)
		case m.Len != len(strings.TrimSuffix(host, "/")) || strings.Contains(m.New, "/"):
			path = append(path, name)
		default:
			moved = append(moved, name)
		}
		if ok {
			o := *u
			o.Unconfirmed = false
			g.Occurrences = append(g.Occurrences, o)
		}
	}
	if len(moved)+len(path) == 0 && !registry {
		return link.Group{}, false
	}
	switch {
	case len(path) > 0:
		g.Keep = format.Conflict
		g.Why = fmt.Sprintf("the rule changes a path, and only templates can say whether %s stand behind the registry %s", list(append(path, moved...)), host)
	case len(stay) > 0 && len(moved) > 0:
		g.Keep = format.Conflict
		g.Why = fmt.Sprintf("%s would move and %s would not, and they share the registry %s", list(moved), list(stay), host)
	case len(stay) > 0:
		g.Keep = format.Conflict
		g.Why = fmt.Sprintf("the rules keep %s, which may stand behind the registry %s", list(stay), host)
	default:
		g.Why = fmt.Sprintf("%s share the registry %s", list(moved), host)
	}
	return g, true
}

func moves(o *format.Occurrence, move link.MoveFunc) bool {
	_, ok := move(o)
	return ok
}

// list joins a few names for a sentence.
func list(names []string) string {
	const most = 4
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}
