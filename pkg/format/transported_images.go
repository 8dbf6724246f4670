package format

import (
	"regexp"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// transportedImage matches an image of a registry that a build uses as a context:
// base=docker-image://acme/base:1. The group is the image.
// Source: https://docs.docker.com/reference/cli/docker/buildx/build/#build-context
var transportedImage = regexp.MustCompile(`(?:^|[\s="',])docker-image://([^\s"',]+)`)

// transportedImages adds the short names after docker-image:// in the text t of the scalar
// at f: in a list of additional contexts, and in the inputs and commands that pass contexts
// to a build.
func (d *detector) transportedImages(f *frame, t *proseText) {
	for _, m := range transportedImage.FindAllStringSubmatchIndex(f.node.Value, -1) {
		at := edit.Span{Start: m[2], End: m[3]}
		if isShortName(f.node.Value[at.Start:at.End]) && t.reason("", at, at) == "" {
			d.add(f, Occurrence{IsImage: true, Pieces: []Piece{d.part(f.node, at.Start, at.End, Whole, "")}})
		}
	}
}
