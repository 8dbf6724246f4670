package chart

import (
	"fmt"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// A tracedTag is the tag of a rendered reference.
type tracedTag struct {
	source string        // the place of the value that sets it, or its text
	piece  *format.Piece // nil if no value sets it
	isTwo  bool          // other renderings have another tag
}

// tracedTags are the tags of rendered references, by the pieces of the references.
type tracedTags map[string]*tracedTag

// add records the tag of ref with the values of file; o is the occurrence of ref. A file
// may set only the tag, so that o has no piece in it.
func (t tracedTags) add(c *chart, ref *link.TracedRef, o *format.Occurrence, file string) {
	if len(o.Pieces) == 0 || c.isTest(file) {
		return
	}
	found := tracedTag{}
	if n := len(ref.Parts); n > 1 && ref.Parts[n-1].Value != nil && ref.Parts[n-1].Whole && ref.Parts[n-2].Value == nil && strings.HasSuffix(ref.Parts[n-2].Text, ":") {
		part := &ref.Parts[n-1]
		if p, from, ok := c.value(part.Value, file); ok && (p.Text == part.Text || from != "") {
			p.Role, found.piece, found.source = format.TagOnly, &p, fmt.Sprintf("%s:%d", p.Path, p.Span.Start)
		}
	}
	if found.piece == nil {
		r, err := image.Parse(ref.Ref)
		if err != nil || ref.ValuesFile != file {
			return
		}
		found.source = "tag " + r.Tag
	}
	id := identity(o)
	if old := t[id]; old != nil {
		old.isTwo = old.isTwo || old.source != found.source
		return
	}
	t[id] = &found
}

// set sets the tag of the occurrence o.
func (t tracedTags) set(o *format.Occurrence) {
	if x := t[identity(o)]; x != nil {
		o.TagDiffers = x.isTwo
		if !x.isTwo {
			o.TagPiece = x.piece
		}
	}
}
