package format

import (
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// A wordImage is an image in a word of a command, or in a part of it.
type wordImage struct {
	word  int // index of the word
	start int // offset of the image in the word, in bytes

	// isField reports that the documentation of the command says that the word is an
	// image that a cluster pulls. Otherwise it is a likely image: of a flag whose name
	// ends with image, or of a container tool, which also has images of its own.
	isField bool
}

// imagesOfCommand returns the images without a registry in the words of a command.
func imagesOfCommand(words []string) []wordImage {
	var out []wordImage
	add := func(x wordImage) {
		if isShortName(words[x.word][x.start:]) && !slices.ContainsFunc(out, func(y wordImage) bool { return y.word == x.word }) {
			out = append(out, x)
		}
	}
	for i, w := range words {
		switch name := path.Base(w); {
		case name == "kubectl" || name == "oc":
			kubectlImages(words, i+1, add)
		case containerTools[name]:
			containerImage(words, i+1, add)
		case name == "hauler":
			haulerImage(words, i+1, add)
		}
	}
	for i := range words {
		flagImage(words, i, add)
	}
	return out
}

// isShortName reports whether text is a name without a domain that can be one of an
// image. Variables may be in it, but not at its start.
func isShortName(text string) bool {
	if text == "" || !isAlnum(text[0]) || !isReference(text) || hasSuffix(text, pictures) {
		return false
	}
	r, err := image.Parse(text)
	return err == nil && r.Domain == "" && len(r.Path) > 1
}

// flagImage adds the image that the word with the index i sets as a flag, in one word or
// with the next: --image=acme/app:1, --sidecar-image acme/app:1.
func flagImage(words []string, i int, add func(wordImage)) {
	w := words[i]
	if !strings.HasPrefix(w, "--") || slices.Contains(words[:i], "acr") { // az acr import --image TARGET
		return
	}
	flag, _, joined := strings.Cut(w, "=")
	if !namesImageFlag(flag) {
		return
	}
	switch {
	case joined:
		add(wordImage{word: i, start: len(flag) + 1})
	case i+1 < len(words):
		add(wordImage{word: i + 1})
	}
}

// namesImageFlag reports whether the name of flag says that its value is an image.
func namesImageFlag(flag string) bool {
	part, _ := keyPart(strings.TrimLeft(flag, "-"))
	return part == namePart && fold(strings.TrimLeft(flag, "-")) != "name"
}

// kubectlImages adds the images of a command of kubectl, whose arguments begin at the
// word with the index from.
// Sources: https://kubernetes.io/docs/reference/kubectl/generated/kubectl_set/kubectl_set_image/,
// https://kubernetes.io/docs/reference/kubectl/generated/kubectl_run/,
// https://kubernetes.io/docs/reference/kubectl/generated/kubectl_create/
func kubectlImages(words []string, from int, add func(wordImage)) {
	args := words[from:]
	i := slices.IndexFunc(args, func(w string) bool { return kubectlVerbs[w] })
	if i < 0 {
		return
	}
	if args[i] == "set" {
		if i+1 == len(args) || args[i+1] != "image" {
			return
		}
		for k, w := range args[i+2:] {
			container, _, ok := strings.Cut(w, "=")
			if ok && !strings.HasPrefix(w, "-") && container != "" {
				add(wordImage{word: from + i + 2 + k, start: len(container) + 1, isField: true})
			}
		}
		return
	}
	for k, w := range args[i+1:] {
		at := from + i + 1 + k
		switch {
		case w == "--":
			return // a command in the container
		case strings.HasPrefix(w, "--image="):
			add(wordImage{word: at, start: len("--image="), isField: true})
		case w == "--image" && at+1 < len(words):
			add(wordImage{word: at + 1, isField: true})
		}
	}
}

// kubectlVerbs are the commands of kubectl that have images.
var kubectlVerbs = set("set", "run", "create", "debug")

// containerTools are the programs whose commands pull and run have an image as their
// first argument.
var containerTools = set("docker", "podman", "nerdctl", "finch", "crictl")

// containerImage adds the image that a command of a container tool pulls or runs. Its
// arguments begin at the word with the index from.
// Sources: https://docs.docker.com/reference/cli/docker/container/run/,
// https://docs.docker.com/reference/cli/docker/image/pull/
func containerImage(words []string, from int, add func(wordImage)) {
	i := from
	for i < len(words) && (words[i] == "container" || words[i] == "image") {
		i++
	}
	if i >= len(words) {
		return
	}
	switch words[i] {
	case "pull", "run", "create":
	default:
		return
	}
	for i++; i < len(words); i++ {
		w := words[i]
		switch {
		case holdsOptions(w):
		case !strings.HasPrefix(w, "-"):
			add(wordImage{word: i})
			return
		case strings.Contains(w, "=") || runSwitches[w] || isShortSwitches(w):
		default:
			i++ // the value of the flag
		}
	}
}

// haulerImage adds the image of the command hauler store add image, whose arguments begin
// at the word with the index from.
// Source: https://docs.hauler.dev/docs/hauler-usage/store/add/image
func haulerImage(words []string, from int, add func(wordImage)) {
	rest := words[from:]
	if len(rest) > 3 && rest[0] == "store" && rest[1] == "add" && rest[2] == "image" && !strings.HasPrefix(rest[3], "-") {
		add(wordImage{word: from + 3})
	}
}

// runSwitches are the flags of docker run and docker pull without a value.
var runSwitches = set("--rm", "--detach", "--interactive", "--tty", "--privileged", "--init", "--read-only", "--publish-all", "--no-healthcheck",
	"--oom-kill-disable", "--sig-proxy", "--quiet", "--disable-content-trust", "--all-tags", "--use-api-socket", "--replace", "--no-hosts", "--tls-verify")

// isShortSwitches reports whether w has short flags without a value: -d, -it.
func isShortSwitches(w string) bool {
	return !strings.HasPrefix(w, "--") && strings.Trim(w[1:], "aditPq") == "" && w != "-a"
}

// mayHaveCommandImages reports whether a command in text may have an image: it bounds the
// work for texts that have none.
func mayHaveCommandImages(text string) bool {
	return strings.Contains(text, "image") || strings.Contains(text, "IMAGE") || strings.Contains(text, "pull") || strings.Contains(text, "run") || strings.Contains(text, "create")
}

// commandImages adds the images without a registry in the commands of the text of the
// scalar at f.
func (d *detector) commandImages(f *frame) {
	text := f.node.Value
	if !mayHaveCommandImages(text) {
		return
	}
	hasComments := strings.Contains(text, "\n")
	commands := commandsOf(text)
	if hasComments {
		for _, x := range assignedImages(text, commands) {
			o := (&wordImage{}).occurrence(x.text)
			o.Pieces = []Piece{d.part(f.node, x.span.Start, x.span.End, Whole, "")}
			if x.isBuilt {
				o.Keep = Built
			}
			d.addCommandImage(f, o)
		}
	}
	for _, words := range commands {
		for _, x := range imagesOfCommand(wordTexts(words)) {
			at, ok := spanOfImage(text, words[x.word], x.start)
			if !ok || hasComments && inComment(text, at.Start) {
				continue
			}
			o := x.occurrence(text[at.Start:at.End])
			o.Pieces = []Piece{d.part(f.node, at.Start, at.End, Whole, "")}
			d.addCommandImage(f, o)
		}
	}
}

// occurrence returns the occurrence of the image x, whose text is name, without pieces.
func (x *wordImage) occurrence(name string) Occurrence {
	r, _ := image.Parse(name)
	return Occurrence{IsImage: x.isField, LikelyImage: true, IsUntagged: r.Tag == "" && r.Digest == ""}
}

func wordTexts(words []commandWord) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = w.text
	}
	return out
}

