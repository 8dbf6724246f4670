package format

import (
	"strings"

	"github.com/regmigrate/regmigrate/internal/dockerfile"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// assignedImages adds the short names that an ARG or ENV sets, if its name says that the
// value is an image: ENV SIDECAR_IMAGE=acme/sidecar:1. They are likely images, unless a FROM
// uses them.
func (s *dockerScan) assignedImages(in *dockerfile.Instruction) {
	if in.Cmd != "arg" && in.Cmd != "env" {
		return
	}
	for _, a := range in.Assignments() {
		part, _ := keyPart(a.Name)
		value := in.Text[a.Value.Start:a.Value.End]
		r, err := image.Parse(value)
		if part != namePart || fold(a.Name) == "name" || err != nil || r.Domain != "" || strings.Contains(value, "$") {
			continue
		}
		place := s.setting(in, a.Value)
		if place.keep != "" || len(r.Path) == 1 || hasSuffix(strings.ToLower(r.Path), pictures) {
			continue
		}
		if s.builtHere == nil {
			s.builtHere = builtIn(string(s.in.Src))
		}
		name := dockerfile.Fragment{Text: in.Text, Map: in.Map}.Slice(a.Value.Start, a.Value.End)
		o := Occurrence{LikelyImage: true, IsUntagged: r.Tag == "" && r.Digest == "", Place: place.place, Scope: place.scope, OutOfScope: place.outOfScope}
		o.Pieces = []Piece{{Text: name.Text, Map: name.Map, Role: Whole}}
		if s.builtHere[withTag(name.Text)] {
			o.Keep = Built
		}
		s.add(o)
	}
}
