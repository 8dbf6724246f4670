package edit

import "bytes"

// LineSpans returns the lines of src, each with its line break. A line ends at
// "\n".
func LineSpans(src []byte) []Span {
	var out []Span
	for start := 0; start < len(src); {
		end := len(src)
		if i := bytes.IndexByte(src[start:], '\n'); i >= 0 {
			end = start + i + 1
		}
		out = append(out, Span{Start: start, End: end})
		start = end
	}
	return out
}
