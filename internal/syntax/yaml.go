package syntax

import (
	"errors"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// ParseYAML reads the documents of a YAML stream and finds the position of each
// node.
//
// Offsets are bytes of src, 0-based, including a byte order mark. Every scalar of
// src has a Span and a Map. ParseYAML verifies them: it decodes the token again
// and compares the result with the value. The Span of a block scalar extends
// from its | or > to the end of its last line of text, or of the last empty line
// that is part of the value, including the line break. The Spans of the
// documents cover the parts of src that were read without gaps. A source with
// comments only is one document without Root. An alias has a Target, which may
// contain the alias.
//
// If want is not nil, only the parts of the source for which want returns true
// are read. A part is one document (rarely several) with the comments in front
// of it. If a document refers to an anchor of an earlier document, all of src is
// read. Only parts that are read count for the limits of documents, lines, keys and
// items.
//
// The grammar is that of go.yaml.in/yaml/v3, which kyaml uses: YAML 1.1 with most
// of 1.2. Errors: ErrUTF16, ErrInnerBOM, ErrTooDeep, a *LimitError, and otherwise a
// *ParseError. Its line counts LF, as editors do. For an error inside a mapping
// or list it is often the line where the mapping or list starts.
func ParseYAML(src []byte, want func(chunk []byte) bool) (*File, error) {
	return (*Memo)(nil).ParseYAML(src, want)
}

// ParseYAML is [ParseYAML] for the Memo.
func (m *Memo) ParseYAML(src []byte, want func(chunk []byte) bool) (*File, error) {
	if err := checkYAMLEncoding(src); err != nil {
		return nil, err
	}
	whole := edit.Span{Start: 0, End: len(src)}
	parts := []edit.Span{whole}
	if want != nil {
		parts = wantedYAMLChunks(src, want)
	}
	if err := checkYAMLLimits(src, parts); err != nil {
		return nil, err
	}
	regions, err := m.reader(src).readAll(parts)
	if err != nil {
		return nil, err
	}
	f := &File{Complete: len(regions) == 1 && regions[0].span == whole}
	for _, r := range regions {
		f.Docs = append(f.Docs, r.docs...)
	}
	return f, nil
}

// maxUnreadParts bounds the parts of a source that a parser tries to read in vain.
const maxUnreadParts = 100

// ParseYAMLParts reads the documents of a YAML stream as [ParseYAML] does, each by itself. It
// also returns the parts that cannot be read. After 100 of these it reads no more. Errors
// are those of ParseYAML, except for a *ParseError.
func ParseYAMLParts(src []byte, want func(chunk []byte) bool) (docs []*Document, unread []edit.Span, err error) {
	return (*Memo)(nil).ParseYAMLParts(src, want)
}

// ParseYAMLParts is [ParseYAMLParts] for the Memo.
func (m *Memo) ParseYAMLParts(src []byte, want func(chunk []byte) bool) (docs []*Document, unread []edit.Span, err error) {
	if err := checkYAMLEncoding(src); errors.As(err, new(*ParseError)) {
		return nil, []edit.Span{{Start: 0, End: len(src)}}, nil
	} else if err != nil {
		return nil, nil, err
	}
	parts := m.reader(src)
	for c := range yamlChunks(src) {
		if want != nil && !want(src[c.Start:c.End]) {
			continue
		}
		if len(unread) >= maxUnreadParts {
			unread = append(unread, c)
			continue
		}
		if err := checkYAMLLimits(src, []edit.Span{c}); err != nil {
			return nil, nil, err
		}
		r, err := parts.read(c)
		switch wrong := (*ParseError)(nil); {
		case errors.As(err, &wrong):
			unread = append(unread, c)
		case err != nil:
			return nil, nil, err
		default:
			docs = append(docs, r.docs...)
		}
	}
	return docs, unread, nil
}

// readAll reads parts of src. If a part can be read only together with the
// rest, it reads all of src.
func (r partReader) readAll(parts []edit.Span) ([]*yamlRegion, error) {
	whole := edit.Span{Start: 0, End: len(r.src)}
	var out []*yamlRegion
	for _, p := range parts {
		region, err := r.read(p)
		if err == nil {
			out = append(out, region)
			continue
		}
		if p == whole {
			return nil, err
		}
		if err := checkYAMLLimits(r.src, []edit.Span{whole}); err != nil {
			return nil, err
		}
		if region, e := r.read(whole); e == nil {
			return []*yamlRegion{region}, nil
		}
		// Return the error of the part: the error of the whole may be in a
		// part that the caller did not want.
		return nil, err
	}
	return out, nil
}
