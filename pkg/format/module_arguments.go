package format

import (
	"regexp"
	"strings"
)

// moduleArgument matches an argument of a module of Ansible in its short form: image=acme/app:1.
// The groups are its name and its value, which can have variables.
// Source: https://docs.ansible.com/ansible/latest/reference_appendices/YAMLSyntax.html#key-value-syntax
var moduleArgument = regexp.MustCompile(`(?:^|\s)(image|name)=["']?((?:[^\s"'{]|\{\{[^}\n]*\}\})+)`)

// moduleArguments adds the short name in the text at f, if it has the arguments of a module
// of Ansible for containers or images: docker_container: name=web image=acme/app:1. The name
// of an image that the module may also build is a likely image.
func (d *detector) moduleArguments(f *frame) {
	if f.item {
		return
	}
	module := f.key[strings.LastIndexByte(f.key, '.')+1:]
	argument, text := imageArguments[module], f.node.Value
	if argument == "" || argument == "name" && (strings.Contains(text, "source=build") || strings.Contains(text, "path=") || strings.Contains(text, "source=load")) {
		return
	}
	isImage := strings.HasPrefix(module, "docker_") && (argument == "image" || strings.Contains(text, "source=pull"))
	for _, m := range moduleArgument.FindAllStringSubmatchIndex(text, -1) {
		if text[m[2]:m[3]] != argument || !isShortName(text[m[4]:m[5]]) {
			continue
		}
		o := (&wordImage{isField: isImage}).occurrence(text[m[4]:m[5]])
		o.Pieces = []Piece{d.part(f.node, m[4], m[5], Whole, "")}
		d.add(f, o)
	}
}

// imageArguments are the modules of Ansible whose short form has an image, and the argument.
// The tables for Ansible have those of the long form.
var imageArguments = map[string]string{"docker_container": "image", "docker_swarm_service": "image", "podman_container": "image",
	"docker_image": "name", "docker_image_pull": "name", "podman_image": "name"}
