package helm

import (
	"strings"

	"github.com/regmigrate/regmigrate/pkg/link"
)

// readParts splits a rendered reference with markers into parts.
func readParts(ref string, markers []marker) []link.TracedPart {
	var parts []link.TracedPart
	literal := 0 // where the text since the last marker starts
	for i := 0; i < len(ref); {
		part, n := markerAt(ref[i:], markers)
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

// markerAt returns the longest marker or component at the start of s, and its
// length in bytes, 0 for none.
func markerAt(s string, markers []marker) (link.TracedPart, int) {
	var part link.TracedPart
	n := 0
	for _, m := range markers {
		if len(m.text) > n && strings.HasPrefix(s, m.text) {
			part, n = link.TracedPart{Text: m.original, Value: m.path, Whole: !m.inner, File: m.file, Offset: m.offset}, len(m.text)
		}
		for _, c := range m.parts {
			if len(c.mark) > n && strings.HasPrefix(s, c.mark) {
				part, n = link.TracedPart{Text: c.text, Value: m.path, File: m.file, Offset: m.offset}, len(c.mark)
			}
		}
	}
	return part, n
}

func joinParts(parts []link.TracedPart) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.Text)
	}
	return b.String()
}
