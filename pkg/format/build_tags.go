package format

import (
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// A buildTags is the list of the names that a build step gives an image.
type buildTags struct {
	job         *syntax.Node
	names       []string
	spans       []edit.Span
	occurrences []int // indexes in the result
}

// A NameSet is a list of names that one image gets. All of them move, or none.
type NameSet struct {
	Names []string
	Spans []edit.Span // of the names in the file
}

// isBuildTags reports whether the value at f is the list of the names that a
// build step gives an image.
// Sources: https://github.com/docker/build-push-action#inputs,
// https://github.com/docker/metadata-action#inputs,
// https://docs.docker.com/reference/compose-file/build/#tags,
// https://docs.docker.com/build/bake/reference/#targettags,
// https://goreleaser.com/customization/docker/
func isBuildTags(f *frame) bool {
	if f.up == nil || f.object != nil || f.item {
		return false
	}
	switch fold(f.key) {
	case "imagetemplates":
		return true
	case "tags", "images":
		return stepInputs[fold(f.up.key)] || f.key == "tags" && (f.up.key == "build" || f.up.up != nil && f.up.up.key == "target")
	}
	return false
}

// buildTags adds the names in the value at f: a list, or a text with a name per
// line or between commas. It returns false if the value has no names.
func (d *detector) buildTags(f *frame) bool {
	b := buildTags{job: jobOf(f).node}
	items := f.node.Children
	if f.node.Kind == syntax.Scalar {
		items = []*syntax.Node{f.node}
	}
	for i, item := range items {
		item = item.Resolve()
		if item.Kind != syntax.Scalar || d.pieces[item] {
			continue
		}
		g := f
		if item != f.node {
			g = f.below(item)
			g.item, g.index = true, i
		}
		for _, at := range tagNames(item.Value) {
			if f.key != "tags" || isTagName(item.Value[at.Start:at.End], f.up.node) {
				d.buildTag(&b, g, at)
			}
		}
	}
	if len(b.occurrences) == 0 {
		return false
	}
	d.builds = append(d.builds, b)
	d.out.NameSets = append(d.out.NameSets, NameSet{b.names, b.spans})
	for _, item := range items {
		g := f.below(item.Resolve())
		for _, i := range d.marksIn(g.node.Span) {
			if !d.explained[i] {
				d.recordReason(i, imageContext(g, d.in.Marks[i]))
			}
		}
	}
	return true
}

// isTagName reports whether text, an entry of the key `tags` of the mapping step,
// is the name of an image. If another key has the name, the entry is a tag alone:
// repo: acme/app, tags: [latest].
func isTagName(text string, step *syntax.Node) bool {
	for i := 0; i+1 < len(step.Children); i += 2 {
		if role, _ := keyPart(step.Children[i].Value); role == repositoryPart {
			return strings.Contains(text, "/")
		}
	}
	return strings.ContainsAny(text, "/:")
}

// buildTag adds the name at the bytes at of the scalar at f to b.
func (d *detector) buildTag(b *buildTags, f *frame, at edit.Span) {
	text := f.node.Value[at.Start:at.End]
	b.names = append(b.names, text)
	if !isReference(text) || image.IsHost(text) || strings.HasPrefix(text, "$") || strings.HasPrefix(text, "{{") {
		return
	}
	p := d.part(f.node, at.Start, at.End, Whole, "")
	b.spans = append(b.spans, p.Span)
	b.occurrences = append(b.occurrences, len(d.out.Occurrences))
	d.add(f, Occurrence{Pieces: []Piece{p}, IsImage: true, IsPushed: true})
}

// tagNames returns where the names are in text, one per line or between commas.
// Of name=NAME,enable=true, as in docker/metadata-action, the name counts.
func tagNames(text string) []edit.Span {
	var out []edit.Span
	for start := 0; start < len(text); {
		end := start
		for end < len(text) && text[end] != ',' && text[end] != '\n' {
			if n := wordVariable(text[end:]); n > 0 {
				end += n
			} else {
				end++
			}
		}
		entry := strings.Trim(text[start:end], " \t\r\"'")
		at := start + strings.Index(text[start:end], entry)
		if name, ok := strings.CutPrefix(entry, "name="); ok {
			at, entry = at+len("name="), name
		}
		if entry != "" && !strings.Contains(entry, "=") {
			out = append(out, edit.Span{Start: at, End: at + len(entry)})
		}
		start = end + 1
	}
	return out
}

// keepPushed keeps the names of build steps whose job logs in to their
// registry: the login is not changed, and a push to another registry would fail.
func (d *detector) keepPushed() {
	for i := range d.out.Occurrences {
		o := &d.out.Occurrences[i]
		if _, ok := d.loginValues[o.Pieces[0].Span]; ok && o.Keep == "" {
			o.Keep, o.Note = Credentials, publishNote
		}
	}
	for _, b := range d.builds {
		host := ""
		for _, i := range b.occurrences {
			r, _ := image.Parse(d.out.Occurrences[i].Text())
			for _, l := range d.logins {
				if l.job == b.job && l.host == hubHost(r.Domain) {
					host = l.host
				}
			}
		}
		for _, i := range b.occurrences {
			if o := &d.out.Occurrences[i]; host != "" {
				o.Keep, o.Note = Credentials, "the job logs in to "+host+" and pushes to it"
			}
		}
	}
}
