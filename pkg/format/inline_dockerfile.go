package format

import (
	"strings"

	"github.com/regmigrate/regmigrate/internal/dockerfile"
	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// inlineDockerfile reads the scalar at f as a Dockerfile, if its key says that it is one:
// dockerfile_inline of Compose. It returns false for any other scalar, and for a text that
// BuildKit's parser does not accept.
// Source: https://docs.docker.com/reference/compose-file/build/#dockerfile_inline
func (d *detector) inlineDockerfile(f *frame) bool {
	if fold(f.key) != "dockerfileinline" || f.item {
		return false
	}
	n := f.node
	text, toFile := singleDollars(n.Value, n.Map)
	if _, err := dockerfile.Parse([]byte(text)); err != nil {
		return false
	}
	var marks []edit.Span
	var at []int // the index of each in d.in.Marks
	for _, i := range d.marksIn(n.Span) {
		if start, end, ok := toFile.Decoded(d.in.Marks[i]); ok && !d.explained[i] {
			marks, at = append(marks, edit.Span{Start: start, End: end}), append(at, i)
		}
	}
	d.noteScript(f)
	in := d.in
	in.Src, in.Marks, in.Docs = []byte(text), marks, nil
	in.contexts = namedContexts(f)
	s, err := scanDockerfile(in)
	if err != nil {
		return false
	}
	for _, o := range s.Occurrences {
		d.addInner(f, o, toFile)
	}
	for _, c := range s.Contexts {
		for j, m := range marks {
			if m == c.Mark && !d.explained[at[j]] {
				c.Mark, c.Place.Object = d.in.Marks[at[j]], f.place().Object
				c.Place.Field = f.field() + "|" + c.Place.Field
				d.recordReason(at[j], c)
			}
		}
	}
	return true
}

// addInner adds the occurrence o in the text of the scalar at f. toFile maps the text to
// the file.
func (d *detector) addInner(f *frame, o Occurrence, toFile edit.Map) {
	for k := range o.Pieces {
		p := &o.Pieces[k]
		p.Map = p.Map.Compose(toFile)
		span, ok := p.Map.Enclosing(0, len(p.Text))
		if !ok {
			span = f.node.Span
		}
		p.Span, p.EditsEscapes = span, d.in.editsEscapes
	}
	place := o.Place.Field
	d.add(f, o)
	d.out.Occurrences[len(d.out.Occurrences)-1].Place.Field += "|" + place
}

// namedContexts returns the names in lower case that the build around the Dockerfile at f
// gives to other contexts. The Dockerfile uses them like the names of stages.
// Sources: https://docs.docker.com/reference/compose-file/build/#additional_contexts,
// https://docs.docker.com/build/bake/reference/#targetcontexts
func namedContexts(f *frame) map[string]bool {
	names := map[string]bool{}
	build := []*syntax.Node{f.up.node, f.up.merged}
	for len(build) > 0 && len(build) < maxContextNodes {
		n := build[0].Resolve()
		build = build[1:]
		for _, key := range []string{"additional_contexts", "contexts"} {
			addContexts(n.Field(key), names)
		}
		if m := n.Field("<<"); m != nil && m.Kind == syntax.Sequence {
			build = append(build, m.Children...)
		} else if m != nil {
			build = append(build, m)
		}
	}
	return names
}

// maxContextNodes bounds the mappings that a build merges.
const maxContextNodes = 100

// addContexts adds the names in n, a mapping or a list of NAME=CONTEXT, to names.
func addContexts(n *syntax.Node, names map[string]bool) {
	if n == nil {
		return
	}
	for i, c := range n.Children {
		name := c.Resolve().Value
		switch {
		case n.Kind == syntax.Sequence:
			name, _, _ = strings.Cut(name, "=")
		case i%2 == 1:
			continue
		}
		names[strings.ToLower(name)] = true
	}
}

// singleDollars returns text with $ for each $$, as Compose passes it to BuildKit, and the
// map from it to the file. m maps text.
// Source: https://docs.docker.com/reference/compose-file/interpolation/
func singleDollars(text string, m edit.Map) (string, edit.Map) {
	if !strings.Contains(text, "$$") {
		return text, m
	}
	var out strings.Builder
	var runs edit.Map
	for at := 0; at < len(text); {
		end := len(text)
		if i := strings.Index(text[at:], "$$"); i >= 0 {
			end = at + i + 1
		}
		runs = append(runs, edit.Run{Dec: out.Len(), Src: at, Len: end - at})
		out.WriteString(text[at:end])
		if at = end; at < len(text) {
			at++
		}
	}
	return out.String(), runs.Compose(m)
}
