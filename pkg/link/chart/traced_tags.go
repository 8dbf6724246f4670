package chart

import (
	"fmt"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// setTag sets the tag and the digest of the reference with the values of the file, and the
// value that is the tag. Values of the file that are only a part of the tag count, too: the
// name has another tag with this file. It returns false if the chart prints the reference
// only with another values file.
func (b *refBuilder) setTag() bool {
	if !b.chart.tree.ReadsTags {
		return true
	}
	b.occ.Tag, b.occ.Digest = "", ""
	r, err := image.Parse(b.ref.Ref)
	if err != nil {
		b.occ.TagUnknown = "the chart prints " + b.ref.Ref
		return true
	}
	b.occ.Digest = r.Digest
	if len(b.ref.Parts) == 0 || r.Tag == "" {
		return true
	}
	start := strings.LastIndex(strings.TrimSuffix(b.ref.Ref, "@"+r.Digest), ":"+r.Tag) + 1
	end, at := start+len(r.Tag), 0
	for i := range b.ref.Parts {
		part := &b.ref.Parts[i]
		from, to := max(at, start), min(at+len(part.Text), end)
		first := at
		at += len(part.Text)
		switch {
		case from >= to: // before or after the tag
		case part.Value == nil:
			b.occ.Tag += part.Text[from-first : to-first]
		case !b.addTagValue(i, part.Text[from-first:to-first], first == start && at == end):
			return b.occ.TagUnknown != ""
		}
	}
	return true
}

// addTagValue adds the value i, of which the chart prints text in the tag. It returns false
// if the tag is then not known, or if the reference is one of another values file.
func (b *refBuilder) addTagValue(i int, text string, isWhole bool) bool {
	part := &b.ref.Parts[i]
	piece, from, ok := b.chart.value(part.Value, b.file)
	b.fromFile = b.fromFile || ok && from == b.file
	if ok {
		b.occ.TagSources = append(b.occ.TagSources, piece)
	}
	name := strings.Join(part.Value, ".")
	switch {
	case !ok:
		b.occ.TagUnknown = "no file sets the value " + name
	case !part.Whole || text != part.Text: // the value has more than the tag
		if piece.Text == part.Text || from == "" {
			b.occ.Tag += text
			return true
		}
		b.occ.TagUnknown = "a part of the value " + name + " is the tag"
	case piece.Quotes == format.UnclearNumber:
		b.occ.TagUnknown = fmt.Sprintf("programs may read the tag %s as a number and print other digits", piece.Text)
	case piece.Text != part.Text && from == "":
		if b.ref.ValuesFile == b.file {
			b.occ.TagUnknown = "the chart prints another text than the value " + name
		}
	default:
		b.occ.Tag += piece.Text
		if isWhole {
			piece.Role = format.TagOnly
			b.occ.TagPiece = &piece
		}
		return true
	}
	return false
}

// tagIdentity returns a text that is equal for occurrences with the same tag from the same
// value.
func tagIdentity(o *format.Occurrence) string {
	id := fmt.Sprintf("|%s|%s|%s", o.Tag, o.Digest, o.TagUnknown)
	if p := o.TagPiece; p != nil {
		id += fmt.Sprintf("|%s:%d", p.Path, p.Span.Start)
	}
	return id
}
