// Package syntax reads YAML and JSON files as trees whose scalars have positions
// in the source.
//
// [ParseYAML] and [ParseJSON] return the same kind of tree, so that the search
// for references is written once. [VerifyYAML] and [VerifyJSON] compare a file
// before and after edits. The package cannot print a tree: files are changed by
// editing their bytes (package edit), never by printing a tree.
package syntax

import (
	"sort"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A Kind is the kind of a Node.
type Kind uint8

// The kinds of nodes.
const (
	Scalar   Kind = iota
	Mapping       // Children are key, value, key, value, …
	Sequence      // Children are the items
	Alias         // Value is the name of the anchor; see Node.Target
)

// A Style says how a scalar is written.
type Style uint8

// The styles of scalars. A JSON string is DoubleQuoted; a JSON number, true,
// false or null is Plain.
const (
	Plain Style = iota
	SingleQuoted
	DoubleQuoted
	Literal // block scalar, |
	Folded  // block scalar, >
)

// A Node is one node of a tree.
type Node struct {
	Kind     Kind
	Style    Style  // of a scalar
	Tag      string // short form of the resolved tag: !!str, !!int, !!map, or the tag in the file
	Value    string // of a scalar: decoded, empty for null; of an alias: the anchor's name
	Anchor   string
	Children []*Node

	// Span is the position of the node's token in the source. For a scalar it
	// includes quotes and the header of a block scalar, but not the anchor and
	// the tag. For an alias it begins with the *. For a mapping or sequence it
	// is an empty span at the first byte. It is empty for an empty scalar
	// (`a:`).
	Span edit.Span

	// Map maps the Value of a scalar to the source.
	Map edit.Map

	// Target is the node that an alias refers to, or nil if the document with
	// the anchor was not read. It may contain the alias itself, so a recursion
	// that follows Target may not end.
	Target *Node

	fields map[string]*Node // of a large mapping, set by Field
}

// A Document is one document of a stream.
type Document struct {
	Root *Node     // nil for an empty document
	Span edit.Span // up to the next document; includes directives and comments in front of the document
}

// A File is the content of a source.
type File struct {
	Docs []*Document

	// Complete is false if only the wanted parts of the source were read; see
	// ParseYAML.
	Complete bool
}

// Field returns the value of key in the mapping n. It returns nil if there is no
// such key, or if n is nil or not a mapping. If a key is duplicated, the first
// one counts. If the value is an alias, Field returns its target. Only one
// goroutine may call Field on a node at a time.
func (n *Node) Field(key string) *Node {
	if n == nil || n.Kind != Mapping {
		return nil
	}
	const large = 64 // number of children from which an index is faster than a loop
	if len(n.Children) >= large {
		if n.fields == nil {
			n.fields = n.index()
		}
		return n.fields[key].Resolve()
	}
	for i := 0; i+1 < len(n.Children); i += 2 {
		if k := n.Children[i]; k.Kind == Scalar && k.Value == key {
			return n.Children[i+1].Resolve()
		}
	}
	return nil
}

// index returns the values of the mapping n by key.
func (n *Node) index() map[string]*Node {
	fields := make(map[string]*Node, len(n.Children)/2)
	for i := 0; i+1 < len(n.Children); i += 2 {
		if k := n.Children[i]; k.Kind == Scalar {
			if _, exists := fields[k.Value]; !exists {
				fields[k.Value] = n.Children[i+1]
			}
		}
	}
	return fields
}

// Str returns the value of the scalar under key in the mapping n, or "" if there
// is no such scalar.
func (n *Node) Str(key string) string {
	if f := n.Field(key); f != nil && f.Kind == Scalar {
		return f.Value
	}
	return ""
}

// Resolve returns the target of an alias if it is known, otherwise n itself.
func (n *Node) Resolve() *Node {
	if n != nil && n.Kind == Alias && n.Target != nil {
		return n.Target
	}
	return n
}

// decodedRange returns the decoded range of the source bytes s. ok is false unless one run
// of m contains them, or escape sequences are between the runs. Unlike edit.Map.Decoded, it
// does not join adjacent runs.
func decodedRange(m edit.Map, s edit.Span) (start, end int, ok bool) {
	i := sort.Search(len(m), func(i int) bool { return m[i].Src+m[i].Len >= s.End })
	if i == len(m) {
		return 0, 0, false
	}
	if start, end, ok := m[i : i+1].Decoded(s); ok {
		return start, end, true
	}
	return m.EscapedDecoded(s)
}
