package format

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/image"
)

var (
	// earthlyPull matches an image that WITH DOCKER pulls before its command runs.
	earthlyPull = regexp.MustCompile(`--pull[= \t]+([^\s+\\]+)`)

	// earthlyBuilt matches the name of an image that an Earthfile builds: with SAVE IMAGE,
	// or with --load NAME=+TARGET.
	earthlyBuilt = regexp.MustCompile(`(?m)^[ \t]*SAVE IMAGE[ \t]+(?:--\S+[ \t]+)*([^\n]+)$|--load[= \t]+([^\s=]+)=`)
)

// addEarthlyCommands adds the short names in the commands that an Earthfile runs:
// RUN docker run acme/app:1. They are likely images. An image that the file also pulls
// moves with the pull, and one that it builds stays. A pull of a name that the file also
// pushes stays.
// Source: https://docs.earthly.dev/docs/earthfile#with-docker
func addEarthlyCommands(in Input, s *ScanResult) {
	if !isEarthfile(in.Path) {
		return
	}
	text := string(in.Src)
	pulled, built, pushed := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, m := range earthlyPull.FindAllStringSubmatchIndex(text, -1) {
		if strings.Contains(lineBefore(text, m[2]), "WITH DOCKER") && !strings.HasPrefix(text[m[3]:], "+") && !inComment(text, m[2]) {
			addReference(in, s, edit.Span{Start: m[2], End: m[3]}, Manifests) // the table finds one in a line
		}
		pulled[defaultName(text[m[2]:m[3]])] = true
	}
	for _, m := range earthlyBuilt.FindAllStringSubmatch(text, -1) {
		for _, name := range strings.Fields(m[1] + " " + m[2]) {
			built[defaultName(name)] = true
		}
	}
	add := func(w commandWord, x wordImage, isPulled bool) {
		at, ok := spanOfImage(text, w, x.start)
		if !ok || inComment(text, at.Start) || built[defaultName(w.text[x.start:])] {
			return
		}
		name := text[at.Start:at.End]
		x.isField = x.isField || isPulled
		o := x.occurrence(name)
		o.Pieces = []Piece{{Path: in.Path, Text: name, Span: at, Map: edit.Identity(at.Start, at.Len())}}
		s.replace(o)
	}
	for _, words := range commandsOf(text) {
		texts := wordTexts(words)
		for _, x := range imagesOfCommand(texts) {
			add(words[x.word], x, pulled[defaultName(texts[x.word][x.start:])])
		}
		for _, i := range localImages(texts) {
			if name := defaultName(texts[i]); pulled[name] {
				add(words[i], wordImage{word: i}, true)
				pushed[name] = pushed[name] || slices.Contains(texts[:i], "push")
			}
		}
	}
	s.keepNames(pushed)
}

func isEarthfile(name string) bool {
	return path.Base(name) == "Earthfile" || path.Ext(name) == ".earth"
}

// keepNames makes the images with the names in pushed conflicts.
func (s *ScanResult) keepNames(pushed map[string]bool) {
	for i := range s.Occurrences {
		o := &s.Occurrences[i]
		if o.Keep == "" && o.OutOfScope == "" && pushed[defaultName(o.Text())] {
			o.Keep, o.Note = Conflict, "the file pulls and pushes this name: change it by hand"
		}
	}
}

// localImages returns the indexes of the words of a command that are images which docker
// has pulled before, with or without a registry.
// Source: https://docs.docker.com/reference/cli/docker/image/
func localImages(words []string) []int {
	var out []int
	for i, w := range words {
		if !containerTools[path.Base(w)] {
			continue
		}
		containerImage(words, i+1, func(x wordImage) { out = append(out, x.word) })
		at := i + 1
		for at < len(words) && words[at] == "image" {
			at++
		}
		if at == len(words) || !localVerbs[words[at]] {
			continue
		}
		verb := words[at]
		for at++; at < len(words); at++ {
			switch w := words[at]; {
			case localValueFlags[w]:
				at++
			case strings.HasPrefix(w, "-"), verb == "inspect" && !strings.ContainsAny(w, "/:") && words[i+1] != "image":
				// A short name after inspect may be the name of a container.
			default:
				out = append(out, at)
				if verb == "tag" {
					return out // the second is the name that it gives
				}
			}
		}
	}
	return out
}

// localVerbs are the commands of docker about images that it has. localValueFlags are
// their flags with a value.
var (
	localVerbs      = set("tag", "save", "inspect", "push", "history", "rmi")
	localValueFlags = set("-o", "--output", "-f", "--format", "--platform", "--type")
)

// defaultName returns the reference text with the registry and the tag that it has by default.
func defaultName(text string) string {
	r, err := image.Parse(text)
	if err != nil {
		return text
	}
	registry, repository := image.Normalize(r.Domain, r.Path)
	text = registry + "/" + repository
	switch {
	case r.Digest != "":
		return text + "@" + r.Digest
	case r.Tag == "":
		return text + ":latest"
	}
	return text + ":" + r.Tag
}
