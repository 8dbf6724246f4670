package format

import (
	"strings"

	"github.com/regmigrate/regmigrate/internal/toml"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// embeddedTOML reads the scalar at f as TOML if it is the configuration of a
// container runtime, in which the scan of words would not recognize mirror
// tables. It returns false for any other scalar.
func (d *detector) embeddedTOML(f *frame) bool {
	n := f.node
	if !strings.Contains(n.Value, "[[registry") && !strings.Contains(n.Value, "[plugins.") && !strings.Contains(n.Value, "[host.") {
		return false
	}
	var marks []edit.Span
	var at []int // the index of each in d.in.Marks
	for _, i := range d.marksIn(n.Span) {
		if start, end, ok := n.Map.Decoded(d.in.Marks[i]); ok && !d.explained[i] {
			marks, at = append(marks, edit.Span{Start: start, End: end}), append(at, i)
		}
	}
	if _, err := toml.Parse([]byte(n.Value)); err != nil {
		return false
	}
	s, err := scanTOML(Input{Path: d.in.Path, Src: []byte(n.Value), Marks: marks, Fields: d.in.Fields})
	if err != nil || s.Unverified {
		return false
	}
	for _, o := range s.Occurrences {
		ok := true
		for k := range o.Pieces {
			p := &o.Pieces[k]
			p.Map = p.Map.Compose(n.Map)
			span, found := p.Map.Enclosing(0, len(p.Text))
			p.Span, ok = span, ok && found
		}
		if !ok {
			continue
		}
		place := o.Place.Field
		d.add(f, o)
		d.out.Occurrences[len(d.out.Occurrences)-1].Place.Field += "|" + place
	}
	for _, c := range s.Contexts {
		for j, m := range marks {
			if m == c.Mark && !d.explained[at[j]] {
				c.Mark, c.Place.Object = d.in.Marks[at[j]], f.place().Object
				c.Place.Field = f.field() + "|" + c.Place.Field
				d.recordReason(at[j], c)
			}
		}
	}
	return true
}
