package format

import (
	"bytes"
	"path"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// Text is any file that no other format matches: documentation, scripts, code,
// and files of an unsupported format. Scan finds its references by their
// grammar alone, in the scope of the kind of text.
var Text = &Format{
	Name:   "text",
	Doc:    "any other text: documentation, scripts, code",
	Detect: func(string, []byte) bool { return true },
	Scan:   scanText,
	Verify: func(Change) error { return nil },
}

func scanText(in Input) (ScanResult, error) {
	if likeDockerfile(in.Path) {
		return scanFallbackText(in), nil // it does not parse, or is a template
	}
	c := textContext(in.Path, in.Src)
	text := string(in.Src)
	out := ScanResult{Unverified: true, Mappings: mappingsOfFile(c.Scope, text, in.Marks)}
	if c.Scope == Scripts && len(in.Marks) > 0 {
		out.Pushed, out.Searches = pushedNames(text), searchesOf(text)
		out.PartlySearched = len(text) > maxMappingText
	}
	for _, m := range in.Marks {
		// A URL or a different name has its own reason in every kind of text.
		line, at := lineAround(text, m)
		c := c
		c.Mark = m
		role, span := Whole, image.WordAt(line, at).Span
		switch r := classify(line, at); {
		case r == URL || r == DifferentName:
			c.Reason, c.Note = r, ""
			out.Contexts = append(out.Contexts, c)
			continue
		case c.Reason == Changelog || ownRule(line, at):
			out.Contexts = append(out.Contexts, c)
			continue
		case r == RegistryHost && IsRegistryKey(assigned(line[:at.Start])):
			role, span = Registry, at
		case r != "":
			out.Contexts = append(out.Contexts, c)
			continue
		}
		if role == Whole {
			role = roleIn(line, span)
		}
		start := m.Start - at.Start + span.Start
		p := Piece{Path: in.Path, Text: line[span.Start:span.End], Role: role, Span: edit.Span{Start: start, End: start + span.Len()}, Map: edit.Identity(start, span.Len())}
		o := Occurrence{Kind: kindIn(line, span), Pieces: []Piece{p}, Scope: c.Scope, OutOfScope: c.Reason, FoundByMark: true}
		if span == at && role == Registry {
			registryArgument(&o, text, m, assigned(line[:at.Start]))
		}
		out.Occurrences = append(out.Occurrences, o)
	}
	if c.Scope == Scripts {
		out.inBatch(func() {
			addHelmSets(in, &out)
			addScriptImages(in, &out)
		})
	}
	return out, nil
}

var docsExt = set(".md", ".markdown", ".mdx", ".rst", ".adoc", ".asciidoc", ".txt", ".html", ".htm", ".org", ".tex", ".1", ".8", ".svg", ".puml", ".plantuml", ".dot", ".drawio", ".ipynb")

var scriptExt = set(".sh", ".bash", ".zsh", ".ksh", ".fish", ".bats", ".mk", ".mak", ".tf", ".tfvars", ".hcl", ".nomad", ".ps1", ".psm1", ".bat", ".cmd", ".nix", ".bzl", ".bazel", ".star", ".cue", ".jsonnet", ".libsonnet", ".rego", ".groovy", ".gradle", ".awk", ".sed", ".dhall", ".kcl", ".pkl")

var scriptName = set("makefile", "gnumakefile", "justfile", "jenkinsfile", "vagrantfile", "tiltfile", "earthfile", "build", "workspace", "rakefile", "procfile", "snakefile", "taskfile")

// roleIn returns the role of the reference at a span of text. It is Registry for
// a chart or another artifact after oci://, and for the start of a path before a
// slash: neither has an implicit library/.
func roleIn(text string, at edit.Span) Role {
	if strings.HasSuffix(text[:at.Start], "oci://") || strings.HasPrefix(text[at.End:], "/") {
		return Registry
	}
	return Whole
}

// kindIn returns the kind of the reference at a span of text: an artifact after
// oci://, otherwise an image.
func kindIn(text string, at edit.Span) Kind {
	if strings.HasSuffix(text[:at.Start], "oci://") {
		return Artifact
	}
	return Image
}

// textContext returns the scope of the file at name, which is text, and its
// reason in a run without that scope.
func textContext(name string, src []byte) Context {
	base := strings.ToLower(path.Base(name))
	ext := path.Ext(base)
	stem := strings.TrimSuffix(base, ext)
	switch {
	case strings.HasPrefix(base, "changelog") || strings.HasPrefix(base, "release-notes") || strings.HasPrefix(base, "releasenotes") || stem == "changes" || stem == "history" ||
		docsExt[ext] && releaseNotes(name):
		return Context{Reason: Changelog, Scope: Docs}
	case templateExt[ext] && stem != "":
		return textContext(stem, src) // the scope of the file that the template renders
	case docsExt[ext] || docsName(base):
		return Context{Reason: DocsText, Scope: Docs}
	case scriptExt[ext] || scriptName[stem] || scriptName[base] || bytes.HasPrefix(src, []byte("#!")):
		return Context{Reason: ScriptText, Scope: Scripts}
	}
	return Context{Reason: CodeText, Scope: Code}
}

// releaseNotes reports whether the file at name has release notes: it is in a
// folder of them, or has a name such as 1.19-NOTES.md.
func releaseNotes(name string) bool {
	dirs := strings.Split(strings.ToLower(name), "/")
	for _, dir := range dirs[:len(dirs)-1] {
		switch fold(dir) {
		case "releasenotes", "changelog", "changelogs":
			return true
		}
	}
	base := strings.TrimPrefix(dirs[len(dirs)-1], "v")
	return base[0] >= '0' && base[0] <= '9' && strings.HasSuffix(strings.TrimSuffix(base, path.Ext(base)), "-notes")
}

func docsName(base string) bool {
	for _, s := range []string{"readme", "license", "notice", "contributing", "authors", "todo", "news", "copying"} {
		if base == s || strings.HasPrefix(base, s+".") || strings.HasPrefix(base, s+"-") {
			return true
		}
	}
	return false
}

// likeDockerfile reports whether the file at name has the name of a Dockerfile or
// of a template of one.
func likeDockerfile(name string) bool {
	base := strings.ToLower(path.Base(name))
	if ext := path.Ext(base); templateExt[ext] {
		base = strings.TrimSuffix(base, ext)
	}
	switch base {
	case "dockerfile", "containerfile":
		return true
	}
	ext := path.Ext(base)
	return ext == ".dockerfile" || ext == ".containerfile"
}
