package format

import (
	"strings"

	"github.com/regmigrate/regmigrate/internal/dockerfile"
)

// templateWord returns the word of in that begins at the offset start, with the blanks in its
// actions, and whether it has an action.
func templateWord(in *dockerfile.Instruction, start int) (name dockerfile.Fragment, hasAction bool) {
	end := start
	for end < len(in.Text) && in.Text[end] != ' ' && in.Text[end] != '\t' {
		n := actionLength(in.Text[end:])
		hasAction = hasAction || n > 0
		end += max(n, 1)
	}
	text := dockerfile.Fragment{Text: in.Text, Map: in.Map}
	return text.Slice(start, min(end, len(in.Text))), hasAction
}

// actionImages adds the names and the registries in the actions of name, a word of the
// template of a Dockerfile that names an image. A default of the whole name is an image:
// {{ img | default("acme/app:1") }}. Another literal that an action may print is likely one.
func (s *dockerScan) actionImages(name dockerfile.Fragment, place Place) {
	for at := 0; at < len(name.Text); {
		n := actionLength(name.Text[at:])
		if n > 0 && !strings.HasPrefix(name.Text[at:], "{%") {
			s.actionLiterals(name, at, at+n, place)
		}
		at += max(n, 1)
	}
}

// actionLiterals adds the images of the action in name between the offsets start and end.
func (s *dockerScan) actionLiterals(name dockerfile.Fragment, start, end int, place Place) {
	for _, l := range literalsOfAction(name.Text, start, end) {
		text := name.Slice(l.start, l.end)
		o := l.occurrence()
		o.Place = place
		o.Pieces[0].Text, o.Pieces[0].Map = text.Text, text.Map
		s.add(o)
	}
}

// argActions adds the images in the action that is the value of an ARG that begins the image
// of a FROM: ARG BASE={{ base | default("acme/app:1") }}.
func (s *dockerScan) argActions(in *dockerfile.Instruction) {
	name, value, ok := strings.Cut(strings.TrimLeft(in.Text[in.Args:], " \t"), "=")
	if !ok || strings.ContainsAny(name, " \t{<") || !s.beginsFrom(name) {
		return
	}
	start := len(in.Text) - len(value)
	if value != "" && (value[0] == '"' || value[0] == '\'') {
		start++
	}
	if word, hasAction := templateWord(in, start); hasAction {
		word.Text = strings.TrimRight(word.Text, `"'`)
		s.actionImages(word, placeOf(in, "ARG "+name))
	}
}

// beginsFrom reports whether the image of a FROM begins with the variable name.
func (s *dockerScan) beginsFrom(name string) bool {
	if s.fromVariables == nil {
		s.fromVariables = map[string]bool{}
		for i := range s.d.Instructions {
			in := &s.d.Instructions[i]
			if in.Cmd != "from" {
				continue
			}
			if word, ok := in.Image(); ok {
				if parts := in.Parts(word); len(parts) > 0 && parts[0].Name != "" {
					s.fromVariables[parts[0].Name] = true
				}
			}
		}
	}
	return s.fromVariables[name]
}
