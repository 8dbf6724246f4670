package account

import (
	_ "embed"
	"strings"
	"sync"

	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// officialImagesText has the names of all images that the namespace library of
// Docker Hub has or had, one per line.
// Source: the files of the folder library in all commits of
// https://github.com/docker-library/official-images, up to 37079fb336f5 (August 2026).
//
//go:embed official_images.txt
var officialImagesText string

var officialImages = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{}
	for name := range strings.Lines(officialImagesText) {
		names[strings.TrimSuffix(name, "\n")] = true
	}
	return names
})

// mayBeOnDockerHub reports whether Docker Hub may have the image with the short name
// text. Names of one word are in the namespace library, which has only official
// images: those of the list, and those that a rule of set names. A variable may stand
// for any of them.
func mayBeOnDockerHub(text string, set *rules.Set) bool {
	text, _ = image.TrimTransport(text)
	r, err := image.Parse(text)
	if err != nil {
		return true
	}
	name := strings.TrimPrefix(r.Path, "library/")
	return strings.Contains(name, "/") || image.HasVariable(name) || officialImages()[name] || set.NamesOfficialImage(name)
}
