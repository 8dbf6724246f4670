package dockerfile

import (
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/render"
)

// Commands whose argument is an image, at the start of a command. The groups are the images.
// Options with a value in a word of their own are not read.
// Sources: https://docs.docker.com/reference/cli/docker/image/pull/,
// https://docs.docker.com/reference/cli/docker/container/run/,
// https://github.com/google/go-containerregistry/blob/main/cmd/crane/doc/crane.md
var imageCommandREs = []*regexp.Regexp{
	regexp.MustCompile(startOfCommand + `(?:docker|podman|nerdctl|crictl)[ \t]+(?:image[ \t]+)?pull[ \t]+(?:(?:-q|--quiet|-a|--all-tags|--platform=[^\s'"]+)[ \t]+)*` + imageWord),
	regexp.MustCompile(startOfCommand + `(?:docker|podman|nerdctl)[ \t]+(?:container[ \t]+)?(?:run|create)[ \t]+(?:(?:--rm|-[dit]+|--privileged|--detach|--interactive|--tty)[ \t]+)*` + imageWord),
	regexp.MustCompile(startOfCommand + `crane[ \t]+(?:pull|digest|manifest|config|export|validate)[ \t]+` + imageWord),
	regexp.MustCompile(startOfCommand + `crane[ \t]+(?:copy|cp)[ \t]+` + imageWord + `[ \t]+` + imageWord),
}

const (
	startOfCommand = `(?:^|[;&|\n(]|&&|\|\|)[ \t]*(?:sudo[ \t]+)?`
	imageWord      = `([A-Za-z0-9][^\s'";&|()<>]*)`
)

// areImages reports whether all references that changed from before to after, as the rules
// require, are certainly images: they have a tag or a digest, or are arguments of a command
// that reads an image there.
func (c *comparer) areImages(before, after string) bool {
	isTagged := func(text string) (string, bool) {
		if ref, err := image.Parse(text); err != nil || ref.Tag == "" && ref.Digest == "" {
			return "", false
		}
		return c.rewrite(text)
	}
	for _, re := range imageCommandREs {
		before = c.moveArguments(re, before)
	}
	change := render.CompareText(before, after, isTagged)
	return change == render.MovedReference || change == render.SameText
}

// moveArguments returns text with the rules applied to the groups of re.
func (c *comparer) moveArguments(re *regexp.Regexp, text string) string {
	var out strings.Builder
	done := 0
	for _, m := range re.FindAllStringSubmatchIndex(text, -1) {
		if m[1] < len(text) && strings.IndexByte("'\"(<>", text[m[1]]) >= 0 {
			continue // the word is longer
		}
		for i := 2; i < len(m); i += 2 {
			if want, ok := c.rewrite(text[m[i]:m[i+1]]); ok && isSpelledOut(text[m[i]:m[i+1]]) {
				out.WriteString(text[done:m[i]])
				out.WriteString(want)
				done = m[i+1]
			}
		}
	}
	return out.String() + text[done:]
}
