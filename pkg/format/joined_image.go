package format

import (
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// unknownPart stands for a part of a joined text that is no text: a variable.
const unknownPart = "${...}"

// joined adds the image whose parts an expression at f joins: join("/", ["acme", "app:1"]).
// It moves if one part has the whole name. Otherwise a person has to change the parts.
func (a attributeImages) joined(f *frame) {
	t := a.fields.find(f, func(x *fieldIndex) [2][]*tableField { return x.ofPlace(f) })
	if t == nil || !t.kind.isImage() || slices.ContainsFunc(t.Unless, f.up.has) {
		return
	}
	a.joinedParts(f, t.kind == imageField)
}

// joinedParts adds the image whose parts an expression at f joins. isImage says that the
// documentation of the tool says that f is an image.
func (a attributeImages) joinedParts(f *frame, isImage bool) {
	text := joinedText(f.node.Children)
	start, isUntagged, afterVariable := nameAfterVariable(text, isImage)
	if !afterVariable && !isReference(text) || strings.HasPrefix(text[start:], unknownPart) {
		return
	}
	r, _ := image.Parse(text[start:])
	o := Occurrence{LikelyImage: true, IsUntagged: r.Tag == "" && r.Digest == "", InRepositoryKey: true, Place: f.place(), Scope: a.scope}
	if o.IsImage = !afterVariable && (isImage || r.Domain != ""); afterVariable {
		o.AfterVariable, o.IsUntagged, o.Note = true, isUntagged, mayHoldRegistry
	}
	at := -start // offset of the part in the text after the variables
	for _, n := range f.node.Children {
		value := n.Value
		if isUnknown(n) {
			value = unknownPart
		}
		g := f.below(n)
		switch from := max(0, -at); {
		case from >= len(value): // before the name
		case isUnknown(n) || n.Span.Start < lastPiece(o.Pieces): // a separator, which the source has once
			p := &o.Pieces[len(o.Pieces)-1]
			p.Sep += value
		default:
			o.Pieces = append(o.Pieces, a.attribute(g, from, Repository))
		}
		at += len(value)
	}
	nameEnd := len(r.Domain) + len(r.Path)
	if r.Domain != "" {
		nameEnd++
	}
	if first := &o.Pieces[0]; len(first.Text) >= nameEnd {
		first.Role, first.Sep, o.Tail = Whole, "", text[start+len(first.Text):]
		o.Pieces = o.Pieces[:1]
	} else {
		last := &o.Pieces[len(o.Pieces)-1]
		o.Tail, last.Sep = last.Sep, ""
		if o.Pieces[0].Role = Whole; r.Domain != "" {
			o.Pieces[0].Role = Registry
		}
		o.Keep, o.Note = Conflict, "an expression joins the parts of the name: change them by hand"
	}
	a.to.replace(o)
}

func isUnknown(n *syntax.Node) bool { return n.Value == "" }

// joinedText returns the text that parts make up.
func joinedText(parts []*syntax.Node) string {
	var b strings.Builder
	for _, n := range parts {
		if isUnknown(n) {
			b.WriteString(unknownPart)
		}
		b.WriteString(n.Value)
	}
	return b.String()
}

// lastPiece returns the offset of the last of pieces in the file, or 0.
func lastPiece(pieces []Piece) int {
	if len(pieces) == 0 {
		return 0
	}
	return pieces[len(pieces)-1].Span.Start
}
