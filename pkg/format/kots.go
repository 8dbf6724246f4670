package format

import (
	"regexp"

	"github.com/regmigrate/regmigrate/internal/template"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// kotsLocalImage matches the start of an action of KOTS up to the quote of an image.
// The action returns the name that the image has in the local registry.
// Source: https://docs.replicated.com/reference/template-functions-config-context#localimagename
var kotsLocalImage = regexp.MustCompile("\\bLocalImageName[ \\t(]+\\\\?[\"'`]?$")

// kotsTernary matches the start of an action of KOTS up to the quote of the text that it
// prints without a local registry, and kotsTernaryEnd matches its end.
// Source: https://docs.replicated.com/vendor/helm-native-v2-using
var (
	kotsTernary    = regexp.MustCompile("\\bHasLocalRegistry[ \\t]*\\|[ \\t]*ternary[ \\t]+(?:\\w+|\\([^()]*\\))[ \\t]+\\\\?[\"'`]?$")
	kotsTernaryEnd = regexp.MustCompile("^\\\\?[\"'`]?[ \\t]*(?:\\|[ \\t]*quote[ \\t]*)?-?\\}\\}([^{}]*)$")
)

// kotsImage adds the image that the literal l is a part of, in an action of KOTS at f.
// It returns false for other literals.
func (d *detector) kotsImage(l *template.Literal, f *frame, literal decodedText) bool {
	before := d.in.Src[l.Action.Start:min(l.Span.Start, len(d.in.Src))]
	text, cut := image.TrimTransport(l.Text)
	switch {
	case kotsLocalImage.Match(before):
		if !isReference(text) {
			return false
		}
		d.add(f, Occurrence{IsImage: true, Pieces: []Piece{d.cut(literal, cut, len(l.Text), Whole)}})
		return true
	case f.node == nil || !kotsTernary.Match(before) || image.IsHost(text):
		return false
	}
	part, _ := keyPart(f.effectiveKey())
	rest := kotsTernaryEnd.FindStringSubmatch(textAfterLiteral(l, f))
	if rest == nil || part != namePart && !d.isImageField(f) || !isReference(text+rest[1]) {
		return false
	}
	r, _ := image.Parse(text + rest[1])
	d.add(f, Occurrence{LikelyImage: true, IsUntagged: r.Tag == "" && r.Digest == "", Tail: rest[1], Pieces: []Piece{d.cut(literal, cut, len(l.Text), Whole)}})
	return true
}

// textAfterLiteral returns the text of the value at f after the literal l.
func textAfterLiteral(l *template.Literal, f *frame) string {
	_, end, ok := f.node.Map.Decoded(edit.Span{Start: l.Span.Start, End: l.Span.End})
	if !ok {
		return ""
	}
	return f.node.Value[end:]
}
