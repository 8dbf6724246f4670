package format

import (
	"slices"
	"sort"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A scanBatch finds what a result has at a place of the file, while many references are
// replaced. What is removed stays in the result until the batch ends.
type scanBatch struct {
	occurrences, contexts spanIndex
	isIndexed             bool // from the first use on
}

// A spanIndex has the indexes of items by the parts of the file that they lie in.
type spanIndex struct {
	parts   map[int][]int32
	removed []bool
}

// partLen is the length of a part of the file in a spanIndex, in bytes.
const partLen = 1024

// add adds the next item, which has the given spans.
func (x *spanIndex) add(spans ...edit.Span) {
	i := int32(len(x.removed))
	x.removed = append(x.removed, false)
	for _, s := range spans {
		for part := s.Start / partLen; part <= s.End/partLen; part++ {
			x.parts[part] = append(x.parts[part], i)
		}
	}
}

// near calls do for the items that may overlap s, until it returns false. It may call it
// more than once for an item.
func (x *spanIndex) near(s edit.Span, do func(i int) bool) {
	for part := s.Start / partLen; part <= s.End/partLen; part++ {
		for _, i := range x.parts[part] {
			if !x.removed[i] && !do(int(i)) {
				return
			}
		}
	}
}

// inBatch calls do. In it, replace and remove take a time that does not depend on the
// number of occurrences, and Occurrences and Contexts still have what was removed.
func (s *ScanResult) inBatch(do func()) {
	if s.batch != nil {
		do()
		return
	}
	s.batch = &scanBatch{}
	n := len(s.Contexts)
	do()
	b := s.batch
	s.batch = nil
	if !b.isIndexed {
		return
	}
	isAdded := len(s.Contexts) > n
	s.Occurrences = withoutRemoved(s.Occurrences, b.occurrences.removed)
	s.Contexts = withoutRemoved(s.Contexts, b.contexts.removed)
	if isAdded {
		sort.SliceStable(s.Contexts, func(i, j int) bool { return s.Contexts[i].Mark.Start < s.Contexts[j].Mark.Start })
	}
}

// index returns the batch with the indexes of what s has.
func (s *ScanResult) index() *scanBatch {
	b := s.batch
	if !b.isIndexed {
		b.isIndexed = true
		b.occurrences.parts, b.contexts.parts = map[int][]int32{}, map[int][]int32{}
		for i := range s.Occurrences {
			b.occurrences.add(pieceSpans(&s.Occurrences[i])...)
		}
		for i := range s.Contexts {
			b.contexts.add(s.Contexts[i].Mark)
		}
	}
	return b
}

func withoutRemoved[T any](all []T, removed []bool) []T {
	i := -1
	return slices.DeleteFunc(all, func(T) bool { i++; return removed[i] })
}

func pieceSpans(o *Occurrence) []edit.Span {
	out := make([]edit.Span, len(o.Pieces))
	for i := range o.Pieces {
		out[i] = o.Pieces[i].Span
	}
	return out
}

// replace adds all, and removes what the scan found at their pieces. It does nothing if
// an occurrence there is in scope.
func (s *ScanResult) replace(all ...Occurrence) {
	s.inBatch(func() {
		var spans []edit.Span
		for i := range all {
			switch all[i].Scope {
			case Scripts:
				all[i].OutOfScope = ScriptText
			case Code:
				all[i].OutOfScope = CodeText
			}
			spans = append(spans, pieceSpans(&all[i])...)
		}
		if s.remove(spans) {
			for i := range all {
				s.index().occurrences.add(pieceSpans(&all[i])...)
			}
			s.Occurrences = append(s.Occurrences, all...)
		}
	})
}

// remove removes what the scan found at spans. It does nothing, and returns false, if
// an occurrence there is in scope. It is called in a batch.
func (s *ScanResult) remove(spans []edit.Span) bool {
	var found []int
	isInScope := false
	for _, span := range spans {
		s.index().occurrences.near(span, func(i int) bool {
			o := &s.Occurrences[i]
			if slices.ContainsFunc(o.Pieces, func(p Piece) bool { return p.Span.Start < span.End && span.Start < p.Span.End }) {
				found = append(found, i)
				isInScope = isInScope || o.OutOfScope == ""
			}
			return !isInScope
		})
	}
	if isInScope {
		return false
	}
	for _, i := range found {
		s.index().occurrences.removed[i] = true
	}
	for _, span := range spans {
		s.index().contexts.near(span, func(i int) bool {
			if m := s.Contexts[i].Mark; m.Start < span.End && span.Start < m.End {
				s.index().contexts.removed[i] = true
			}
			return true
		})
	}
	return true
}

// addContexts adds contexts, in any order. It is called in a batch.
func (s *ScanResult) addContexts(all ...Context) {
	for i := range all {
		s.index().contexts.add(all[i].Mark)
	}
	s.Contexts = append(s.Contexts, all...)
}

// hasNear reports whether is holds for one of the occurrences that may overlap span. It is
// called in a batch.
func (s *ScanResult) hasNear(span edit.Span, is func(o *Occurrence) bool) (found bool) {
	s.index().occurrences.near(span, func(i int) bool {
		found = is(&s.Occurrences[i])
		return !found
	})
	return found
}
