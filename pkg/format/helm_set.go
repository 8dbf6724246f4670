package format

import (
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// helmCommands are the commands of helm that render a chart with values.
var helmCommands = set("install", "upgrade", "template", "lint")

// helmSetFlags are the flags of these commands that set values: --set NAME=VALUE,NAME=VALUE.
// Source: https://helm.sh/docs/intro/using_helm/#the-format-and-limitations-of---set
var helmSetFlags = set("--set", "--set-string")

// helmSets calls add for the references that commands of text set as values of
// charts. piece makes a piece of a range of text.
func helmSets(text string, piece func(at edit.Span, role Role, sep string) Piece, add func(Occurrence)) {
	if !strings.Contains(text, "--set") || !strings.Contains(text, "helm") {
		return
	}
	for _, words := range commandsOf(text) {
		isHelm := slices.IndexFunc(words, func(w commandWord) bool { return path.Base(w.text) == "helm" })
		if isHelm < 0 || !slices.ContainsFunc(words[isHelm:], func(w commandWord) bool { return helmCommands[w.text] }) {
			continue
		}
		var values []namedValue
		for i, w := range words[isHelm:] {
			flag, rest, joined := strings.Cut(w.text, "=")
			switch {
			case helmSetFlags[flag] && joined:
				values = append(values, setValues(text, w, rest, piece)...)
			case i > 0 && helmSetFlags[words[isHelm+i-1].text]:
				values = append(values, setValues(text, w, w.text, piece)...)
			}
		}
		joinNamed(values, func(_ *frame, o Occurrence) { add(o) })
	}
}

// setValues returns the values in list, NAME=VALUE,NAME=VALUE, which is the end of
// the word w of text. Escapes are not read.
func setValues(text string, w commandWord, list string, piece func(at edit.Span, role Role, sep string) Piece) []namedValue {
	raw := text[w.span.Start:w.span.End]
	if strings.ContainsAny(list, `\{`) {
		return nil
	}
	var out []namedValue
	for _, x := range strings.Split(list, ",") {
		name, value, ok := strings.Cut(x, "=")
		i := strings.Index(raw, value)
		if !ok || value == "" || i < 0 || strings.Count(raw, value) != 1 { // in quotes, or not the only one
			continue
		}
		span := edit.Span{Start: w.span.Start + i, End: w.span.Start + i + len(value)}
		out = append(out, namedValue{name: name, value: value, piece: func(role Role, sep string) Piece { return piece(span, role, sep) }})
	}
	return out
}

// addHelmSets adds the references that the commands of a script set as values.
func addHelmSets(in Input, s *ScanResult) {
	piece := func(at edit.Span, role Role, sep string) Piece {
		return Piece{Path: in.Path, Text: string(in.Src[at.Start:at.End]), Role: role, Sep: sep, Span: at, Map: edit.Identity(at.Start, at.Len())}
	}
	helmSets(string(in.Src), piece, func(o Occurrence) {
		o.Scope = Scripts
		s.replace(o)
	})
}

// helmSets adds the references that the commands in the scalar at f set as values.
func (d *detector) helmSets(f *frame, scope Scope, outOfScope Reason) {
	helmSets(f.node.Value, func(at edit.Span, role Role, sep string) Piece { return d.part(f.node, at.Start, at.End, role, sep) }, func(o Occurrence) {
		o.Scope, o.OutOfScope = scope, outOfScope
		d.add(f, o)
	})
}
