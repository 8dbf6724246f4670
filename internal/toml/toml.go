// Package toml reads TOML as a tree whose strings have byte positions.
//
// [Parse] returns the tree and the positions of its keys, and [Verify] checks
// that edits change nothing but the text of strings and comments. Positions
// are byte offsets, 0-based; a range is half-open. The package has no notion
// of image references.
package toml

import (
	"bytes"
	"errors"

	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// MaxDepth is the deepest nesting of tables and arrays that [Parse] reads.
// Files that people write have fewer than ten levels.
const MaxDepth = 500

// A File is a TOML file.
type File struct {
	// Root is the tree: a mapping. Its strings have the style
	// [syntax.DoubleQuoted]. Its keys have no span; Keys has their positions.
	Root *syntax.Node

	// Keys lists every part of every key in the order of the file, those in
	// the headers of tables included.
	Keys []Key

	tokens []token
}

// A Key is one part of a key: each of a, b and c in `a.b.c = 1`.
type Key struct {
	Span  edit.Span
	Path  *Path // of the value that the key names
	Table *Path // of the table that contains the key
}

// A Path is the place of a value: a key in a table, or an index in an array.
// The root has no Up.
type Path struct {
	Up    *Path
	Key   string
	Index int  // in an array, from 0
	Item  bool // the value is in an array
}

// HasStrings reports whether a value of the file is a string.
func (f *File) HasStrings() bool {
	for _, t := range f.tokens {
		if t.isString {
			return true
		}
	}
	return false
}

// A token is a string, another value, a key or a comment.
type token struct {
	kind     unstable.Kind
	span     edit.Span // empty for a token without bytes of its own, such as an array
	value    string    // decoded
	runs     edit.Map  // from value to the file, of a string or a comment
	isString bool      // a string that is a value
}

// A table is a mapping that later lines of the file can extend.
type table struct {
	node  *syntax.Node
	path  *Path
	sub   map[string]*table // by key; of an array of tables the last one
	array *syntax.Node      // the array of tables that this table belongs to
}

// Parse reads src, with or without a byte order mark at its start. It accepts
// duplicate keys. The error is a [*syntax.ParseError] for text that is not
// TOML, and [syntax.ErrTooDeep] beyond [MaxDepth].
func Parse(src []byte) (*File, error) {
	root := newTable(&Path{})
	b := &builder{src: src, file: &File{Root: root.node}, root: root, current: root}
	if bytes.HasPrefix(src, []byte("\uFEFF")) {
		b.shift = len("\uFEFF")
	}
	p := &unstable.Parser{KeepComments: true}
	p.Reset(src[b.shift:])
	for p.NextExpression() {
		if err := b.expression(p.Expression()); err != nil {
			return nil, err
		}
	}
	if err := p.Error(); err != nil {
		line := 0
		var at *unstable.ParserError
		if errors.As(err, &at) && len(at.Highlight) > 0 {
			line = lineOf(src, b.shift+int(p.Range(at.Highlight).Offset))
		}
		return nil, &syntax.ParseError{Line: line, Msg: err.Error()}
	}
	return b.file, nil
}

// lineOf returns the 1-based line of a byte offset.
func lineOf(src []byte, offset int) int {
	return 1 + bytes.Count(src[:min(offset, len(src))], []byte("\n"))
}

func newTable(path *Path) *table {
	return &table{node: &syntax.Node{Kind: syntax.Mapping, Tag: "!!map"}, path: path, sub: map[string]*table{}}
}

// A builder adds the expressions of a file to its tree.
type builder struct {
	src     []byte
	shift   int // size of the byte order mark, which the parser does not get
	file    *File
	root    *table
	current *table // the table that the next lines extend
	depth   int
}

func (b *builder) expression(n *unstable.Node) error {
	for c := n.Next(); c != nil; c = c.Next() {
		b.addToken(c) // the comment at the end of the line
	}
	switch n.Kind {
	case unstable.Comment:
		b.addToken(n)
	case unstable.Table, unstable.ArrayTable:
		t, name, err := b.descend(b.root, n.Key())
		if err != nil {
			return err
		}
		b.current = t.open(name, n.Kind == unstable.ArrayTable)
		b.file.tokens = append(b.file.tokens, token{kind: n.Kind})
	case unstable.KeyValue:
		return b.keyValue(b.current, n)
	}
	return nil
}

// descend follows the parts of a key from t. It returns the table that
// contains the last part, and that part, and records the positions of all.
func (b *builder) descend(t *table, keys unstable.Iterator) (*table, string, error) {
	name := ""
	for i := 0; keys.Next(); i++ {
		k := keys.Node()
		if k.Kind != unstable.Key {
			break
		}
		if b.depth+i > MaxDepth {
			return nil, "", syntax.ErrTooDeep
		}
		if i > 0 {
			t = t.open(name, false)
		}
		name = string(k.Data)
		b.addToken(k)
		b.file.Keys = append(b.file.Keys, Key{Span: b.span(k), Path: &Path{Up: t.path, Key: name}, Table: t.path})
	}
	return t, name, nil
}

// open returns the table name in t, and adds it if it is not there. If item
// is true and name is an array of tables, open adds a table to the array.
func (t *table) open(name string, item bool) *table {
	s := t.sub[name]
	if s != nil && (!item || s.array == nil) {
		return s
	}
	path := &Path{Up: t.path, Key: name}
	if !item {
		s = newTable(path)
		t.add(name, s.node)
		t.sub[name] = s
		return s
	}
	var array *syntax.Node
	if s != nil {
		array = s.array
	} else {
		array = &syntax.Node{Kind: syntax.Sequence, Tag: "!!seq"}
		t.add(name, array)
	}
	s = newTable(&Path{Up: path, Index: len(array.Children), Item: true})
	s.array = array
	array.Children = append(array.Children, s.node)
	t.sub[name] = s
	return s
}

// add adds a value to t.
func (t *table) add(name string, v *syntax.Node) {
	t.node.Children = append(t.node.Children, &syntax.Node{Kind: syntax.Scalar, Tag: "!!str", Value: name}, v)
}

func (b *builder) keyValue(t *table, n *unstable.Node) error {
	t, name, err := b.descend(t, n.Key())
	if err != nil {
		return err
	}
	v, err := b.value(n.Value(), &Path{Up: t.path, Key: name})
	if err != nil {
		return err
	}
	t.add(name, v)
	return nil
}

// value returns the node of the value n.
func (b *builder) value(n *unstable.Node, path *Path) (*syntax.Node, error) {
	if b.depth++; b.depth > MaxDepth {
		return nil, syntax.ErrTooDeep
	}
	defer func() { b.depth-- }()
	switch n.Kind {
	case unstable.Array:
		return b.array(n, path)
	case unstable.InlineTable:
		return b.inlineTable(n, path)
	}
	b.addToken(n)
	last := &b.file.tokens[len(b.file.tokens)-1]
	last.isString = n.Kind == unstable.String
	v := &syntax.Node{Kind: syntax.Scalar, Style: syntax.Plain, Tag: "!!" + n.Kind.String(), Value: last.value, Span: last.span, Map: last.runs}
	if last.isString {
		v.Style, v.Tag = syntax.DoubleQuoted, "!!str"
	}
	return v, nil
}

func (b *builder) array(n *unstable.Node, path *Path) (*syntax.Node, error) {
	array := &syntax.Node{Kind: syntax.Sequence, Tag: "!!seq"}
	b.file.tokens = append(b.file.tokens, token{kind: n.Kind})
	for it := n.Children(); it.Next(); {
		c := it.Node()
		if c.Kind == unstable.Comment {
			b.addComments(c)
			continue
		}
		v, err := b.value(c, &Path{Up: path, Index: len(array.Children), Item: true})
		if err != nil {
			return nil, err
		}
		array.Children = append(array.Children, v)
	}
	return array, nil
}

func (b *builder) inlineTable(n *unstable.Node, path *Path) (*syntax.Node, error) {
	t := newTable(path)
	b.file.tokens = append(b.file.tokens, token{kind: n.Kind})
	for it := n.Children(); it.Next(); {
		c := it.Node()
		if c.Kind == unstable.Comment {
			b.addComments(c)
			continue
		}
		if err := b.keyValue(t, c); err != nil {
			return nil, err
		}
	}
	return t.node, nil
}

// addComments adds a comment of an array, and the comments below its node.
func (b *builder) addComments(n *unstable.Node) {
	b.addToken(n)
	for c := n.Child(); c != nil; c = c.Next() {
		b.addToken(c)
	}
}

func (b *builder) span(n *unstable.Node) edit.Span {
	start := b.shift + int(n.Raw.Offset)
	return edit.Span{Start: start, End: start + int(n.Raw.Length)}
}

// addToken adds the token n. A string has no runs if decode and the parser
// disagree about its value.
func (b *builder) addToken(n *unstable.Node) {
	t := token{kind: n.Kind, span: b.span(n), value: string(n.Data)}
	switch n.Kind {
	case unstable.String:
		if value, runs := decode(b.src, t.span); value == t.value {
			t.runs = runs
		}
	case unstable.Comment:
		t.runs = edit.Identity(t.span.Start, t.span.Len())
	}
	b.file.tokens = append(b.file.tokens, t)
}
