package chart

import (
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// splitDoubled replaces each occurrence that contains its registry twice, as in
// registry: k8s.gcr.io with the sibling repository: k8s.gcr.io/pause, with two
// occurrences, the registry and the name, if the rules move both. The groups make
// both move together.
func splitDoubled(all []format.Occurrence, move link.MoveFunc) ([]format.Occurrence, []link.Group) {
	var out []format.Occurrence
	var groups []link.Group
	for i := range all {
		registry, name, ok := doubled(&all[i])
		if !ok || !move.Moves(&registry) || !move.Moves(&name) {
			out = append(out, all[i])
			continue
		}
		out = append(out, registry, name)
		groups = append(groups, link.Group{Occurrences: []format.Occurrence{registry, name}, Why: "a chart prints the registry twice"})
	}
	return out, groups
}

// doubled returns the registry of o and the name after it; false unless the name
// begins with the registry.
func doubled(o *format.Occurrence) (registry, name format.Occurrence, ok bool) {
	if len(o.Pieces) < 2 || o.Pieces[0].Role != format.Registry {
		return registry, name, false
	}
	host := strings.TrimSuffix(o.Pieces[0].Text, "/")
	if !strings.HasPrefix(o.Pieces[1].Text, host+"/") {
		return registry, name, false
	}
	registry, name = *o, *o
	registry.Pieces, registry.Tail, registry.IsImage = o.Pieces[:1:1], "", false
	name.Pieces = append([]format.Piece(nil), o.Pieces[1:]...)
	name.Pieces[0].Role = format.Whole
	name.Place.Field = name.Pieces[0].Field
	return registry, name, true
}
