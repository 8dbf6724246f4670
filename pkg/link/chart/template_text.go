package chart

import (
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// addTemplateText adds the first part, if it is a registry in a template:
// docker.io in {{ .Values.registry | default "docker.io" }}/nginx. What follows
// decides what the text must become. A text that is a whole reference by itself
// has an occurrence of its own.
func (b *refBuilder) addTemplateText() buildState {
	part := &b.ref.Parts[0]
	if part.File == "" {
		return failed // the reference is an occurrence in the template
	}
	piece, ok := b.chart.templatePiece(part)
	if !ok {
		return failed
	}
	rest := ""
	if len(b.ref.Parts) > 1 && b.ref.Parts[1].Value == nil {
		rest = b.ref.Parts[1].Text
	}
	n := len(part.Text) // the length of the text that the template prints as it is
	for n < len(piece.Text) && n-len(part.Text) < len(rest) && piece.Text[n] == rest[n-len(part.Text)] && !isTagStart(piece.Text[n]) {
		n++
	}
	b.consumed = n - len(part.Text)
	isWhole := n == len(piece.Text) || isTagStart(piece.Text[n])
	if after := b.ref.Ref[n:]; b.consumed > 0 && isWhole && (after == "" || isTagStart(after[0])) {
		return failed
	}
	piece.Text, piece.Map = piece.Text[:n], piece.Map.Slice(0, n)
	piece.Literal = true
	if piece.Role != format.Registry || b.consumed > 0 {
		piece.Role = format.Whole
	}
	b.occ.Pieces = append(b.occ.Pieces, piece)
	return incomplete
}

// shortText returns the occurrence of a rendered reference that is one short name in
// the text of a template. It returns false for any other reference.
func (c *chart) shortText(ref *link.TracedRef) (format.Occurrence, bool) {
	if len(ref.Parts) != 1 || ref.Parts[0].File == "" || !ref.Parts[0].Whole || ref.Tolerant || ref.IsRegistry || !isPath(ref.Ref) {
		return format.Occurrence{}, false
	}
	part := &ref.Parts[0]
	f := c.tree.File(c.path(part.File))
	at := edit.Span{Start: part.Offset, End: part.Offset + len(part.Text)}
	if f == nil || at.End > len(f.Src) || string(f.Src[at.Start:at.End]) != part.Text {
		return format.Occurrence{}, false
	}
	o := format.Occurrence{IsImage: true, FoundByMark: true}
	o.Pieces = []format.Piece{{Path: f.Path, Span: at, Text: part.Text, Map: edit.Identity(at.Start, len(part.Text))}}
	for i := range f.Scanned.Occurrences {
		x := &f.Scanned.Occurrences[i]
		if x.Pieces[0].Span == at {
			if x.Keep != "" || len(x.Pieces) > 1 {
				return format.Occurrence{}, false
			}
			o.Place, o.Pieces[0].Field = x.Place, x.Field(0)
		}
	}
	return o, true
}

// isTagStart reports whether c separates a name from a tag or digest.
func isTagStart(c byte) bool { return c == ':' || c == '@' }

// templatePiece returns the piece of the occurrence that begins with the text of
// part, and whether the rules decide about such an occurrence.
func (c *chart) templatePiece(part *link.TracedPart) (format.Piece, bool) {
	f := c.tree.File(c.path(part.File))
	if f == nil {
		return format.Piece{}, false
	}
	text := edit.Span{Start: part.Offset, End: part.Offset + len(part.Text)}
	for i := range f.Scanned.Occurrences {
		o := &f.Scanned.Occurrences[i]
		if o.Keep != "" || len(o.Pieces) != 1 || !o.Pieces[0].Span.Contains(text) || o.Scope != format.Manifests {
			continue
		}
		p := o.Pieces[0]
		if start, _, ok := p.Map.Decoded(text); ok && start == 0 && strings.HasPrefix(p.Text, part.Text) {
			p.Field = o.Field(0)
			return p, true
		}
	}
	return format.Piece{}, false
}

// restOfPath returns what the chart prints from the part i to the end of the name,
// with the values of the file.
func (b *refBuilder) restOfPath(i int) string {
	text := ""
	for j := i; j < len(b.ref.Parts); j++ {
		part := &b.ref.Parts[j]
		add := part.Text
		if part.Value != nil && part.Whole {
			if piece, _, ok := b.chart.value(part.Value, b.file); ok {
				add = piece.Text
			}
		}
		if j == 1 {
			add = add[b.consumed:]
		}
		text += add
	}
	slash := strings.LastIndexByte(text, '/')
	if tag := strings.IndexAny(text[slash+1:], ":@"); tag >= 0 {
		return text[:slash+1+tag]
	}
	return text
}

// isTraced reports whether the chart was rendered with the values file.
func (c *chart) isTraced(file string) bool {
	for i := range c.refs {
		if c.refs[i].ValuesFile == file {
			return true
		}
	}
	return file == ""
}

// hasOpenText reports whether a template of the chart prints a value after a
// registry that it spells out.
func (c *chart) hasOpenText() bool {
	for _, f := range c.files() {
		if !isTemplate(f.Path) || !isBelow(f.Path, c.dir) && !c.isOutside(f.Path) {
			continue
		}
		for i := range f.Scanned.Occurrences {
			o := &f.Scanned.Occurrences[i]
			if name, _, _ := strings.Cut(o.Text(), ":"); o.Keep == "" && (o.IsOpen || strings.Contains(name, "{{")) {
				return true
			}
		}
	}
	return false
}

// mayPrintShortName reports whether an image field of a template of the chart has an
// action, and a template may have a short name that a rule selects. A packed sub-chart
// may print one, too.
func (c *chart) mayPrintShortName() bool {
	if c.tree.MayHaveShortName == nil || c.isUser {
		return false
	}
	if slices.ContainsFunc(c.tree.Packed, func(name string) bool { return isBelow(name, path.Join(c.dir, "charts")) }) {
		return true
	}
	hasAction, hasName := false, false
	for _, name := range c.tree.NamesUnder(c.dir) {
		src := []byte(c.templateSource(name))
		hasAction = hasAction || imageAction.Match(src)
		hasName = hasName || len(src) > 0 && c.tree.MayHaveShortName(src)
	}
	return hasAction && hasName
}
