package format

import (
	"regexp"
	"strings"
)

// inlineFrom matches an instruction that takes files from an image, in a Dockerfile that is
// the value of a key. The first or the second group is the image, the third the name of
// the stage.
// Source: https://docs.docker.com/reference/dockerfile/#from
var inlineFrom = regexp.MustCompile(`(?mi)^[ \t]*(?:FROM[ \t]+(?:--\S+[ \t]+)*(\S+)|(?:COPY|ADD)[ \t]+(?:--\S+[ \t]+)*--from=(\S+)[^\n]*?)(?:[ \t]+AS[ \t]+(\S+))?[ \t]*\r?$`)

// inlineDockerfile adds the short names that are images in the Dockerfile at f, if its key
// says that it is one: dockerfile_inline of Compose.
// Source: https://docs.docker.com/reference/compose-file/build/#dockerfile_inline
func (d *detector) inlineDockerfile(f *frame) {
	if fold(f.key) != "dockerfileinline" || f.item {
		return
	}
	text := f.node.Value
	stages := map[string]bool{"scratch": true}
	for _, m := range inlineFrom.FindAllStringSubmatchIndex(text, -1) {
		start, end := m[2], m[3]
		if start < 0 {
			start, end = m[4], m[5]
		}
		name := text[start:end]
		if isShortName(name) && !stages[strings.ToLower(name)] {
			d.add(f, Occurrence{IsImage: true, LikelyImage: true, Pieces: []Piece{d.part(f.node, start, end, Whole, "")}})
		}
		if m[6] >= 0 {
			stages[strings.ToLower(text[m[6]:m[7]])] = true
		}
	}
}
