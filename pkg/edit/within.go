package edit

import "sort"

// Within returns the part of edits that lies in span. The edits are sorted and
// do not overlap.
func Within(edits []Edit, span Span) []Edit {
	first := sort.Search(len(edits), func(i int) bool { return edits[i].Start >= span.Start })
	end := first
	for end < len(edits) && span.Contains(edits[end].Span) {
		end++
	}
	return edits[first:end]
}

// DecodedEdits returns edits of the source as edits of the decoded text, and
// whether it could translate all of them. It leaves out an edit that touches
// source bytes that are not in the decoded text, such as an escape.
func (m Map) DecodedEdits(edits []Edit) (decoded []Edit, all bool) {
	all = true
	for _, e := range edits {
		start, end, ok := m.Decoded(e.Span)
		if !ok {
			all = false
			continue
		}
		decoded = append(decoded, Edit{Span: Span{Start: start, End: end}, New: e.New})
	}
	return decoded, all
}
