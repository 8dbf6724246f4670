package format

import (
	"strings"

	"github.com/regmigrate/regmigrate/pkg/image"
)

// invalidTag adds the name at f, whose field is an image, if the text after it is no tag
// and no digest: a placeholder that no documented tool has, such as !TAG!. It returns
// false for other values.
func (d *detector) invalidTag(f *frame, kind fieldKind) bool {
	n := f.node
	start := transportLen(n.Value)
	text := n.Value[start:]
	if isReference(text) || strings.ContainsAny(text, " \t\r\n,;") {
		return false
	}
	end := nameLen(text)
	r, err := image.Parse(text[:end])
	if err != nil {
		return false
	}
	o := Occurrence{IsImage: kind == imageField, LikelyImage: true, InRepositoryKey: true}
	if kind != imageField && (kind != unknownField || !d.namesImage(f, r, nil)) {
		return false
	}
	d.pieces[n] = true
	o.Pieces = []Piece{d.part(n, start, start+end, Whole, "")}
	d.describe(f, &o)
	d.add(f, o)
	return true
}

// nameLen returns the length in bytes of the name at the start of text, up to the colon
// or the @ after its last component. It returns 0 if text has no tag and no digest.
func nameLen(text string) int {
	for i := range len(text) {
		if (text[i] == ':' || text[i] == '@') && !strings.Contains(text[i:], "/") {
			return i
		}
	}
	return 0
}

// mayHoldRegistry is the note of a short name after a variable.
const mayHoldRegistry = "the variable before the name may hold a registry"

// afterVariable adds the short name after the variables at the start of the value at f,
// whose field is an image: ${PREFIX:-}acme/app:1. It is a likely image, because the
// variables may hold a registry. It returns false for other values.
func (d *detector) afterVariable(f *frame, kind fieldKind) bool {
	n := f.node
	start := transportLen(n.Value)
	end, isUntagged, ok := nameAfterVariable(n.Value[start:], kind.isImage())
	if !ok {
		return false
	}
	r, _ := image.Parse(n.Value[start+end:])
	if !kind.isImage() && (kind != unknownField || !d.namesImage(f, r, nil)) {
		return false
	}
	d.pieces[n] = true
	d.add(f, Occurrence{LikelyImage: true, IsUntagged: isUntagged, AfterVariable: true, Note: mayHoldRegistry,
		Pieces: []Piece{d.part(n, start+end, len(n.Value), Whole, "")}})
	return true
}

// nameAfterVariable returns the length of the variables at the start of text, which a
// short name follows. isUntagged reports that the name has no tag, or that neither its
// field is one for images (isImage) nor the variables are empty by default: it is then
// likely only if a rule names its namespace.
func nameAfterVariable(text string, isImage bool) (start int, isUntagged, ok bool) {
	start, isEmpty := image.LeadingVariables(text)
	rest := text[start:]
	if start == 0 || rest == "" || !isAlnum(rest[0]) {
		return 0, false, false
	}
	r, err := image.Parse(rest)
	first, _, hasNamespace := strings.Cut(r.Path, "/")
	if err != nil || r.Domain != "" || strings.Contains(first, ".") && !hasNamespace || image.HasVariable(first) {
		return 0, false, false
	}
	return start, !isImage && !isEmpty || r.Tag == "" && r.Digest == "", true
}
