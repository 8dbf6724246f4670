package syntax

import (
	"bytes"
	"fmt"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

const (
	// maxJSONDepth is how deep collections may be nested, as in encoding/json.
	maxJSONDepth = 10_000

	// maxJSONNodes is how many nodes a source may have. A node takes 160
	// bytes; a list of one-digit numbers has one for every two bytes.
	maxJSONNodes = 8 << 20
)

// ParseJSON reads src as one or several JSON values that follow each other,
// with or without line breaks between them: each is a document, and the spans
// of the documents together are all of src. A source without a value is one
// empty document, an empty source has none.
//
// It takes what RFC 8259 allows, and beyond it what files written by hand
// hold: a byte order mark at the start, comments (// and /* */), a comma
// after the last item, and control characters other than NUL in strings.
// Other parts of JSON5 are errors. Strings decode as in encoding/json: half a
// surrogate pair and a byte that is no UTF-8 become U+FFFD, and no run covers
// them, so that no edit can fall on them. Numbers and literals keep their
// text. Duplicate keys are kept, and Tag of a number is !!int unless it has a
// fraction or an exponent.
//
// Every byte outside of the spans of the scalars is white space, punctuation
// or part of a comment. Values share memory with each other: clone one that
// is to outlive the tree.
//
// Errors: a *ParseError, or one that wraps [ErrTooDeep], [ErrTooMany],
// [ErrInnerBOM] or [ErrUTF16]. The whole source is read, or none of it.
func ParseJSON(src []byte) (*File, error) {
	p, err := parseJSON(src, maxJSONNodes)
	if err != nil {
		return nil, err
	}
	return &File{Docs: p.docs, Complete: true}, nil
}

// parseJSON is ParseJSON with a limit on the number of nodes, and returns the
// comments too.
func parseJSON(src []byte, limit int) (*jsonParser, error) {
	p := &jsonParser{src: src, limit: limit}
	if bytes.HasPrefix(src, []byte("\xff\xfe")) || bytes.HasPrefix(src, []byte("\xfe\xff")) ||
		bytes.HasPrefix(src, []byte("\x00\x00\xfe\xff")) {
		return nil, ErrUTF16
	}
	if i := bytes.IndexByte(src, 0); i >= 0 {
		return nil, p.errorAt(i, "NUL byte")
	}
	p.text = string(src)
	if bytes.HasPrefix(src, utf8BOM) {
		p.pos = len(utf8BOM)
	}
	return p, p.parseStream()
}

var utf8BOM = []byte("\xef\xbb\xbf")

// A jsonParser reads one source. It does not recurse: the open collections
// are a list, so that depth costs memory only.
type jsonParser struct {
	src            []byte
	text           string // src again: values without escapes are cut out of it
	pos            int
	docs           []*Document
	comments       []edit.Span // from // or /* on, without the line break
	trailingCommas int         // how many commas no item follows

	limit   int // how many nodes there still may be
	open    []openCollection
	pending []*Node // the children of all open collections

	nodes    slab[Node]
	children slab[*Node]
	runs     slab[edit.Run]

	buf     []byte     // a string being decoded
	bufRuns []edit.Run // and its runs
}

// A openCollection is an open collection; its children are pending[first:].
type openCollection struct {
	node  *Node
	first int
}

// parseStream reads all documents.
func (p *jsonParser) parseStream() error {
	start := 0
	for {
		if err := p.skipSpace(); err != nil {
			return err
		}
		if p.pos == len(p.src) {
			break
		}
		root, err := p.parseDocument()
		if err != nil {
			return err
		}
		end, err := p.skipToNextDocument()
		if err != nil {
			return err
		}
		p.docs = append(p.docs, &Document{Root: root, Span: edit.Span{Start: start, End: end}})
		start = end
	}
	switch {
	case len(p.docs) > 0:
		p.docs[len(p.docs)-1].Span.End = len(p.src)
	case len(p.src) > 0:
		p.docs = []*Document{{Span: edit.Span{Start: 0, End: len(p.src)}}}
	}
	return nil
}

// skipToNextDocument returns where the document whose value ends at p.pos is over:
// behind the line break, when nothing but a comment follows the value on its
// line, else right behind the value.
func (p *jsonParser) skipToNextDocument() (int, error) {
	end := p.pos
	for p.pos < len(p.src) {
		switch p.src[p.pos] {
		case ' ', '\t', '\r':
			p.pos++
		case '\n':
			p.pos++
			return p.pos, nil
		case '/':
			if err := p.skipComment(); err != nil {
				return 0, err
			}
		default:
			return end, nil
		}
	}
	return p.pos, nil
}

// parseDocument reads one value with all that is in it.
func (p *jsonParser) parseDocument() (*Node, error) {
	for {
		n, opened, err := p.parseNode()
		if err != nil {
			return nil, err
		}
		if opened {
			if err := p.skipSpace(); err != nil {
				return nil, err
			}
			if !p.atClose() {
				continue
			}
			n = p.closeCollection()
		}
		for due := false; !due; {
			if len(p.open) == 0 {
				return n, nil
			}
			p.pending = append(p.pending, n)
			if due, err = p.parseSeparator(); err != nil {
				return nil, err
			}
			if !due {
				n = p.closeCollection()
			}
		}
	}
}

// parseSeparator reads what stands behind a child of the innermost collection. It
// is true when another child is due, false at the end of the collection.
func (p *jsonParser) parseSeparator() (bool, error) {
	if err := p.skipSpace(); err != nil {
		return false, err
	}
	top := p.open[len(p.open)-1]
	isMap := top.node.Kind == Mapping
	c := p.peek()
	switch {
	case isMap && (len(p.pending)-top.first)%2 == 1:
		if c != ':' {
			return false, p.unexpected("a colon after the key")
		}
		p.pos++
		return true, p.skipSpace()
	case c == ',':
		p.pos++
		err := p.skipSpace()
		if p.atClose() {
			p.trailingCommas++
			return false, err
		}
		return true, err
	case p.atClose():
		return false, nil
	case isMap:
		return false, p.unexpected("a comma or }")
	}
	return false, p.unexpected("a comma or ]")
}

// parseNode reads a scalar, or opens a collection.
func (p *jsonParser) parseNode() (n *Node, opened bool, err error) {
	if p.limit--; p.limit < 0 {
		return nil, false, fmt.Errorf("line %d: %w", p.line(p.pos), ErrTooMany)
	}
	c := p.peek()
	if top := len(p.open) - 1; c != '"' && top >= 0 && p.open[top].node.Kind == Mapping &&
		(len(p.pending)-p.open[top].first)%2 == 0 {
		return nil, false, p.unexpected("a key in double quotes")
	}
	switch c {
	case '"':
		n, err = p.parseString()
		return n, false, err
	case '{', '[':
		if len(p.open) == maxJSONDepth {
			return nil, false, fmt.Errorf("line %d: %w", p.line(p.pos), ErrTooDeep)
		}
		n = &p.nodes.take(1)[0]
		n.Kind, n.Tag = Mapping, "!!map"
		if c == '[' {
			n.Kind, n.Tag = Sequence, "!!seq"
		}
		n.Span = edit.Span{Start: p.pos, End: p.pos}
		p.open = append(p.open, openCollection{n, len(p.pending)})
		p.pos++
		return n, true, nil
	}
	n, err = p.parseLiteral()
	return n, false, err
}

// atClose reports whether p is at the end of the innermost collection.
func (p *jsonParser) atClose() bool {
	if p.open[len(p.open)-1].node.Kind == Mapping {
		return p.peek() == '}'
	}
	return p.peek() == ']'
}

// closeCollection ends the innermost collection and returns it.
func (p *jsonParser) closeCollection() *Node {
	f := p.open[len(p.open)-1]
	p.open = p.open[:len(p.open)-1]
	f.node.Children = p.children.take(len(p.pending) - f.first)
	copy(f.node.Children, p.pending[f.first:])
	p.pending = p.pending[:f.first]
	p.pos++
	return f.node
}
