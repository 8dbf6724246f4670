package chart

import (
	"maps"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// splitLikely moves the references in fields whose key only names an image from c.refs
// to c.likely.
func (c *chart) splitLikely() {
	var refs []link.TracedRef
	for _, r := range c.refs {
		if r.IsLikely {
			c.likely = append(c.likely, r)
		} else {
			refs = append(refs, r)
		}
	}
	c.refs = refs
}

// keepLikely keeps the short names in the values that a rendering shows in a field
// whose key only names an image, such as builder-image of a ConfigMap: they are likely
// images. Where groups or the keys of the values show an image, they decide. The
// parameter groups has the other groups of the chart.
func (c *chart) keepLikely(groups []link.Group, printed *printedRefs, move link.MoveFunc) []link.Group {
	if len(c.likely) == 0 {
		return nil
	}
	known := maps.Clone(printed.pieces)
	for i := range groups {
		addPieces(known, groups[i].Occurrences)
	}
	c.eachKeyNamed(func(o *format.Occurrence) {
		if move.Moves(o) || o.LikelyImage && !o.IsUntagged && c.isLikely(o) {
			addPieces(known, []format.Occurrence{*o})
		}
	})
	var out []link.Group
	for i := range c.likely {
		ref := &c.likely[i]
		for _, file := range c.valuesFileNames(c.likely) {
			o, ok := c.tracedOccurrence(ref, file)
			if !ok || !c.isLikely(&o) || !move.Moves(&o) || hasPiece(known, &o) {
				continue
			}
			addPieces(known, []format.Occurrence{o})
			out = append(out, link.Group{
				Occurrences: []format.Occurrence{o}, Keep: format.LikelyImage,
				Why: c.path(ref.Template) + " prints the name in a field whose key names an image",
			})
		}
	}
	return out
}

// isLikely reports whether o is a likely image, if its key names one.
func (c *chart) isLikely(o *format.Occurrence) bool {
	return c.tree.IsLikely == nil || c.tree.IsLikely(o)
}

func hasPiece(known map[link.PieceID]bool, o *format.Occurrence) bool {
	for k := range o.Pieces {
		if known[link.IDOf(&o.Pieces[k])] {
			return true
		}
	}
	return false
}
