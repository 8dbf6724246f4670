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
	maxYAMLParts     = 500_000 // lines, keys and items, see countYAMLParts; 1.3 kB each
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
		part := src[s.Start:s.End]
		documents += 1 + bytes.Count(part, []byte("\n---"))
		parts += countYAMLParts(part)
	}
	if documents > maxYAMLDocuments {
		return &LimitError{"YAML documents", maxYAMLDocuments}
	}
	if parts > maxYAMLParts {
		return &LimitError{"lines, keys and items", maxYAMLParts}
	}
	return nil
}

// countYAMLParts returns a number that is not smaller than that of the nodes in the tree
// of src. It counts the characters that begin a node; those in strings, too.
func countYAMLParts(src []byte) int {
	n := 1
	for i, c := range src {
		switch c {
		case ',', ':', '[', '{', '\n':
			n++
		case '-', '?': // an item or a key, if a blank follows
			if i+1 < len(src) && (src[i+1] == ' ' || src[i+1] == '\t') {
				n++
			}
		}
	}
	return n
}
