// Package edit changes byte ranges of a text and nothing else.
//
// An [Edit] names a half-open byte range of the original and its new text. A
// list of edits is sorted and disjoint, which [Validate] checks. [Apply]
// applies it in one pass; [Invert] returns the edits that undo it. [Lines]
// turns byte offsets into lines and columns, [Unified] makes a unified diff
// from edits without comparing two texts, and [Map] maps decoded text to the
// source bytes that it was decoded from.
//
// Inside the program a position is a byte offset, 0-based, and a range is
// half-open. Lines and columns are for reports only: both are 1-based, a line
// ends at "\n", and a column counts code points.
package edit

import (
	"fmt"
	"sort"
	"strings"
)

// A Span is the half-open byte range [Start, End) of a text, 0-based.
type Span struct{ Start, End int }

// Len is the number of bytes in s.
func (s Span) Len() int { return s.End - s.Start }

// Contains reports whether s contains all of o. An empty o at either end of s
// is contained.
func (s Span) Contains(o Span) bool { return s.Start <= o.Start && o.End <= s.End }

// Overlaps reports whether s and o have a byte in common. An empty span
// overlaps nothing.
func (s Span) Overlaps(o Span) bool { return max(s.Start, o.Start) < min(s.End, o.End) }

// An Edit replaces the bytes of its span with New. An empty span inserts New.
type Edit struct {
	Span
	New string

	// IsWhole says that the span is a whole scalar of YAML or JSON without quotes, and
	// that New may have another type or quotes: 1.9 becomes v1.9 or "1.10". Without it,
	// those who verify edits reject such a change.
	//
	// In YAML, it also says that New are the first keys of a value that has none: an empty
	// span in a value {} or after a key without a value, or the span of a null. Such a null
	// becomes a mapping.
	IsWhole bool
}

// Sort orders edits by their start, then by their end.
func Sort(edits []Edit) {
	sort.SliceStable(edits, func(i, j int) bool {
		if edits[i].Start != edits[j].Start {
			return edits[i].Start < edits[j].Start
		}
		return edits[i].End < edits[j].End
	})
}

// Validate returns an error unless edits are sorted, disjoint and within a
// text of size bytes. Two insertions at the same offset are not disjoint,
// because nothing defines their order.
func Validate(edits []Edit, size int) error {
	for i, e := range edits {
		if e.Start < 0 || e.End < e.Start || e.End > size {
			return fmt.Errorf("edit %d: bytes %d to %d of a text of %d bytes", i, e.Start, e.End, size)
		}
		if i == 0 {
			continue
		}
		if p := edits[i-1]; e.Start < p.End || e.Span == p.Span {
			return fmt.Errorf("edits %d and %d overlap: bytes %d to %d and %d to %d", i-1, i, p.Start, p.End, e.Start, e.End)
		}
	}
	return nil
}

// Apply returns a copy of src with edits applied. It returns an error if
// Validate does.
func Apply(src []byte, edits []Edit) ([]byte, error) {
	if err := Validate(edits, len(src)); err != nil {
		return nil, err
	}
	size := len(src)
	for _, e := range edits {
		size += len(e.New) - e.Len()
	}
	out := make([]byte, 0, size)
	at := 0
	for _, e := range edits {
		out = append(out, src[at:e.Start]...)
		out = append(out, e.New...)
		at = e.End
	}
	return append(out, src[at:]...), nil
}

// Invert returns the edits that turn Apply(src, edits) back into src. There
// may be fewer of them: adjacent deletions are undone by one insertion, since
// two insertions at the same offset would have no order. It returns an error
// if Validate does.
func Invert(src []byte, edits []Edit) ([]Edit, error) {
	if err := Validate(edits, len(src)); err != nil {
		return nil, err
	}
	out := make([]Edit, 0, len(edits))
	shift := 0
	for _, e := range edits {
		start := e.Start + shift
		shift += len(e.New) - e.Len()
		inv := Edit{Span: Span{start, start + len(e.New)}, New: string(src[e.Start:e.End])}
		if n := len(out); n > 0 && inv.Len() == 0 && out[n-1].Span == inv.Span {
			out[n-1].New += inv.New
			continue
		}
		out = append(out, inv)
	}
	return out, nil
}

// ApplyString is like Apply for a short string, such as a decoded scalar.
func ApplyString(s string, edits []Edit) (string, error) {
	if err := Validate(edits, len(s)); err != nil {
		return "", err
	}
	var b strings.Builder
	at := 0
	for _, e := range edits {
		b.WriteString(s[at:e.Start])
		b.WriteString(e.New)
		at = e.End
	}
	b.WriteString(s[at:])
	return b.String(), nil
}
