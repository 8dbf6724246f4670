package rewrite_test

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

const aDigest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// resource adds a file with objects and returns its entry for resources.
func (t *kustomizeTree) resource(dir string) string {
	text := t.object(pick(t.choices, "Pod", "Deployment", "Widget", "CronJob", "ConfigMap", "Deployment"))
	if t.in(40) {
		text += "---\n" + t.object(pick(t.choices, "ConfigMap", "Widget", "Pod", "Deployment"))
	}
	name := fmt.Sprintf("file%d.yaml", t.n)
	t.files[path.Join(dir, name)] = text
	return "- " + name + "\n"
}

// ref returns an image; a rule matches it in percent of all cases.
func (t *kustomizeTree) ref(percent int) string {
	return t.name(percent) + pick(t.choices, ":3.1", "", ":v1.2-a", "@"+aDigest, ":3.1@"+aDigest, ":3.1")
}

// name returns the name of an image; a rule matches it in percent of all cases.
func (t *kustomizeTree) name(percent int) string {
	switch {
	case t.in(percent):
		return pick(t.choices, t.old...)
	case t.in(30):
		return pick(t.choices, t.new...)
	}
	return pick(t.choices, t.other...)
}

// quoted returns s plain or in quotes.
func (t *kustomizeTree) quoted(s string) string {
	return pick(t.choices, s, "'"+s+"'", `"`+s+`"`, s)
}

func (t *kustomizeTree) object(kind string) string {
	t.n++
	head := fmt.Sprintf("kind: %s\nmetadata: {name: o%d}\n", kind, t.n)
	containers := func(indent string) string {
		out := indent + "containers:\n" + indent + "- name: a\n" + indent + "  image: " + t.quoted(t.ref(65)) + "\n"
		if t.in(60) {
			out += indent + fmt.Sprintf("- {name: b, image: %q}\n", t.ref(65))
		}
		if t.in(20) {
			out += indent + "initContainers:\n" + indent + "- image: " + t.ref(65) + " # first\n" + indent + "  name: c\n"
		}
		return out
	}
	switch kind {
	case "Pod":
		return "apiVersion: v1\n" + head + "spec:\n" + containers("  ")
	case "Deployment":
		return "apiVersion: apps/v1\n" + head + "spec:\n  template:\n    spec:\n" + containers("      ")
	case "CronJob":
		return "apiVersion: batch/v1\n" + head + "spec:\n  jobTemplate:\n    spec:\n      template:\n        spec:\n" + containers("          ")
	case "Widget":
		return "apiVersion: example.com/v1\n" + head + "spec:\n  image: " + t.ref(65) + "\n"
	}
	return "apiVersion: v1\n" + head + "data: {image: \"" + t.ref(65) + "\", name: \"" + t.name(65) + "\", host: \"" + strings.Split(pick(t.choices, t.old...), "/")[0] + "\", tag: v9}\n"
}

// images writes entries of images in flow or block style.
func (t *kustomizeTree) images(b *strings.Builder) {
	n := 1 + t.of(3)
	key := pick(t.choices, "images", "images", "images", "images", "images", "imageTags")
	switch t.of(5) {
	case 0: // flow
		b.WriteString(key + ": [")
		for i := range n {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(t.entry(true))
		}
		b.WriteString("]\n")
	default:
		indent := pick(t.choices, "", "  ")
		b.WriteString(key + ":\n")
		for range n {
			if t.in(15) {
				b.WriteString(indent + "- " + t.entry(true) + "\n")
				continue
			}
			lines := strings.SplitAfter(strings.TrimSuffix(t.entry(false), "\n"), "\n")
			b.WriteString(indent + "- " + strings.Join(lines, indent+"  ") + "\n")
		}
	}
}

// entry returns an entry of images.
func (t *kustomizeTree) entry(flow bool) string {
	name := t.name(75)
	if t.in(12) {
		host, rest, _ := strings.Cut(name, "/")
		name = pick(t.choices, `(.*)/pause`, strings.ReplaceAll(name, ".", `\.`), host+"/.*", "^"+name, name+"(-amd64)?", "("+host+"|x)/"+rest, ".*")
	}
	keys := [][2]string{{"name", t.quoted(name)}}
	if flow || strings.ContainsAny(name, `\*()`) {
		keys[0][1] = "'" + name + "'"
	}
	add := func(key, value string) { keys = append(keys, [2]string{key, value}) }
	if t.in(40) {
		add("newName", t.quoted(t.name(60)))
	}
	if t.in(60) {
		add("newTag", fmt.Sprintf("%q", fmt.Sprintf("%d.%d", t.of(9), t.of(20))))
	}
	if t.in(15) {
		add("digest", aDigest)
	}
	if t.in(5) {
		add("tagSuffix", "-x")
	}
	if t.in(15) {
		slices.Reverse(keys)
	}
	var out []string
	for _, k := range keys {
		out = append(out, k[0]+": "+k[1])
	}
	if flow {
		return "{" + strings.Join(out, ", ") + "}"
	}
	return strings.Join(out, "\n") + "\n"
}
