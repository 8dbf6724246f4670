package syntax

import (
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// ParseYAML reads the documents of a YAML stream and finds out where each
// node stands.
//
// Offsets are bytes of src, 0-based, a byte order mark counted. Every scalar
// that stands in src has its Span and its Map; they are proven by decoding the
// token again and comparing with the value. The Span of a block scalar goes
// from its | or > to behind the line break of its last line of text, or of
// the last empty line that is part of the value. The Spans of the documents
// tile what was read; a source of comments only is one document without Root.
// An alias has its Target, which may contain the alias.
//
// When want is not nil, only parts of the source that want is true of are
// read: each is one document (seldom more) with the comments before it. A
// document that refers to an anchor of an earlier one makes all of src be
// read.
//
// The grammar is that of go.yaml.in/yaml/v3 behind kyaml: YAML 1.1 with most
// of 1.2. Errors: ErrUTF16, ErrInnerBOM, ErrTooDeep, and for everything else
// a *ParseError, whose line counts LF as editors do; for a mapping or list
// that goes on wrongly it is often the line where that starts.
func ParseYAML(src []byte, want func(chunk []byte) bool) (*File, error) {
	if err := checkYAMLEncoding(src); err != nil {
		return nil, err
	}
	whole := edit.Span{Start: 0, End: len(src)}
	parts := []edit.Span{whole}
	if want != nil {
		parts = wantedYAMLChunks(src, yamlChunks(src), want)
	}
	regions, err := readYAMLParts(src, parts)
	if err != nil {
		return nil, err
	}
	f := &File{Complete: len(regions) == 1 && regions[0].span == whole}
	for _, r := range regions {
		f.Docs = append(f.Docs, r.docs...)
	}
	return f, nil
}

// readYAMLParts reads parts of src, or all of it if one of them can only be
// read as part of the whole.
func readYAMLParts(src []byte, parts []edit.Span) ([]*yamlRegion, error) {
	whole := edit.Span{Start: 0, End: len(src)}
	var out []*yamlRegion
	for _, p := range parts {
		r, err := readYAML(src, p)
		if err == nil {
			out = append(out, r)
			continue
		}
		if p == whole {
			return nil, err
		}
		if r, e := readYAML(src, whole); e == nil {
			return []*yamlRegion{r}, nil
		}
		// The part's own error: what else is wrong with the file stands in
		// parts that nobody asked for.
		return nil, err
	}
	return out, nil
}
