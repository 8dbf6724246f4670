package format

import (
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// imageLine matches a line of YAML with the key image and a name.
var imageLine = regexp.MustCompile(`(?m)^[ \t]*(?:-[ \t]+)?image:[ \t]*["']?([a-z0-9][\w./-]*(?::\w[\w.-]*)?(?:@sha256:[0-9a-f]{64})?)["']?[ \t]*(?:#.*)?\r?$`)

// fallbackImages adds the short names that lines with the key image have in the bytes
// at of the source, which no parser accepts. They are likely images at most.
func (d *detector) fallbackImages(at edit.Span) {
	text := d.text()
	for _, m := range imageLine.FindAllStringSubmatchIndex(text[at.Start:at.End], -1) {
		span := edit.Span{Start: at.Start + m[2], End: at.Start + m[3]}
		name := text[span.Start:span.End]
		if !isReference(name) || hasDomain(name) || hasSuffix(name, pictures) {
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
