package format

import (
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A Mapping is a place that maps one reference to another: a command that
// copies an image, the keys source and target, an entry whose key is one name
// and whose value is the other, a substitution. If the rules make one side out
// of the other, the place already describes the move, and its old name must
// not change.
type Mapping struct {
	From, To string      // as written, without transports; variables that the same text sets are resolved
	Kept     []edit.Span // in the file: what must not change if the place describes a move
	What     string      // for a person: crane copy, the keys source and target
}

// A textMapping is a [Mapping] of a text. Its spans are offsets in the text.
type textMapping struct {
	from, to string
	kept     []edit.Span
	what     string
}

// Kinds of mappings that search for the name that they replace.
const (
	substitution = "a substitution"
	replacement  = "a replacement"
)

// maxMappingText is the size in bytes of the longest text that is searched for
// mappings at once. Scripts are shorter.
const maxMappingText = 1 << 20

// mappingsOf returns the mappings of a script or of another text with commands.
// A long text is searched in parts, which end at the end of a line; a variable is
// known in its part only.
func mappingsOf(text string) []textMapping {
	var out []textMapping
	for start := 0; start < len(text); {
		end := len(text)
		if end-start > maxMappingText {
			end = start + maxMappingText
			if n := strings.LastIndexByte(text[start:end], '\n'); n >= 0 {
				end = start + n + 1
			}
		}
		for _, m := range mappingsOfPart(text[start:end]) {
			for i := range m.kept {
				m.kept[i].Start, m.kept[i].End = m.kept[i].Start+start, m.kept[i].End+start
			}
			out = append(out, m)
		}
		start = end
	}
	return out
}

// mappingsOfPart returns the mappings of text, which has at most maxMappingText
// bytes.
func mappingsOfPart(text string) []textMapping {
	commands := commandsOf(text)
	return slices.Concat(copyMappings(commands, newAssignments(text, commands)), wordMappings(commands), substitutionMappings(text), literalMappings(text), assignmentMappings(text))
}

// textMappings returns the mappings of text, which toFile maps to the file.
func textMappings(text string, toFile edit.Map) []Mapping {
	var out []Mapping
	for _, t := range mappingsOf(text) {
		m := Mapping{From: t.from, To: t.to, What: t.what}
		for _, s := range t.kept {
			if span, ok := toFile.Enclosing(s.Start, s.End); ok {
				m.Kept = append(m.Kept, span)
			}
		}
		out = append(out, m)
	}
	return out
}

// mappingsOfFile returns the mappings of a file that is one text; none if it has
// no mark. In prose, only source code can have mappings.
func mappingsOfFile(scope Scope, text string, marks []edit.Span) []Mapping {
	switch {
	case len(marks) == 0:
		return nil
	case scope == Docs:
		return fencedMappings(text, edit.Identity(0, len(text)))
	}
	return textMappings(text, edit.Identity(0, len(text)))
}
