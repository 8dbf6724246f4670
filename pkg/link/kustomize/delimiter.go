package kustomize

import (
	"strconv"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
)

// A delimiter is the options of a replacement that select a part of a text: the
// part at index, counted from 0, between separators.
type delimiter struct {
	separator string
	index     int
}

// delimiterOf returns the delimiter of a source or target; false if it has
// none, so that the whole text is meant.
func delimiterOf(n *syntax.Node) (delimiter, bool) {
	options := n.Field("options")
	index, err := strconv.Atoi(options.Str("index"))
	if options.Str("delimiter") == "" || err != nil && options.Str("index") != "" {
		return delimiter{}, false
	}
	return delimiter{options.Str("delimiter"), index}, true
}

func (d delimiter) split(text string) []string { return strings.Split(text, d.separator) }

// partsOf returns the selected parts of sources. It leaves out those for which
// kustomize fails because they have too few parts.
func (d delimiter) partsOf(sources []source) []source {
	var out []source
	for _, s := range sources {
		before, after := d.split(s.before), d.split(s.after)
		if d.index < 0 || d.index >= len(before) {
			continue
		}
		s.before = before[d.index]
		if d.index < len(after) {
			s.after = after[d.index]
		}
		out = append(out, s)
	}
	return out
}

// replace returns text with the selected part replaced by part.
// Source: setFieldValue in filters/replacement of sigs.k8s.io/kustomize/api.
func (d delimiter) replace(text, part string) string {
	list := d.split(text)
	switch {
	case d.index < 0:
		list = append([]string{part}, list...)
	case d.index >= len(list):
		list = append(list, part)
	default:
		list[d.index] = part
	}
	return strings.Join(list, d.separator)
}
