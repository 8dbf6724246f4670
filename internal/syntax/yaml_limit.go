package syntax

import (
	"bytes"
	"fmt"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// Limits of what [ParseYAML] reads of one source. A tree needs a hundred times the memory
// of its text: the comments say about how much a part needs.
const (
	maxYAMLDocuments = 50_000  // 7 kB each
	maxYAMLParts     = 500_000 // lines, keys and items, see CountYAMLParts; 1.3 kB each
)

// A LimitError says that a source has more parts than are read into memory.
type LimitError struct {
	Parts string // what the source has too much of, such as "YAML documents"
	Max   int
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("it has more than %d %s; such files are only searched", e.Max, e.Parts)
}

// checkYAMLLimits returns a *LimitError if spans, parts of src, have too much to be read.
func checkYAMLLimits(src []byte, spans []edit.Span) error {
	size := 0
	for _, s := range spans {
		size += s.Len()
	}
	if size < 4*maxYAMLDocuments {
		return nil // a document has at least four bytes, another part at least one
	}
	documents, parts := 0, 0
	for _, s := range spans {
		d, p := CountYAMLParts(src[s.Start:s.End])
		documents += d
		parts += p
	}
	if documents > maxYAMLDocuments {
		return &LimitError{"YAML documents", maxYAMLDocuments}
	}
	if parts > maxYAMLParts {
		return &LimitError{"lines, keys and items", maxYAMLParts}
	}
	return nil
}

// CountYAMLParts returns the number of the lines --- or ... of src, whichever is more, and
// a number that is not smaller than that of the nodes in the trees of src. It counts the
// characters that begin a node; those in strings, too. Lines end at the breaks of YAML 1.1.
func CountYAMLParts(src []byte) (documents, parts int) {
	starts, ends := 1, 0
	parts = 1
	for i, c := range src {
		switch c {
		case ',', ':', '[', '{':
			parts++
		case '\n', '\r', 0x85, 0xA8, 0xA9: // a break ends with one of them
			if isYAMLBreakEnd(src, i) {
				parts++
				switch rest := src[i+1:]; {
				case bytes.HasPrefix(rest, []byte("---")):
					starts++
				case bytes.HasPrefix(rest, []byte("...")):
					ends++
				}
			}
		case '-', '?': // an item or a key, if a blank or a break follows
			if i+1 < len(src) && (isYAMLBlank(src[i+1]) || yamlBreak(src, i+1) > 0) {
				parts++
			}
		}
	}
	return max(starts, ends), parts
}

// isYAMLBreakEnd reports whether a line break ends with src[i].
func isYAMLBreakEnd(src []byte, i int) bool {
	switch src[i] {
	case '\n':
		return true
	case '\r':
		return i+1 == len(src) || src[i+1] != '\n'
	case 0x85:
		return i > 0 && yamlBreak(src, i-1) == 2
	}
	return i > 1 && yamlBreak(src, i-2) == 3
}
