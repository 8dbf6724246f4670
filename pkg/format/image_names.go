package format

import (
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/image"
)

// imageItem matches an item of a list of images in one text, perhaps after its name:
// exporter:acme/exporter:v1, exporter=acme/exporter:v1. The group is the image.
// Source: https://github.com/zalando/postgres-operator/blob/master/docs/reference/operator_parameters.md
var (
	imageItem = regexp.MustCompile(`[^\s,;]+`)
	itemName  = regexp.MustCompile(`^[\w.-]+[:=](?:.*[/:@])`)
)

// imageNames adds the short names in the value at f, if its folded key names images and every
// item of the value is one: helper_images: "acme/a:1, acme/b:2". They are likely images,
// unless a table has the field. It returns false for other values.
func (d *detector) imageNames(f *frame, key string) bool {
	if !strings.HasSuffix(key, "images") && !strings.HasSuffix(key, "imagelist") {
		return false
	}
	n, kind := f.node, d.fieldKind(f)
	if !kind.isImage() && kind != unknownField {
		return false
	}
	var short [][2]int
	for _, at := range imageItem.FindAllStringIndex(n.Value, -1) {
		at[0] += transportLen(n.Value[at[0]:at[1]])
		item := n.Value[at[0]:at[1]]
		if !isReference(item) && itemName.MatchString(item) {
			at[0] += strings.IndexAny(item, ":=") + 1
			item = n.Value[at[0]:at[1]]
		}
		r, err := image.Parse(item)
		if err != nil || r.Tag == "" && r.Digest == "" && !strings.Contains(r.Path, "/") || hasSuffix(strings.ToLower(r.Path), pictures) {
			return false
		}
		if r.Domain == "" {
			short = append(short, [2]int{at[0], at[1]})
		}
	}
	for _, at := range short {
		r, _ := image.Parse(n.Value[at[0]:at[1]])
		d.add(f, Occurrence{IsImage: kind == imageField, IsDeclared: kind == imageField && d.isDeclared(f), LikelyImage: true, IsUntagged: r.Tag == "" && r.Digest == "",
			Pieces: []Piece{d.part(n, at[0], at[1], Whole, "")}})
	}
	return len(short) > 0
}
