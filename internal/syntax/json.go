package syntax

import (
	"bytes"
	"fmt"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

const (
	// maxJSONDepth is the largest nesting depth, as in encoding/json.
	maxJSONDepth = 10_000

	// maxJSONNodes is the largest number of nodes of a source. A node takes 160
	// bytes; a list of one-digit numbers has a node for every two bytes.
	maxJSONNodes = 8 << 20
)

// ParseJSON reads src as a sequence of JSON values, with or without line breaks
// between them. Each value is a document, and the spans of the documents
// together cover src. A source without a value is one empty document; an empty
// source has no documents.
//
// ParseJSON accepts RFC 8259 and in addition what files written by hand contain:
// a byte order mark at the start, comments (// and /* */), a comma after the
// last item, and control characters except NUL in strings. Other parts of JSON5
// are errors. Strings are decoded as in encoding/json: half a surrogate pair,
// and a byte that is not UTF-8, become U+FFFD; no run covers them, so that no
// edit can change them. Numbers, true, false and null keep their text. Duplicate
// keys are kept. The Tag of a number is !!int unless it has a fraction or an
// exponent.
//
// Every byte outside the spans of the scalars is white space, punctuation or
// part of a comment. Values share memory with each other: clone a value that
// outlives the tree.
//
// The error is a *ParseError, or it wraps [ErrTooDeep], [ErrTooMany],
// [ErrInnerBOM] or [ErrUTF16]. Then nothing of the source is returned.
func ParseJSON(src []byte) (*File, error) {
	p, err := parseJSON(src, maxJSONNodes)
	if err != nil {
		return nil, err
	}
	return &File{Docs: p.docs, Complete: true}, nil
}

// parseJSON is like ParseJSON with a limit on the number of nodes. The result
// also has the comments.
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

// A jsonParser reads a source. It does not recurse: it keeps a list of the open
// collections, so that the depth is limited by memory only, not by the stack.
type jsonParser struct {
	src            []byte
	text           string // src as a string; values without escapes are substrings of it
	pos            int
	docs           []*Document
	comments       []edit.Span // including // or /* */, without the line break
	trailingCommas int         // number of commas after the last item of a collection

	limit   int // number of nodes that are still allowed
	open    []openCollection
	pending []*Node // the children of all open collections

	nodes    slab[Node]
	children slab[*Node]
	runs     slab[edit.Run]

	buf     []byte     // the string that is being decoded
	bufRuns []edit.Run // the runs of buf
}

// An openCollection is a collection that is being read; its children are
// pending[first:].
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

// skipToNextDocument returns the end of the document whose value ends at p.pos:
// after the line break, if only a comment follows the value on its line, or else
// directly after the value.
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

// parseDocument reads one value.
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
		for another := false; !another; {
			if len(p.open) == 0 {
				return n, nil
			}
			p.pending = append(p.pending, n)
			if another, err = p.parseSeparator(); err != nil {
				return nil, err
			}
			if !another {
				n = p.closeCollection()
			}
		}
	}
}

// parseSeparator reads the punctuation after a child of the innermost
// collection. another is false at the end of the collection.
func (p *jsonParser) parseSeparator() (another bool, err error) {
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

// parseNode reads a scalar, or the opening bracket of a collection.
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
		n = &p.nodes.alloc(1)[0]
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

// atClose reports whether p is at the closing bracket of the innermost
// collection.
func (p *jsonParser) atClose() bool {
	if p.open[len(p.open)-1].node.Kind == Mapping {
		return p.peek() == '}'
	}
	return p.peek() == ']'
}

// closeCollection reads the closing bracket of the innermost collection and
// returns the collection.
func (p *jsonParser) closeCollection() *Node {
	f := p.open[len(p.open)-1]
	p.open = p.open[:len(p.open)-1]
	f.node.Children = p.children.alloc(len(p.pending) - f.first)
	copy(f.node.Children, p.pending[f.first:])
	p.pending = p.pending[:f.first]
	p.pos++
	return f.node
}
