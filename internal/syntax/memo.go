package syntax

import (
	"bytes"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A Memo keeps the parts of some sources that were parsed as YAML, so that the check of an
// edit and the scan of its result parse the same text once. A nil Memo keeps nothing. A Memo
// is not for concurrent use, and nobody may change what its methods return.
type Memo struct{ sources []memoSource }

type memoSource struct {
	src     []byte
	regions map[edit.Span]*yamlRegion
}

// NewMemo returns a Memo of the parts of sources, which must not change.
func NewMemo(sources ...[]byte) *Memo {
	m := &Memo{}
	for _, src := range sources {
		m.sources = append(m.sources, memoSource{src, map[edit.Span]*yamlRegion{}})
	}
	return m
}

// A partReader parses parts of one source. It keeps those of a source of a Memo.
type partReader struct{ memoSource }

// reader returns the partReader of src. It compares the whole text with the sources of the
// Memo: call it once for a source, not for each part.
func (m *Memo) reader(src []byte) partReader {
	if m != nil {
		for _, s := range m.sources {
			if bytes.Equal(s.src, src) {
				return partReader{s}
			}
		}
	}
	return partReader{memoSource{src: src}}
}

// read is readYAML for the source. Errors are not kept.
func (r partReader) read(span edit.Span) (*yamlRegion, error) {
	if known := r.regions[span]; known != nil {
		return known, nil
	}
	out, err := readYAML(r.src, span)
	if err == nil && r.regions != nil {
		r.regions[span] = out
	}
	return out, err
}
