package syntax

import (
	"fmt"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A yamlRegion is a parsed part of a file. It consists of whole documents.
type yamlRegion struct {
	span   edit.Span    // in the file
	parsed []*yaml.Node // the documents as the decoder returned them
	docs   []*Document  // the same documents with positions in the file
}

// readYAML parses a part of src and finds the positions of its nodes.
func readYAML(src []byte, span edit.Span) (*yamlRegion, error) {
	parsed, err := decodeYAML(src, span)
	if err != nil {
		return nil, err
	}
	part := src[span.Start:span.End]
	l := &yamlLocator{file: src, src: part, base: span.Start, lines: newYAMLLines(part), anchors: map[*yaml.Node]*Node{}}
	r := &yamlRegion{span: span, parsed: parsed}
	if len(parsed) == 0 && span.Len() > 0 {
		r.docs = []*Document{{Span: span}}
	}
	start := 0
	for i, p := range parsed {
		if i > 0 {
			token, ok := l.lines.offset(p.Line, p.Column)
			if !ok {
				return nil, l.errNotFound(p)
			}
			start = yamlDocumentStart(part, start, token)
			r.docs[i-1].Span.End = span.Start + start
		}
		doc := &Document{Span: edit.Span{Start: span.Start + start, End: span.End}}
		r.docs = append(r.docs, doc)
		if isEmptyYAML(p) {
			continue
		}
		if doc.Root, err = l.node(p.Content[0]); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// isEmptyYAML reports whether a document is empty: it has not even a tag.
func isEmptyYAML(doc *yaml.Node) bool {
	if len(doc.Content) == 0 {
		return true
	}
	n := doc.Content[0]
	return n.Kind == yaml.ScalarNode && n.Value == "" && n.Style == 0 && n.Anchor == ""
}

// A yamlLocator converts nodes of the decoder to Nodes, and finds their
// positions.
type yamlLocator struct {
	file    []byte
	src     []byte // the part of file that was decoded
	base    int    // offset of src in file
	lines   *yamlLines
	anchors map[*yaml.Node]*Node

	nodes slab[Node]
	lists slab[*Node]
	runs  slab[edit.Run]
}

// node converts y and its children.
func (l *yamlLocator) node(y *yaml.Node) (*Node, error) {
	n := &l.nodes.alloc(1)[0]
	n.Kind, n.Style = yamlKind(y), yamlStyle(y)
	n.Tag, n.Value, n.Anchor = y.ShortTag(), y.Value, y.Anchor
	if n.Anchor != "" {
		// Set it before the children: one of them may be an alias of this node.
		l.anchors[y] = n
	}
	if n.Kind == Scalar && n.Style == Plain && n.Value == "" {
		return n, nil // the decoder's position of an empty scalar is not reliable
	}
	at, ok := l.lines.offset(y.Line, y.Column)
	switch {
	case !ok:
	case n.Kind == Scalar:
		ok = l.scalar(n, l.skipProperties(at, len(l.src)))
		if isYAMLNull(n) {
			n.Value, n.Map = "", nil
		}
	case n.Kind == Alias:
		n.Target = l.anchors[y.Alias]
		end := at + 1 + len(n.Value)
		ok = n.Target != nil && end <= len(l.src) && l.src[at] == '*' && string(l.src[at+1:end]) == n.Value
		n.Span = edit.Span{Start: l.base + at, End: l.base + end}
	default:
		// Further properties belong to the first key.
		own := 0
		if y.Anchor != "" {
			own++
		}
		if y.Style&yaml.TaggedStyle != 0 {
			own++
		}
		at = l.base + l.skipProperties(at, own)
		n.Span = edit.Span{Start: at, End: at}
	}
	if !ok {
		return nil, l.errNotFound(y)
	}
	if n.Kind == Mapping || n.Kind == Sequence {
		n.Children = l.lists.alloc(len(y.Content))
		for i, c := range y.Content {
			child, err := l.node(c)
			if err != nil {
				return nil, err
			}
			n.Children[i] = child
		}
	}
	return n, nil
}

// isYAMLNull reports whether the scalar n is a null: it has no text of its own.
// Source: https://yaml.org/spec/1.2.2/#103-core-schema
func isYAMLNull(n *Node) bool {
	if n.Tag != "!!null" {
		return false
	}
	switch n.Value {
	case "~", "null", "Null", "NULL":
		return true
	}
	return false
}

// errNotFound returns the error for a node that is not at the position that the
// decoder returned. Then the file is not edited.
func (l *yamlLocator) errNotFound(y *yaml.Node) error {
	line := min(max(y.Line, 1), len(l.lines.starts))
	return &ParseError{Line: yamlUserLine(l.file, l.base+l.lines.starts[line-1]), Msg: fmt.Sprintf("cannot find the position of %.40q", y.Value)}
}

// scalar finds the Span and the Map of n, whose token starts at src[at].
func (l *yamlLocator) scalar(n *Node, at int) bool {
	if from, end, ok := simpleYAMLScalar(l.src, at, n.Style, n.Value); ok {
		n.Span = edit.Span{Start: l.base + at, End: l.base + end}
		if n.Value != "" {
			n.Map = l.runs.alloc(1)
			n.Map[0] = edit.Run{Src: l.base + from, Len: len(n.Value)}
		}
		return true
	}
	t := &yamlToken{src: l.src, at: at, value: n.Value, ok: at < len(l.src)}
	switch n.Style {
	case Plain:
		t.plain()
	case SingleQuoted:
		t.quoted('\'')
	case DoubleQuoted:
		t.quoted('"')
	default:
		t.block()
	}
	if !t.ok || t.dec != len(t.value) {
		return false
	}
	n.Span = edit.Span{Start: l.base + at, End: l.base + t.at}
	n.Map = t.runs
	for i := range n.Map {
		n.Map[i].Src += l.base
	}
	return true
}

// skipProperties returns the offset of the token after up to count anchors and
// tags. An anchor ends where the decoder ends it: &a:b is the anchor a followed
// by ":b".
func (l *yamlLocator) skipProperties(at, count int) int {
	for ; count > 0 && at < len(l.src); count-- {
		switch l.src[at] {
		case '&':
			at++
			for at < len(l.src) && isYAMLAnchor(l.src[at]) {
				at++
			}
		case '!':
			for at < len(l.src) && !isYAMLBlank(l.src[at]) && yamlBreak(l.src, at) == 0 {
				at++
			}
		default:
			return at
		}
		at = l.skipSpace(at)
	}
	return at
}

// skipSpace returns the offset of the next token, after blanks, line breaks and
// comments.
func (l *yamlLocator) skipSpace(at int) int {
	for at < len(l.src) {
		if n := yamlBreak(l.src, at); n > 0 {
			at += n
		} else if isYAMLBlank(l.src[at]) {
			at++
		} else if l.src[at] == '#' {
			at = yamlLineEnd(l.src, at)
		} else {
			break
		}
	}
	return at
}

func isYAMLAnchor(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || c == '_' || c == '-'
}

func yamlKind(y *yaml.Node) Kind {
	switch y.Kind {
	case yaml.MappingNode:
		return Mapping
	case yaml.SequenceNode:
		return Sequence
	case yaml.AliasNode:
		return Alias
	}
	return Scalar
}

func yamlStyle(y *yaml.Node) Style {
	switch {
	case y.Style&yaml.DoubleQuotedStyle != 0:
		return DoubleQuoted
	case y.Style&yaml.SingleQuotedStyle != 0:
		return SingleQuoted
	case y.Style&yaml.LiteralStyle != 0:
		return Literal
	case y.Style&yaml.FoldedStyle != 0:
		return Folded
	}
	return Plain
}
