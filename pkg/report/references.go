package report

import (
	"cmp"
	"slices"
	"strings"
)

// A reference is a reference that moves, and all its findings.
type reference struct {
	old, new string
	all      []fileFinding
}

// references returns the references that move, the most frequent first. The sum
// of their findings is the number in the headline.
func (s *summary) references() []reference {
	var out []reference
	index := map[[2]string]int{}
	for _, x := range s.moved {
		key := [2]string{x.Old, x.New}
		i, ok := index[key]
		if !ok {
			i = len(out)
			index[key] = i
			out = append(out, reference{old: x.Old, new: x.New})
		}
		out[i].all = append(out[i].all, x)
	}
	slices.SortStableFunc(out, func(a, b reference) int {
		return cmp.Or(len(b.all)-len(a.all), strings.Compare(a.old, b.old), strings.Compare(a.new, b.new))
	})
	return out
}
