package edit

import "sort"

// A Run says that the Len bytes of decoded text at offset Dec are, byte for
// byte, the source bytes at offset Src.
type Run struct{ Dec, Src, Len int }

// A Map maps decoded text (the value of a scalar, a masked template) to the
// bytes of its source. Its runs are sorted by Dec and by Src, since decoding
// keeps the order, and are disjoint in both. Decoded bytes that no run covers
// come from an escape or a folded line break; the source does not contain them
// literally. A run of no bytes marks source bytes that make no text, such as the
// end of a line that is continued.
type Map []Run

// Identity returns the map of a text of n bytes that is unchanged in the
// source at offset src.
func Identity(src, n int) Map { return Map{{0, src, n}} }

// Span returns the source range of decoded [start, end). ok is false unless
// the source contains these bytes literally and contiguously. An empty range is
// mapped if a run touches it; where one run ends and the next begins, it maps
// to the end of the first.
func (m Map) Span(start, end int) (s Span, ok bool) {
	if start > end {
		return Span{}, false
	}
	i := m.after(start)
	for start == end && i > 0 && m[i-1].Dec+m[i-1].Len == start {
		i-- // the run that ends here
	}
	if i == len(m) || m[i].Dec > start {
		return Span{}, false
	}
	r := m[i]
	// Adjacent runs count as one.
	for ; r.Dec+r.Len < end; i++ {
		if i+1 == len(m) || m[i+1].Dec != r.Dec+r.Len || m[i+1].Src != r.Src+r.Len {
			return Span{}, false
		}
		r.Len += m[i+1].Len
	}
	return Span{r.Src + start - r.Dec, r.Src + end - r.Dec}, true
}

// EscapedSpan is Span for text in which the source may have escape sequences: docker.io\/a
// for docker.io/a. It returns the source range of decoded [start, end). ok is false if the
// first or the last byte is escaped, or if the source has bytes in the range that make no
// text, such as the end of a line that is continued.
func (m Map) EscapedSpan(start, end int) (s Span, ok bool) {
	if start >= end {
		return Span{}, false
	}
	first, last := m.after(start), m.after(end-1)
	if last == len(m) || m[first].Dec > start || m[last].Dec >= end || !m.hasEscapesOnly(first, last) {
		return Span{}, false
	}
	return Span{m[first].Src + start - m[first].Dec, m[last].Src + end - m[last].Dec}, true
}

// EscapedDecoded is the inverse of EscapedSpan: it returns the decoded range of the source
// bytes s.
func (m Map) EscapedDecoded(s Span) (start, end int, ok bool) {
	if s.Len() <= 0 {
		return 0, 0, false
	}
	at := func(src int) int {
		return sort.Search(len(m), func(i int) bool { return m[i].Src+m[i].Len > src })
	}
	first, last := at(s.Start), at(s.End-1)
	if last == len(m) || m[first].Src > s.Start || m[last].Src >= s.End || !m.hasEscapesOnly(first, last) {
		return 0, 0, false
	}
	return m[first].Dec + s.Start - m[first].Src, m[last].Dec + s.End - m[last].Src, true
}

// hasEscapesOnly reports whether the source bytes between the runs from first to last make
// text, wherever a run ends.
func (m Map) hasEscapesOnly(first, last int) bool {
	for i := first; i < last; i++ {
		if m[i+1].Dec == m[i].Dec+m[i].Len || m[i+1].Len == 0 {
			return false
		}
	}
	return true
}

// after returns the index of the first run that ends beyond decoded offset dec.
func (m Map) after(dec int) int {
	return sort.Search(len(m), func(i int) bool { return m[i].Dec+m[i].Len > dec })
}

// Enclosing returns the source range from the first to the last source byte of
// decoded [start, end), including any source bytes between them that the
// decoded text lacks. It serves messages, not edits. ok is false if no run
// covers a byte of the range.
func (m Map) Enclosing(start, end int) (s Span, ok bool) {
	if start >= end {
		return Span{}, false
	}
	first, last := m.after(start), m.after(end-1)
	if last == len(m) || m[last].Dec >= end {
		last--
	}
	if first > last {
		return Span{}, false
	}
	a, z := m[first], m[last]
	return Span{a.Src + max(start-a.Dec, 0), z.Src + min(end-z.Dec, z.Len)}, true
}

// Decoded is the inverse of Span: it returns the decoded range of the source
// bytes s. ok is false unless the decoded text contains all of these bytes
// contiguously.
func (m Map) Decoded(s Span) (start, end int, ok bool) {
	inverse := make(Map, 0, 4)
	i := sort.Search(len(m), func(i int) bool { return m[i].Src+m[i].Len >= s.Start })
	for ; i < len(m) && m[i].Src <= s.End; i++ {
		inverse = append(inverse, Run{m[i].Src, m[i].Dec, m[i].Len})
	}
	d, ok := inverse.Span(s.Start, s.End)
	return d.Start, d.End, ok
}

// Compose returns the map from m's decoded text to by's source, where by's
// decoded text is m's source. An empty run is kept if by maps its position.
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
			if a < b || a == b && q.Len == 0 {
				out = append(out, Run{r.Dec + a - r.Src, q.Src + a - q.Dec, b - a})
			}
		}
	}
	return out
}

// Slice returns the map of decoded [start, end); start becomes offset 0.
func (m Map) Slice(start, end int) Map {
	var out Map
	for i := sort.Search(len(m), func(i int) bool { return m[i].Dec+m[i].Len >= start }); i < len(m) && m[i].Dec <= end; i++ {
		r := m[i]
		if a, b := max(r.Dec, start), min(r.Dec+r.Len, end); a < b || a == b && (start == end || r.Len == 0) {
			out = append(out, Run{Dec: a - start, Src: r.Src + a - r.Dec, Len: b - a})
		}
	}
	return out
}
