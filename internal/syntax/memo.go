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

// read is readYAML for the Memo. Errors are not kept.
func (m *Memo) read(src []byte, span edit.Span) (*yamlRegion, error) {
	if m != nil {
		for _, s := range m.sources {
			if !bytes.Equal(s.src, src) {
				continue
			}
			if r := s.regions[span]; r != nil {
				return r, nil
			}
			r, err := readYAML(src, span)
			if err == nil {
				s.regions[span] = r
			}
			return r, err
		}
	}
	return readYAML(src, span)
}
