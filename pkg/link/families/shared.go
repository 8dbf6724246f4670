package families

import (
	"fmt"
	"sort"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// linkSharedRegistries groups a registry with the images of the same file that
// may use it: a values file that has the registry once, in a mapping further up,
// and the repositories below.
//
// Only a template can show that they are joined; the names of keys suggest it.
// So a repository never changes on this evidence. The registry moves if the
// rules change it in the same way for all of the images, and nothing else: then
// each image is right, whether it uses the registry or not. Otherwise the
// registry is kept.
func linkSharedRegistries(t *link.Tree, move link.MoveFunc) []link.Group {
	var groups []link.Group
	grouped := groupedPieces(t)
	for _, f := range t.Files {
		for _, r := range sharedRegistries(f) {
			if grouped[link.IDOf(&r.users[0].Pieces[0])] {
				continue
			}
			if g, ok := r.group(move); ok {
				groups = append(groups, g)
			}
		}
	}
	return groups
}

// groupedPieces returns the pieces of the groups of t.
func groupedPieces(t *link.Tree) map[link.PieceID]bool {
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

// A sharedRegistry is a registry in a file and the images that may use it.
type sharedRegistry struct {
	own   []*format.Occurrence // occurrences that certainly begin with the registry
	users []*format.Occurrence // occurrences that may use the registry, at least one
}

// sharedRegistries returns the registries of f that unconfirmed occurrences may
// use, in the order of the file.
func sharedRegistries(f *link.File) []sharedRegistry {
	bySpan := map[edit.Span]*sharedRegistry{}
	for i := range f.Scanned.Occurrences {
		o := &f.Scanned.Occurrences[i]
		if !o.Unconfirmed && o.Pieces[0].Role != format.Registry {
			continue
		}
		span := o.Pieces[0].Span
		if bySpan[span] == nil {
			bySpan[span] = &sharedRegistry{}
		}
		r := bySpan[span]
		if o.Unconfirmed {
			r.users = append(r.users, o)
		} else {
			r.own = append(r.own, o)
		}
	}
	var out []sharedRegistry
	for _, r := range bySpan {
		if len(r.users) > 0 {
			out = append(out, *r)
		}
	}
	sort.Slice(out, func(i, j int) bool {
		return out[i].users[0].Pieces[0].Span.Start < out[j].users[0].Pieces[0].Span.Start
	})
	return out
}

// group returns the group of the registry; false if the rules move neither the
// registry nor an image that may use it.
func (r *sharedRegistry) group(move link.MoveFunc) (link.Group, bool) {
	var g link.Group
	ownMoves := false
	for _, o := range r.own {
		g.Occurrences = append(g.Occurrences, *o)
		ownMoves = ownMoves || move.Moves(o)
	}
	host := r.users[0].Pieces[0].Text
	var moving, nameMoves, kept []string // names of images
	var first link.Move
	isSame := true // the rules change the registry in the same way for all images
	for _, u := range r.users {
		name := u.Pieces[len(u.Pieces)-1].Text
		m, ok := move(u)
		if !ok {
			kept = append(kept, name)
			continue
		}
		if m.Len > len(strings.TrimSuffix(host, "/")) {
			nameMoves = append(nameMoves, name)
		}
		if len(moving) == 0 {
			first = m
		}
		isSame = isSame && m == first
		moving = append(moving, name)
		o := *u
		o.Unconfirmed = strings.Contains(m.New, "/")
		g.Occurrences = append(g.Occurrences, o)
	}
	if len(moving) == 0 && !ownMoves {
		return link.Group{}, false
	}
	switch {
	case len(nameMoves) > 0:
		g.Keep = format.Conflict
		g.Why = fmt.Sprintf("the rule changes a path, and only templates can show whether the registry %s belongs to %s", host, joinNames(nameMoves))
	case !isSame:
		g.Keep = format.Conflict
		g.Why = fmt.Sprintf("the rules move the images that may use the registry %s to different prefixes: %s", host, joinNames(moving))
	case len(kept) > 0 && len(moving) > 0:
		g.Keep = format.Conflict
		g.Why = fmt.Sprintf("the rules move %s but not %s, and all of them may use the registry %s", joinNames(moving), joinNames(kept), host)
	case len(kept) > 0:
		g.Keep = format.Conflict
		g.Why = fmt.Sprintf("the rules do not move %s, which may use the registry %s", joinNames(kept), host)
	default:
		g.Why = fmt.Sprintf("may use the registry %s: %s", host, joinNames(moving))
	}
	return g, true
}

// joinNames returns a list of at most four names, and the number of the others.
func joinNames(names []string) string {
	const limit = 4
	if len(names) > limit {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:limit], ", "), len(names)-limit)
	}
	return strings.Join(names, ", ")
}
