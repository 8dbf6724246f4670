package rewrite

import (
	"fmt"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// unconfirmedAdvice returns a note for each registry that moves if other images may
// use the registry and no rendering confirms or excludes that.
func (p *planner) unconfirmedAdvice() []Advice {
	names := map[link.PieceID][]string{} // of the images, by registry
	var members []*member                // the first of each registry
	for m := range movingMembers(p.groups) {
		if !m.occ.Unconfirmed {
			continue
		}
		id := link.IDOf(&m.occ.Pieces[0])
		if names[id] == nil {
			members = append(members, m)
		}
		names[id] = append(names[id], m.occ.Pieces[len(m.occ.Pieces)-1].Text)
	}
	var out []Advice
	for _, m := range members {
		registry := &m.occ.Pieces[0]
		a := Advice{Path: registry.Path, Note: true, Text: fmt.Sprintf(
			"The registry %s becomes %s. No rendering shows which of these images use it: %s. Those that do move with it.",
			registry.Text, m.newPiece(0), joinAtMost(names[link.IDOf(registry)], 4))}
		if f := p.files.at(registry.Path); f != nil {
			a.Line, _ = edit.NewLines(f.file.Before).Position(registry.Span.Start)
		}
		out = append(out, a)
	}
	return out
}

// joinAtMost returns a list of at most limit names, and the number of the others.
func joinAtMost(names []string, limit int) string {
	if len(names) > limit {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:limit], ", "), len(names)-limit)
	}
	return strings.Join(names, ", ")
}
