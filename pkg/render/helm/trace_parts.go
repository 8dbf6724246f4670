package helm

import (
	"strings"

	"github.com/regmigrate/regmigrate/pkg/link"
)

// A markIndex finds markers and their components in rendered references.
type markIndex struct {
	marks *textIndex
	parts []link.TracedPart // what each mark stands for
}

func newMarkIndex(markers []marker) *markIndex {
	x := &markIndex{}
	var marks []string
	for i := range markers {
		m := &markers[i]
		marks = append(marks, m.text)
		x.parts = append(x.parts, link.TracedPart{Text: m.original, Value: m.path, Whole: !m.inner, File: m.file, Offset: m.offset})
		for _, c := range m.parts {
			marks = append(marks, c.mark)
			x.parts = append(x.parts, link.TracedPart{Text: c.text, Value: m.path, File: m.file, Offset: m.offset})
		}
	}
	x.marks = newTextIndex(marks)
	return x
}

// read splits a rendered reference with markers into parts.
func (x *markIndex) read(ref string) []link.TracedPart {
	var parts []link.TracedPart
	literal := 0 // where the text since the last marker starts
	for i := 0; i < len(ref); {
		part, n := x.at(ref[i:])
		if n == 0 {
			i++
			continue
		}
		if literal < i {
			parts = append(parts, link.TracedPart{Text: ref[literal:i]})
		}
		parts = append(parts, part)
		i += n
		literal = i
	}
	if literal < len(ref) {
		parts = append(parts, link.TracedPart{Text: ref[literal:]})
	}
	return parts
}

// at returns what the longest marker or component at the start of s stands for, and its
// length in bytes, 0 for none.
func (x *markIndex) at(s string) (part link.TracedPart, n int) {
	x.marks.eachPrefix(s, func(mark string, number int) { part, n = x.parts[number], len(mark) })
	return part, n
}

func joinParts(parts []link.TracedPart) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.Text)
	}
	return b.String()
}
