package edit

import "sort"

// A Run says that Len bytes of decoded text at offset Dec stand, byte for
// byte, at offset Src of the source.
type Run struct{ Dec, Src, Len int }

// A Map leads from decoded text (the value of a scalar, a masked template)
// back to the bytes of its source. Its runs are sorted by Dec and by Src, since
// decoding never changes an order, and disjoint in both; decoded bytes that no
// run covers were made by an escape or a folded line break and do not stand in
// the source as they are.
type Map []Run

// Identity is the map of a text of n bytes that stands unchanged at offset src.
func Identity(src, n int) Map { return Map{{0, src, n}} }

// Span returns the source bytes of decoded [start, end). It is false unless
// they stand in the source contiguously and as they are. An empty range is
// mapped when a run touches it; where one run ends and another begins, to the
// end of the first.
func (m Map) Span(start, end int) (Span, bool) {
	if start > end {
		return Span{}, false
	}
	i := m.after(start)
	for start == end && i > 0 && m[i-1].Dec+m[i-1].Len == start {
		i-- // to the run that ends here
	}
	if i == len(m) || m[i].Dec > start {
		return Span{}, false
	}
	r := m[i]
	// A text may be cut into runs that join without a gap.
	for ; r.Dec+r.Len < end; i++ {
		if i+1 == len(m) || m[i+1].Dec != r.Dec+r.Len || m[i+1].Src != r.Src+r.Len {
			return Span{}, false
		}
		r.Len += m[i+1].Len
	}
	return Span{r.Src + start - r.Dec, r.Src + end - r.Dec}, true
}

// after returns the index of the first run that ends beyond decoded offset dec.
func (m Map) after(dec int) int {
	return sort.Search(len(m), func(i int) bool { return m[i].Dec+m[i].Len > dec })
}

// Enclosing returns the source range from the first to the last source byte of
// decoded [start, end), whatever stands between: for a message, not for an
// edit. It is false when no run has a byte of the range.
func (m Map) Enclosing(start, end int) (Span, bool) {
	out, ok := Span{}, false
	if start >= end {
		return out, false
	}
	first, last := m.after(start), m.after(end-1)
	if last == len(m) || m[last].Dec >= end {
		last--
	}
	if first <= last {
		a, z := m[first], m[last]
		out = Span{a.Src + max(start-a.Dec, 0), z.Src + min(end-z.Dec, z.Len)}
		ok = true
	}
	return out, ok
}

// Decoded is the inverse of Span: the decoded range of the source bytes s. It
// is false unless all of them came into the decoded text, next to each other.
func (m Map) Decoded(s Span) (start, end int, ok bool) {
	inverse := make(Map, 0, 4)
	i := sort.Search(len(m), func(i int) bool { return m[i].Src+m[i].Len >= s.Start })
	for ; i < len(m) && m[i].Src <= s.End; i++ {
		inverse = append(inverse, Run{m[i].Src, m[i].Dec, m[i].Len})
	}
	d, ok := inverse.Span(s.Start, s.End)
	return d.Start, d.End, ok
}

// Compose returns the map from the text that m decodes to, through by, whose
// decoded text is m's source, to by's source. The place of an empty text stays
// known if by knows it.
func (m Map) Compose(by Map) Map {
	var out Map
	for _, r := range m {
		if s, ok := by.Span(r.Src, r.Src); ok && r.Len == 0 {
			out = append(out, Run{r.Dec, s.Start, 0})
		}
		for _, q := range by[by.after(r.Src):] {
			if q.Dec >= r.Src+r.Len {
				break
			}
			a, b := max(r.Src, q.Dec), min(r.Src+r.Len, q.Dec+q.Len)
			if a < b {
				out = append(out, Run{r.Dec + a - r.Src, q.Src + a - q.Dec, b - a})
			}
		}
	}
	return out
}

// Slice returns the map of the decoded text [start, end), whose first byte is 0.
func (m Map) Slice(start, end int) Map {
	var out Map
	for i := sort.Search(len(m), func(i int) bool { return m[i].Dec+m[i].Len >= start }); i < len(m) && m[i].Dec <= end; i++ {
		r := m[i]
		if a, b := max(r.Dec, start), min(r.Dec+r.Len, end); a < b || start == end && a == b {
			out = append(out, Run{Dec: a - start, Src: r.Src + a - r.Dec, Len: b - a})
		}
	}
	return out
}
