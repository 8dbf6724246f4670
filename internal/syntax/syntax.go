// Package syntax reads a structured file as trees whose scalars know the bytes
// they stand in.
//
// [ParseYAML] and [ParseJSON] make the same tree, so that what looks for
// references is written once. [VerifyYAML] and [VerifyJSON] hold a file
// before and after its edits against each other. Nothing here prints a tree:
// a file is changed by editing its bytes (package edit), never by writing a
// tree anew.
package syntax

import "github.com/regmigrate/regmigrate/pkg/edit"

// A Kind is the kind of a Node.
type Kind uint8

// The kinds of nodes.
const (
	Scalar   Kind = iota
	Mapping       // Children are key, value, key, value, …
	Sequence      // Children are the items
	Alias         // Value is the anchor's name; see Node.Target
)

// A Style is the way a scalar is written.
type Style uint8

// The styles of scalars. A JSON string is DoubleQuoted, a JSON number or
// literal Plain.
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
	Tag      string // short form of the resolved tag: !!str, !!int, !!map, or what the file says
	Value    string // of a scalar: decoded; of an alias: the anchor's name
	Anchor   string
	Children []*Node

	// Span is where the node's own token stands in the source: of a scalar
	// all of it, quotes and block header included, properties (anchor, tag)
	// left out; of an alias from the *; of a mapping or sequence its first
	// byte only (an empty span). It is empty for an empty scalar (`a:`).
	Span edit.Span

	// Map leads from Value to the source, for scalars. See edit.Map.
	Map edit.Map

	// Target is what an alias stands for, nil when its document was not
	// read. It may contain the alias itself: do not descend into it blindly.
	Target *Node

	fields map[string]*Node // of a large mapping, once Field was asked
}

// A Document is one document of a stream.
type Document struct {
	Root *Node     // nil for an empty document
	Span edit.Span // from its first byte, directives and comments before it included, to the next document's
}

// A File is what was read of one source.
type File struct {
	Docs []*Document

	// Whole is false when only some parts of the source were read, because
	// the others could not hold anything of interest.
	Complete bool
}

// Field returns the value of key in the mapping n, nil when there is none, n
// is nil or is no mapping. Of duplicate keys the first counts. An alias as a
// value is followed one step. Two goroutines must not ask one node at a time.
func (n *Node) Field(key string) *Node {
	if n == nil || n.Kind != Mapping {
		return nil
	}
	const large = 64 // children; below it, looking at all of them is as fast
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

// index returns the values of the mapping n by their keys.
func (n *Node) index() map[string]*Node {
	fields := make(map[string]*Node, len(n.Children)/2)
	for i := 0; i+1 < len(n.Children); i += 2 {
		if k := n.Children[i]; k.Kind == Scalar {
			if _, twice := fields[k.Value]; !twice {
				fields[k.Value] = n.Children[i+1]
			}
		}
	}
	return fields
}

// Str returns the value of the scalar under key in the mapping n, "" when
// there is none.
func (n *Node) Str(key string) string {
	if f := n.Field(key); f != nil && f.Kind == Scalar {
		return f.Value
	}
	return ""
}

// Resolve returns the target of an alias when it is known, else n itself.
func (n *Node) Resolve() *Node {
	if n != nil && n.Kind == Alias && n.Target != nil {
		return n.Target
	}
	return n
}
