package format

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// replaceVariables replaces what the detector found at the values that the resolvers all
// found, and at the fields that begin with their variables.
func (d *detector) replaceVariables(all []*variableResolver) {
	var values []edit.Span
	var fields []*variableUse
	for _, v := range all {
		for i := range v.found {
			if !v.found[i].isAdded {
				values = append(values, v.found[i].Pieces[0].Span)
			}
		}
		fields = append(fields, v.fields...)
	}
	if len(values)+len(fields) > 0 {
		values = mergedSpans(values)
		slices.SortStableFunc(fields, func(a, b *variableUse) int { return cmp.Compare(a.at.node.Span.Start, b.at.node.Span.Start) })
		d.out.Occurrences = slices.DeleteFunc(d.out.Occurrences, func(o Occurrence) bool {
			return slices.ContainsFunc(o.Pieces, func(p Piece) bool { return overlapsOne(values, p.Span) || d.isInField(fields, &o, p) })
		})
	}
	for _, v := range all {
		v.addFound()
	}
}

// readUses returns the uses in the file that an image begins with, one for each scalar. A
// scalar that several aliases use may be empty only if it may be in all of them.
func (v *variableResolver) readUses() (out []*variableUse) {
	of := map[*syntax.Node]*variableUse{}
	for _, u := range v.uses {
		if !u.isRead || u.isForeign {
			continue
		}
		if known := of[u.at.node]; known != nil {
			known.isOpen = known.isOpen && u.isOpen
			continue
		}
		of[u.at.node] = u
		out = append(out, u)
	}
	return out
}

// mergedSpans returns spans in order, with those that overlap as one. It sorts its argument.
func mergedSpans(spans []edit.Span) (out []edit.Span) {
	slices.SortFunc(spans, func(a, b edit.Span) int { return cmp.Compare(a.Start, b.Start) })
	for _, s := range spans {
		if n := len(out); n > 0 && s.Start < out[n-1].End {
			out[n-1].End = max(out[n-1].End, s.End)
			continue
		}
		out = append(out, s)
	}
	return out
}

// overlapsOne reports whether s overlaps one of spans, which are in order and do not overlap.
func overlapsOne(spans []edit.Span, s edit.Span) bool {
	i := sort.Search(len(spans), func(i int) bool { return spans[i].End > s.Start })
	return i < len(spans) && spans[i].Start < s.End
}

// isInField reports whether the occurrence o with the piece p is only the text of one of
// fields, which are in the order of the file, with its variables.
func (d *detector) isInField(fields []*variableUse, o *Occurrence, p Piece) bool {
	i := sort.Search(len(fields), func(i int) bool { return fields[i].at.node.Span.Start > p.Span.Start })
	for i--; i >= 0 && fields[i].at.node.Span.Contains(p.Span); i-- {
		u := fields[i]
		whole := d.part(u.at.node, transportLen(u.text), len(u.text), Whole, "")
		if p.Span.Start == whole.Span.Start && p.Text != "" && strings.HasPrefix(whole.Text, p.Text) || o.AfterVariable && !u.isOpen {
			return true
		}
	}
	return false
}

// addFound adds the images that v found to the result of the detector.
func (v *variableResolver) addFound() {
	d := v.d
	seen := map[string]bool{}
	for i := range v.found {
		x := &v.found[i]
		span := x.Pieces[0].Span
		key := fmt.Sprint(span, x.Tail, x.Keep)
		if seen[key] {
			continue
		}
		seen[key] = true
		for _, k := range d.marksIn(span) {
			d.explained[k] = true
		}
		d.out.Occurrences = append(d.out.Occurrences, x.Occurrence)
	}
}
