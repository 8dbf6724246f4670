package syntax

import (
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// compareMembers compares two mappings, member by member. a may have members that
// an edit adds.
func (v *jsonVerifier) compareMembers(b, a *Node) error {
	j := 0
	for i := 0; ; i += 2 {
		for ; j < len(a.Children); j += 2 {
			added, err := v.isAdded(a, a.Children[j], a.Children[j+1])
			if err != nil {
				return err
			}
			if !added {
				break
			}
		}
		if i == len(b.Children) && j == len(a.Children) {
			return nil
		}
		if i == len(b.Children) || j == len(a.Children) {
			return v.errorAt(b.Span.Start, "%d members became %d", len(b.Children)/2, len(a.Children)/2)
		}
		if err := v.compareNodes(b.Children[i], a.Children[j]); err != nil {
			return err
		}
		if err := v.compareNodes(b.Children[i+1], a.Children[j+1]); err != nil {
			return err
		}
		j += 2
	}
}

// isAdded reports whether an insertion adds the member (key, value) to a.
func (v *jsonVerifier) isAdded(a, key, value *Node) (bool, error) {
	i := sort.Search(len(v.edits), func(i int) bool {
		return v.edits[i].Start+v.shifts[i]+len(v.edits[i].New) >= key.Span.End
	})
	if i == len(v.edits) || v.edits[i].Len() > 0 {
		return false, nil
	}
	e := v.edits[i]
	start := e.Start + v.shifts[i]
	region := edit.Span{Start: start, End: start + len(e.New)}
	if !region.Contains(key.Span) {
		return false, nil
	}
	if value.Kind != Scalar || !region.Contains(value.Span) {
		return false, v.errorAt(e.Start, "the edit adds the key %q without a scalar as its value", key.Value)
	}
	for k := 0; k < len(a.Children); k += 2 {
		if c := a.Children[k]; c != key && c.Value == key.Value {
			return false, v.errorAt(e.Start, "the edit adds the key %q, which exists already", key.Value)
		}
	}
	for _, n := range []*Node{key, value} {
		if token := strings.Trim(e.New[n.Span.Start-start:n.Span.End-start], `"`); !isLiteralJSON(token) {
			return false, v.errorAt(e.Start, "the edit adds %q, which contains or needs an escape", token)
		}
	}
	return true, v.use(i, addsMember)
}

// isLiteralJSON reports whether s is literal text in a JSON string: it needs no
// escape and contains no escape.
func isLiteralJSON(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return r < ' ' || r == '"' || r == '\\'
	})
}
