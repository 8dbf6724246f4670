package format

import (
	"path"
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

var (
	// earthlyPull matches an image that WITH DOCKER pulls before its command runs.
	earthlyPull = regexp.MustCompile(`--pull[= \t]+([^\s+\\]+)`)

	// earthlyBuilt matches the name of an image that an Earthfile builds: with SAVE IMAGE,
	// or with --load NAME=+TARGET.
	earthlyBuilt = regexp.MustCompile(`(?m)^[ \t]*SAVE IMAGE[ \t]+(?:--\S+[ \t]+)*([^\n]+)$|--load[= \t]+([^\s=]+)=`)
)

// addEarthlyCommands adds the short names in the commands that an Earthfile runs:
// RUN docker run acme/app:1. They are likely images. An image that the file also pulls by
// this name moves with the pull, and one that it builds stays.
// Source: https://docs.earthly.dev/docs/earthfile#with-docker
func addEarthlyCommands(in Input, s *ScanResult) {
	text := string(in.Src)
	if path.Base(in.Path) != "Earthfile" && path.Ext(in.Path) != ".earth" || !mayHaveCommandImages(text) {
		return
	}
	pulled, built := map[string]bool{}, map[string]bool{}
	for _, m := range earthlyPull.FindAllStringSubmatch(text, -1) {
		pulled[withTag(m[1])] = true
	}
	for _, m := range earthlyBuilt.FindAllStringSubmatch(text, -1) {
		for _, name := range strings.Fields(m[1] + " " + m[2]) {
			built[withTag(name)] = true
		}
	}
	for _, words := range commandsOf(text) {
		for _, x := range imagesOfCommand(wordTexts(words)) {
			at, ok := spanOfImage(text, words[x.word], x.start)
			if !ok || inComment(text, at.Start) {
				continue
			}
			name := text[at.Start:at.End]
			if built[withTag(name)] {
				continue
			}
			x.isField = x.isField || pulled[withTag(name)]
			o := x.occurrence(name)
			o.Pieces = []Piece{{Path: in.Path, Text: name, Span: at, Map: edit.Identity(at.Start, at.Len())}}
			s.replace(o)
		}
	}
}
