package helm

import (
	"slices"
	"strings"
)

// A textIndex finds which of its texts a string begins with. The time does not grow
// with the number of texts, except for its logarithm.
type textIndex struct {
	texts  []string // sorted, without duplicates
	number []int    // the smallest number of each text, in the list that newTextIndex got
}

// newTextIndex returns the index of texts. It ignores empty texts.
func newTextIndex(texts []string) *textIndex {
	order := make([]int, 0, len(texts))
	for i, text := range texts {
		if text != "" {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return strings.Compare(texts[a], texts[b]) })
	x := &textIndex{}
	for _, i := range order {
		if n := len(x.texts); n == 0 || x.texts[n-1] != texts[i] {
			x.texts, x.number = append(x.texts, texts[i]), append(x.number, i)
		}
	}
	return x
}

// eachPrefix calls do for each text that s begins with, the shortest first.
func (x *textIndex) eachPrefix(s string, do func(text string, number int)) {
	low, high := 0, len(x.texts) // the texts that begin with s[:n]
	for n := 0; low < high; n++ {
		if len(x.texts[low]) == n { // the first one in this range: it is s[:n]
			do(x.texts[low], x.number[low])
			low++
		}
		if n == len(s) {
			return
		}
		part := x.texts[low:high]
		from, _ := slices.BinarySearchFunc(part, s[n], func(text string, c byte) int { return int(text[n]) - int(c) })
		to, _ := slices.BinarySearchFunc(part[from:], s[n], func(text string, c byte) int {
			if text[n] <= c {
				return -1
			}
			return 1
		})
		low, high = low+from, low+from+to
	}
}

// eachPart calls do for each text that s contains between two component boundaries, as
// isPartOf does. It may call do several times for a text.
func (x *textIndex) eachPart(s string, do func(number int)) {
	for start := range len(s) {
		if !beginsPart(s, start) {
			continue
		}
		x.eachPrefix(s[start:], func(text string, number int) {
			if end := start + len(text); end == len(s) || isBoundary(s[end]) {
				do(number)
			}
		})
	}
}

// A partIndex reports whether one of several references contains a text between two
// component boundaries.
type partIndex struct {
	refs   []string // without duplicates
	joined string   // each reference and a NUL
	starts []int32  // where parts begin in joined, sorted by the text that follows
	ends   string   // the boundaries that occur in joined
}

// maxIndexedPart is the length of the longest text for which a partIndex needs no
// search in each reference. It bounds the time for references that repeat themselves.
const maxIndexedPart = 256

// newPartIndex returns the index of refs, which has no duplicates.
func newPartIndex(refs []string) *partIndex {
	x := &partIndex{refs: refs, joined: strings.Join(refs, "\x00") + "\x00", ends: "\x00"}
	offset := 0
	for _, ref := range refs {
		for start := range len(ref) {
			if beginsPart(ref, start) {
				x.starts = append(x.starts, int32(offset+start))
			}
			if c := ref[start]; isBoundary(c) && strings.IndexByte(x.ends, c) < 0 {
				x.ends += string(rune(c))
			}
		}
		offset += len(ref) + 1
	}
	slices.SortFunc(x.starts, func(a, b int32) int { return strings.Compare(x.at(a), x.at(b)) })
	return x
}

// at returns the text at start, as far as it is indexed.
func (x *partIndex) at(start int32) string {
	return x.joined[start:min(len(x.joined), int(start)+maxIndexedPart+1)]
}

// has reports whether isPartOf(part, ref) holds for one of the references.
func (x *partIndex) has(part string) bool {
	if len(part) > maxIndexedPart || strings.Contains(part, "\x00") {
		return slices.ContainsFunc(x.refs, func(ref string) bool { return isPartOf(part, ref) })
	}
	for i := range len(x.ends) {
		want := part + x.ends[i:i+1]
		at, _ := slices.BinarySearchFunc(x.starts, want, func(start int32, want string) int { return strings.Compare(x.at(start), want) })
		if at < len(x.starts) && strings.HasPrefix(x.at(x.starts[at]), want) {
			return true
		}
	}
	return false
}

// withoutDuplicates returns the first of each of texts, in their order.
func withoutDuplicates(texts []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, text := range texts {
		if !seen[text] {
			seen[text] = true
			out = append(out, text)
		}
	}
	return out
}