// spanOfImage returns the span in text of the end of the word w from the offset start. It
// is false if the source has the word in another form, with quotes or escapes in it.
func spanOfImage(text string, w commandWord, start int) (edit.Span, bool) {
	if text[w.span.Start:w.span.End] != w.text {
		return edit.Span{}, false
	}
	return edit.Span{Start: w.span.Start + start, End: w.span.End}, true
}

// listImages adds the images without a registry in the list at f, if it is a command or
// its arguments: ["--image", "acme/app:1"].
func (d *detector) listImages(f *frame) {
	items := f.node.Children
	words := make([]string, len(items))
	isCommand := false
	for i, item := range items {
		if item.Kind == syntax.Scalar && isText(item) {
			words[i] = item.Value
		}
		isCommand = isCommand || strings.HasPrefix(words[i], "--") || containerTools[words[i]] || words[i] == "kubectl"
	}
	if !isCommand && !isDockerStep(f) || f.keep != "" || f.prose {
		return
	}
	shift := 0
	if isDockerStep(f) {
		words, shift = append([]string{"docker"}, words...), 1
	}
	for _, x := range imagesOfCommand(words) {
		x.word -= shift
		item := items[x.word]
		g := f.below(item)
		g.index, g.item = x.word, true
		if d.pieces[item] || item.Span.Len() == 0 || x.start > 0 && !x.isField || d.fieldKind(g) != unknownField {
			continue // the item decides: see assignedName
		}
		o := x.occurrence(item.Value[x.start:])
		o.Pieces = []Piece{d.part(item, x.start, len(item.Value), Whole, "")}
		d.pieces[item] = true
		d.addCommandImage(g, o)
	}
}

// isDockerStep reports whether the list at f has the arguments of docker, since the step
// around it runs in an image that has only this program: gcr.io/cloud-builders/docker.
// Source: https://github.com/GoogleCloudPlatform/cloud-builders/tree/master/docker
func isDockerStep(f *frame) bool {
	if f.key != "args" || f.item || f.up == nil || f.up.has("entrypoint") {
		return false
	}
	name, _, _ := strings.Cut(f.up.node.Str("name"), ":")
	return path.Base(name) == "docker"
}

// addCommandImage adds o, the image of a command at f. If a command of the file builds an
// image of that name, it is not pulled.
func (d *detector) addCommandImage(f *frame, o Occurrence) {
	if d.builtHere == nil {
		d.builtHere = builtIn(d.text())
	}
	if d.builtHere[withTag(o.Text())] {
		o.Keep = Built
	}
	d.add(f, o)
}

// builtIn returns the names, with their tags, that commands of text give to the images
// that they build.
func builtIn(text string) map[string]bool {
	out := map[string]bool{}
	if !strings.Contains(text, "build") && !strings.Contains(text, " tag ") {
		return out
	}
	for _, words := range commandsOf(text) {
		for _, name := range builtNames(wordTexts(words)) {
			out[withTag(name)] = true
		}
	}
	return out
}
