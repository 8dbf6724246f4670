package format

import (
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// keepBuilt keeps the short names of steps that an earlier step of the same build
// gives to an image: the image is on the machine of the build, and is not pulled. The
// root is that of a configuration for Cloud Build, whose steps share one Docker daemon.
// Source: https://cloud.google.com/build/docs/build-config-file-schema#steps
func (d *detector) keepBuilt(root *syntax.Node) {
	steps := root.Field("steps")
	if steps == nil || steps.Kind != syntax.Sequence {
		return
	}
	built := map[string]bool{}
	keep := map[edit.Span]bool{}
	for _, step := range steps.Children {
		step = step.Resolve()
		if name := step.Field("name"); name != nil && built[withTag(name.Value)] {
			keep[name.Span] = true
		}
		for _, words := range stepCommands(step) {
			for _, name := range builtNames(words) {
				built[withTag(name)] = true
			}
		}
	}
	if len(keep) == 0 {
		return
	}
	for i := range d.out.Occurrences {
		o := &d.out.Occurrences[i]
		if r, err := image.Parse(o.Text()); err == nil && r.Domain == "" && strings.HasSuffix(o.Place.Field, "].name") && keep[o.Pieces[0].Span] && o.Keep == "" {
			o.Keep, o.Note = Built, ""
		}
	}
}

// stepCommands returns the commands of a step, as lists of words: its arguments, and
// the commands of its script and in its arguments.
func stepCommands(step *syntax.Node) [][]string {
	var out [][]string
	texts := []string{step.Str("script")}
	if args := step.Field("args"); args != nil {
		words := []string{step.Str("entrypoint")}
		for _, x := range args.Children {
			x = x.Resolve()
			words = append(words, x.Value)
			if strings.ContainsAny(x.Value, " \n") {
				texts = append(texts, x.Value)
			}
		}
		out = append(out, words)
	}
	for _, text := range texts {
		for _, words := range commandsOf(text) {
			var list []string
			for _, w := range words {
				list = append(list, w.text)
			}
			out = append(out, list)
		}
	}
	return out
}

// builtNames returns the names that a command gives to the image that it builds:
// docker build -t NAME, docker tag OLD NAME.
func builtNames(words []string) []string {
	var out []string
	isBuild := false
	for i, w := range words {
		flag, value, joined := strings.Cut(w, "=")
		switch {
		case w == "build" || w == "bud":
			isBuild = true
		case w == "tag" && i+3 == len(words):
			out = append(out, words[i+2])
		case !isBuild:
		case (flag == "-t" || flag == "--tag") && joined:
			out = append(out, value)
		case (w == "-t" || w == "--tag") && i+1 < len(words):
			out = append(out, words[i+1])
		}
	}
	return out
}

// withTag returns the reference text with the tag that it has by default.
func withTag(text string) string {
	if r, err := image.Parse(text); err == nil && r.Tag == "" && r.Digest == "" {
		return text + ":latest"
	}
	return text
}
