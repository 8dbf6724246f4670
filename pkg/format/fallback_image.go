package format

import (
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// imageLine matches a line of YAML with the key image and a name.
var imageLine = regexp.MustCompile(`(?m)^[ \t]*(?:-[ \t]+)?image:[ \t]*["']?([a-z0-9][\w./-]*(?::(?:\w|@\w+@)(?:[\w.-]|@\w+@)*)?(?:@sha256:[0-9a-f]{64})?)["']?[ \t]*(?:#.*)?\r?$`)

// erbImageLine matches a line of YAML with the key image and an action of ERB, which is the
// group.
var erbImageLine = regexp.MustCompile(`(?m)^[ \t]*(?:-[ \t]+)?image:[ \t]*["']?(<%=[^\n]*?%>)`)

// imageRepositoryLines matches the lines of YAML that name the repository of an image below
// the key image, or one that ends with it. The groups are the name and the tag below it.
var imageRepositoryLines = regexp.MustCompile(`(?m)^[ \t]*\w*[iI]mage:[ \t]*\n(?:[ \t]+(?:pullPolicy|tag):[^\n]*\n)*[ \t]+repository:[ \t]*["']?([a-z0-9][\w./-]*)["']?[ \t]*\r?$(?:\n[ \t]+(?:tag|digest):[ \t]*["']?(\w[\w.:-]*))?`)

var (
	// flowImage matches the key image and a name in a mapping in braces.
	flowImage = regexp.MustCompile(`[{,][ \t]*["']?image["']?:[ \t]*["']?([a-z0-9][\w./-]*(?::\w[\w.-]*)?(?:@sha256:[0-9a-f]{64})?)["']?[ \t]*[,}]`)

	// escapedName matches a text in double quotes with \/ for a slash; see escapedSlash.
	escapedName = regexp.MustCompile(`"((?:[\w.:@-]|\\?/)*\\/(?:[\w.:@-]|\\?/)*)"`)

	imageKeyBefore = regexp.MustCompile(`(?:^|[\s{,"'])image["']?[ \t]*:[ \t]*$`)
)

// fallbackEscapedImages adds the names with \/ for a slash in the bytes at of the source,
// which no parser accepts: those with a registry, and short names with the key image.
func (d *detector) fallbackEscapedImages(at edit.Span) {
	text := d.text()
	for _, m := range escapedName.FindAllStringSubmatchIndex(text[at.Start:at.End], -1) {
		span := edit.Span{Start: at.Start + m[2], End: at.Start + m[3]}
		name, toFile := unescapeSlashes(text[span.Start:span.End], span.Start)
		isShort := !hasDomain(name)
		if !isReference(name) || inComment(text, span.Start) || len(d.marksIn(span)) > 0 ||
			isShort && (hasSuffix(name, pictures) || !imageKeyBefore.MatchString(lineBefore(text, span.Start-1))) {
			continue
		}
		if reason, _ := d.documentAround(span).reason(); reason != "" {
			continue
		}
		p := d.cut(decodedText{name, toFile, span}, 0, len(name), Whole)
		p.Span = span
		d.add(&frame{}, Occurrence{LikelyImage: isShort, IsUntagged: !strings.ContainsAny(name, ":@"), Pieces: []Piece{p}})
	}
}

// unescapeSlashes replaces \/ in text, which begins at the offset at of the file, with a
// slash. The map is from the result to the file.
func unescapeSlashes(text string, at int) (string, edit.Map) {
	var toFile edit.Map
	parts := strings.Split(text, `\/`)
	dec := 0
	for i, part := range parts {
		if i > 0 {
			part = "/" + part
			at++ // the backslash
		}
		toFile = append(toFile, edit.Run{Dec: dec, Src: at, Len: len(part)})
		dec, at = dec+len(part), at+len(part)
	}
	return strings.Join(parts, "/"), toFile
}

// fallbackImages adds the short names with the key image in the bytes at of the source,
// which no parser accepts: in a line of its own, or in a mapping in braces. They are likely
// images at most.
func (d *detector) fallbackImages(at edit.Span) {
	d.fallbackERB(at)
	text := d.text()
	part := text[at.Start:at.End]
	all := imageLine.FindAllStringSubmatchIndex(part, -1)
	for _, m := range append(all, flowImage.FindAllStringSubmatchIndex(part, -1)...) {
		span := edit.Span{Start: at.Start + m[2], End: at.Start + m[3]}
		name := text[span.Start:span.End]
		if !isReference(name) || hasDomain(name) || hasSuffix(name, pictures) || inComment(text, span.Start) {
			continue
		}
		if reason, _ := d.documentAround(span).reason(); reason != "" {
			continue
		}
		p := d.cut(decodedText{text, edit.Identity(0, len(text)), span}, span.Start, span.End, Whole)
		d.add(&frame{key: "image"}, Occurrence{
			LikelyImage: true, IsUntagged: !strings.ContainsAny(name, ":@") && !hasPullPolicy(text, span),
			Pieces: []Piece{p}, Place: Place{Field: "image"},
		})
	}
}

// fallbackERB adds the short names in actions of ERB after the key image in the bytes at of the
// source, which no parser accepts. They are likely images at most.
func (d *detector) fallbackERB(at edit.Span) {
	text := d.text()
	for _, m := range erbImageLine.FindAllStringSubmatchIndex(text[at.Start:at.End], -1) {
		action := edit.Span{Start: at.Start + m[2], End: at.Start + m[3]}
		for _, l := range literalsOfAction(text[action.Start:action.End], 0, action.Len()) {
			if hasDomain(l.text) {
				continue
			}
			span := edit.Span{Start: action.Start + l.start, End: action.Start + l.end}
			p := d.cut(decodedText{text, edit.Identity(0, len(text)), span}, span.Start, span.End, Whole)
			d.add(&frame{key: "image"}, Occurrence{LikelyImage: true, IsUntagged: !l.isTagged, Note: inFallback, Pieces: []Piece{p}, Place: Place{Field: "image"}})
		}
	}
}

// hasPullPolicy reports whether the line before or after the one at span of text has
// the key imagePullPolicy.
func hasPullPolicy(text string, span edit.Span) bool {
	before := strings.LastIndexByte(text[:span.Start], '\n')
	before = strings.LastIndexByte(text[:max(before, 0)], '\n')
	after := len(text)
	if lines := strings.SplitN(text[span.End:], "\n", 3); len(lines) == 3 {
		after = span.End + len(lines[0]) + 1 + len(lines[1])
	}
	return strings.Contains(text[max(before, 0):after], "imagePullPolicy:")
}
