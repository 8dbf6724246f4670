package format

import (
	"bytes"
	"errors"

	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A tomlFile is a TOML file as a tree, and as the tokens that it is made of.
type tomlFile struct {
	root   *tomlTable
	tokens []tomlToken
	notes  []tomlNote // on the names in it, which are no nodes of the tree with a span
}

// A tomlToken is a string, another value, a key or a comment.
type tomlToken struct {
	kind  unstable.Kind
	span  edit.Span // empty for what has no bytes of its own
	value string    // decoded
	m     edit.Map  // from value to the file, of a string or comment
	text  bool      // a string that is a value
}

// A tomlTable is a table that more may be added to.
type tomlTable struct {
	node *syntax.Node
	at   *frame
	sub  map[string]*tomlTable // by key; of an array of tables the last
	list *syntax.Node          // the array that it is the last table of
}

// maxTOMLDepth is how deep tables and arrays may nest. What people write has
// less than ten levels.
const maxTOMLDepth = 500

// parseTOML reads src, a BOM at its start left out. Names that more than one
// value has are taken as they come.
func parseTOML(src []byte) (*tomlFile, error) {
	b := &tomlBuilder{src: src, file: &tomlFile{root: newTOMLTable(&frame{})}}
	if bytes.HasPrefix(src, []byte("\uFEFF")) {
		b.shift = len("\uFEFF")
	}
	p := &unstable.Parser{KeepComments: true}
	p.Reset(src[b.shift:])
	b.table = b.file.root
	for p.NextExpression() {
		if err := b.expression(p.Expression()); err != nil {
			return nil, err
		}
	}
	if err := p.Error(); err != nil {
		line := 0
		var at *unstable.ParserError
		if errors.As(err, &at) && len(at.Highlight) > 0 {
			line = tomlLine(src, b.shift+int(p.Range(at.Highlight).Offset))
		}
		return nil, &syntax.ParseError{Line: line, Msg: err.Error()}
	}
	return b.file, nil
}

func newTOMLTable(at *frame) *tomlTable {
	return &tomlTable{node: &syntax.Node{Kind: syntax.Mapping, Tag: "!!map"}, at: at, sub: map[string]*tomlTable{}}
}

// A tomlBuilder adds one expression after the other to a file.
type tomlBuilder struct {
	src   []byte
	shift int // bytes of src before what the parser sees
	file  *tomlFile
	table *tomlTable // that values are added to
	depth int
}

func (b *tomlBuilder) expression(n *unstable.Node) error {
	for c := n.Next(); c != nil; c = c.Next() {
		b.token(c) // the comment at the end of its line
	}
	switch n.Kind {
	case unstable.Comment:
		b.token(n)
	case unstable.Table, unstable.ArrayTable:
		t, name, err := b.descend(b.file.root, n.Key())
		if err != nil {
			return err
		}
		b.table = t.open(name, n.Kind == unstable.ArrayTable)
		b.file.tokens = append(b.file.tokens, tomlToken{kind: n.Kind})
	case unstable.KeyValue:
		return b.keyValue(b.table, n)
	}
	return nil
}

// descend goes along the key of an expression from t to the table that its
// last part is a name in, and notes every part.
func (b *tomlBuilder) descend(t *tomlTable, keys unstable.Iterator) (*tomlTable, string, error) {
	name := ""
	for i := 0; keys.Next(); i++ {
		k := keys.Node()
		if k.Kind != unstable.Key {
			break
		}
		if b.depth+i > maxTOMLDepth {
			return nil, "", syntax.ErrTooDeep
		}
		if i > 0 {
			t = t.open(name, false)
		}
		name = string(k.Data)
		b.token(k)
		at := &frame{up: t.at, key: name}
		b.file.notes = append(b.file.notes, tomlNote{b.span(k), keyReason(at), t.at})
	}
	return t, name, nil
}

// open returns the table called name in t, which is made when there is none;
// in an array of tables a new one when item is true.
func (t *tomlTable) open(name string, item bool) *tomlTable {
	s := t.sub[name]
	if s != nil && (!item || s.list == nil) {
		return s
	}
	at := &frame{up: t.at, key: name}
	if !item {
		s = newTOMLTable(at)
		t.add(name, s.node)
		t.sub[name] = s
		return s
	}
	var list *syntax.Node
	if s != nil {
		list = s.list
	} else {
		list = &syntax.Node{Kind: syntax.Sequence, Tag: "!!seq"}
		t.add(name, list)
	}
	s = newTOMLTable(&frame{up: at, index: len(list.Children), item: true})
	s.list = list
	list.Children = append(list.Children, s.node)
	t.sub[name] = s
	return s
}

// add adds a value to t. Its key has no span: what stands in it is in a note.
func (t *tomlTable) add(name string, v *syntax.Node) {
	t.node.Children = append(t.node.Children, &syntax.Node{Kind: syntax.Scalar, Tag: "!!str", Value: name}, v)
}

func (b *tomlBuilder) keyValue(t *tomlTable, n *unstable.Node) error {
	t, name, err := b.descend(t, n.Key())
	if err != nil {
		return err
	}
	v, err := b.value(n.Value(), &frame{up: t.at, key: name})
	if err != nil {
		return err
	}
	t.add(name, v)
	return nil
}

// value returns the node of a value that stands at at.
func (b *tomlBuilder) value(n *unstable.Node, at *frame) (*syntax.Node, error) {
	if b.depth++; b.depth > maxTOMLDepth {
		return nil, syntax.ErrTooDeep
	}
	defer func() { b.depth-- }()
	switch n.Kind {
	case unstable.Array:
		list := &syntax.Node{Kind: syntax.Sequence, Tag: "!!seq"}
		b.file.tokens = append(b.file.tokens, tomlToken{kind: n.Kind})
		for it := n.Children(); it.Next(); {
			c := it.Node()
			if c.Kind == unstable.Comment {
				b.comments(c)
				continue
			}
			v, err := b.value(c, &frame{up: at, index: len(list.Children), item: true})
			if err != nil {
				return nil, err
			}
			list.Children = append(list.Children, v)
		}
		return list, nil
	case unstable.InlineTable:
		t := newTOMLTable(at)
		b.file.tokens = append(b.file.tokens, tomlToken{kind: n.Kind})
		for it := n.Children(); it.Next(); {
			c := it.Node()
			if c.Kind == unstable.Comment {
				b.comments(c)
				continue
			}
			if err := b.keyValue(t, c); err != nil {
				return nil, err
			}
		}
		return t.node, nil
	}
	b.token(n)
	last := &b.file.tokens[len(b.file.tokens)-1]
	last.text = n.Kind == unstable.String
	v := &syntax.Node{Kind: syntax.Scalar, Style: syntax.Plain, Tag: "!!" + n.Kind.String(), Value: last.value, Span: last.span, Map: last.m}
	if last.text {
		v.Style, v.Tag = syntax.DoubleQuoted, "!!str"
	}
	return v, nil
}

// comments adds a comment in an array, and those that hang off it.
func (b *tomlBuilder) comments(n *unstable.Node) {
	b.token(n)
	for c := n.Child(); c != nil; c = c.Next() {
		b.token(c)
	}
}

func (b *tomlBuilder) span(n *unstable.Node) edit.Span {
	start := b.shift + int(n.Raw.Offset)
	return edit.Span{Start: start, End: start + int(n.Raw.Length)}
}

// token adds a token. Its map is empty unless the bytes decode to what the
// parser says.
func (b *tomlBuilder) token(n *unstable.Node) {
	t := tomlToken{kind: n.Kind, span: b.span(n), value: string(n.Data)}
	switch n.Kind {
	case unstable.String:
		if value, m := decodeTOML(b.src, t.span); value == t.value {
			t.m = m
		}
	case unstable.Comment:
		t.m = edit.Identity(t.span.Start, t.span.Len())
	}
	b.file.tokens = append(b.file.tokens, t)
}
