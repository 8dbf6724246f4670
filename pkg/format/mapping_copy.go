package format

import (
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// copyCommands are the subcommands that copy an image to another name, by tool.
// Sources: the tools' documentation of crane copy, skopeo copy and sync, regctl
// image copy, oras copy, docker tag and buildx imagetools create, ctr images
// tag, oc tag and image mirror, imgpkg copy, gcloud container images add-tag,
// az acr import.
var copyCommands = map[string][]string{
	"crane": {"copy", "cp"}, "gcrane": {"copy", "cp"}, "skopeo": {"copy", "sync"}, "regctl": {"copy", "cp"}, "oras": {"copy", "cp"},
	"docker": {"tag", "imagetools"}, "nerdctl": {"tag"}, "finch": {"tag"}, "img": {"tag"}, "ctr": {"tag"},
	"podman": {"tag", "push"}, "buildah": {"tag", "push"},
	"oc": {"tag", "mirror"}, "imgpkg": {"copy"}, "gcloud": {"add-tag"}, "az": {"import"}, "ibmcloud": {"image-tag"}, "cosign": {"copy"},
}

// anyCopyCommand are the subcommands of a tool whose name is in a variable:
// $(CONTAINER_TOOL) tag.
var anyCopyCommand = []string{"tag", "copy", "cp", "push"}

// localCommands are the subcommands that fetch, show or remove a local copy of
// an image, or push it. They belong to a copy of the same image.
var localCommands = []string{"pull", "push", "rmi", "rm", "remove", "inspect", "save", "export", "history", "digest", "manifest", "list-tags", "create"}

// localTools are the tools with these subcommands.
var localTools = set("docker", "podman", "nerdctl", "finch", "buildah", "img", "ctr", "crictl", "crane", "gcrane", "skopeo", "oras", "regctl")

// maxOperands is the number of words of one copy command that are compared with
// each other.
const maxOperands = 12

// maxCopyMappings bounds the mappings of one text, and the local uses of images.
const maxCopyMappings = 1 << 15

// A copyOperand is a word of a command that may be an image.
type copyOperand struct {
	text string
	span edit.Span
}

// copyMappings returns the mappings of commands that copy an image, with what
// the same script pulls for them.
func copyMappings(commands [][]commandWord, known assignments) []textMapping {
	var out []textMapping
	for _, words := range commands {
		what, rest := copyCommand(words)
		if rest == nil {
			continue
		}
		operands := operandsOf(rest)
		if len(out) > maxCopyMappings {
			break
		}
		for _, env := range known.environments(rest) {
			for i, a := range operands {
				for _, b := range operands[i+1:] {
					out = append(out, copyMapping(what, a, b, env))
				}
			}
			out = append(out, registryImport(what, rest, operands, env)...)
		}
	}
	local := localUses(commands, known)
	for i := range out {
		m := &out[i]
		for _, name := range []string{m.from, m.to} {
			for _, u := range local[imageName(name)] {
				if SameName(u.text, name) {
					m.kept = append(m.kept, u.used...)
				}
			}
		}
	}
	return out
}

// copyCommand returns the tool and subcommand of words, which copies an image,
// and the words after them; nil if words are not such a command.
func copyCommand(words []commandWord) (what string, rest []commandWord) {
	for i, w := range words {
		tool := path.Base(strings.TrimLeft(w.text, "@-+"))
		subcommands := copyCommands[tool]
		if subcommands == nil && isVariable(w.text) {
			subcommands = anyCopyCommand
		}
		if subcommands == nil {
			continue
		}
		for j := i + 1; j < len(words); j++ {
			name := words[j].text
			if slices.Contains(subcommands, name) {
				if isVariable(w.text) {
					return name, words[j+1:]
				}
				return tool + " " + name, words[j+1:]
			}
			if strings.Contains(name, "/") && !strings.HasPrefix(name, "-") {
				break
			}
		}
	}
	return "", nil
}

// isVariable reports whether word is one variable and nothing else.
func isVariable(word string) bool {
	word = strings.TrimLeft(word, "@-+")
	return word != "" && (shellVariable(word) == len(word) || wordVariable(word) == len(word))
}

// operandsOf returns the words of a command that may be images, values of flags
// included.
func operandsOf(words []commandWord) []copyOperand {
	var out []copyOperand
	add := func(text string, span edit.Span) {
		_, n := image.TrimTransport(text)
		if text = text[n:]; strings.ContainsAny(text, "/$") && len(out) < maxOperands {
			out = append(out, copyOperand{text, span})
		}
	}
	for _, w := range words {
		switch from, to, ok := strings.Cut(w.text, "="); {
		case strings.HasPrefix(w.text, "-") && ok:
			add(to, w.span)
		case strings.HasPrefix(w.text, "-"):
		case ok && strings.Contains(from, "/"): // of oc image mirror: SRC=DST
			add(from, w.span)
			add(to, w.span)
		default:
			add(w.text, w.span)
		}
	}
	return out
}

// copyMapping returns the mapping between two operands of a command.
func copyMapping(what string, a, b copyOperand, env map[string]assignedValue) textMapping {
	from, to := expand(a.text, env, 0), expand(b.text, env, 0)
	m := textMapping{from: trimTransport(from.text), to: trimTransport(to.text), what: what}
	if what == "skopeo sync" { // which appends the name to the destination
		name, _ := splitTag(m.from)
		m.to = strings.TrimSuffix(m.to, "/") + "/" + path.Base(name) + m.from[len(name):]
	}
	m.kept = append(m.kept, a.span, b.span)
	m.kept = append(append(m.kept, from.used...), to.used...)
	return m
}

// registryImport returns the mappings of az acr import, whose destination is
// spread over the flags --name and --image.
// Source: https://learn.microsoft.com/cli/azure/acr#az-acr-import
func registryImport(what string, words []commandWord, operands []copyOperand, env map[string]assignedValue) []textMapping {
	if what != "az import" {
		return nil
	}
	flags := map[string]string{}
	for i, w := range words {
		name, value, ok := strings.Cut(strings.TrimLeft(w.text, "-"), "=")
		if !ok && i+1 < len(words) {
			value = words[i+1].text
		}
		if strings.HasPrefix(w.text, "-") {
			flags[name] = expand(value, env, 0).text
		}
	}
	registry := flags["name"] + flags["n"]
	var out []textMapping
	for _, o := range operands {
		from := expand(o.text, env, 0)
		to := flags["image"] + flags["t"]
		if to == "" {
			_, to, _ = strings.Cut(from.text, "/")
		}
		out = append(out, textMapping{from: from.text, to: registry + ".azurecr.io/" + to, what: "az acr import", kept: append([]edit.Span{o.span}, from.used...)})
	}
	return out
}

// localUses returns the images that commands pull, show, push or remove, by
// name. The values of each include the word of the command.
func localUses(commands [][]commandWord, known assignments) map[string][]expansion {
	out := map[string][]expansion{}
	known.eachOperand(commands, isLocalCommand, func(x expansion) {
		out[imageName(x.text)] = append(out[imageName(x.text)], x)
	})
	return out
}

// isLocalCommand reports whether words are a command of localCommands.
func isLocalCommand(words []commandWord) bool {
	for i, w := range words {
		if !localTools[path.Base(strings.TrimLeft(w.text, "@-+"))] && !isVariable(w.text) {
			continue
		}
		for _, sub := range words[i+1:] {
			if slices.Contains(localCommands, sub.text) {
				return true
			}
			if strings.Contains(sub.text, "/") && !strings.HasPrefix(sub.text, "-") {
				break
			}
		}
	}
	return false
}

func trimTransport(text string) string {
	text, _ = image.TrimTransport(text)
	return text
}

// splitTag returns text without its tag and digest, and these.
func splitTag(text string) (name, rest string) {
	r, err := image.Parse(text)
	if err != nil {
		return text, ""
	}
	n := len(text)
	if r.Digest != "" {
		n -= len(r.Digest) + 1
	}
	if r.Tag != "" {
		n -= len(r.Tag) + 1
	}
	return text[:n], text[n:]
}

// SameName reports whether a and b name the same image: the tags are equal if
// both have one, and so are the digests. A domain that is missing is Docker
// Hub.
func SameName(a, b string) bool {
	x, errX := image.Parse(strings.TrimSuffix(a, "/"))
	y, errY := image.Parse(strings.TrimSuffix(b, "/"))
	if errX != nil || errY != nil {
		return strings.TrimSuffix(a, "/") == strings.TrimSuffix(b, "/")
	}
	return fullName(x) == fullName(y) && (x.Tag == y.Tag || x.Tag == "" || y.Tag == "") && (x.Digest == y.Digest || x.Digest == "" || y.Digest == "")
}

// imageName returns the full name of text without tag and digest, or text itself
// if it is not a reference.
func imageName(text string) string {
	text = strings.TrimSuffix(text, "/")
	if r, err := image.Parse(text); err == nil {
		return fullName(r)
	}
	return text
}

// fullName returns the name of r with the domain and the namespace that Docker
// Hub implies.
func fullName(r image.Ref) string {
	registry, repository := image.Normalize(r.Domain, r.Path)
	return registry + "/" + repository
}
