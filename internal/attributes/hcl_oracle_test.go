package attributes

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// hclSource is a source in HCL.
type hclSource []byte

// parseHCL returns the tree of src, as the parser of HashiCorp reads it; nil if src
// has an error.
func parseHCL(src []byte) *syntax.Node {
	f, diagnostics := hclsyntax.ParseConfig(src, "", hcl.InitialPos)
	if diagnostics.HasErrors() {
		return nil
	}
	root := mapping(0)
	hclSource(src).body(root, f.Body.(*hclsyntax.Body))
	return root
}

// body adds the attributes and blocks of b to n, in the order of the source.
func (s hclSource) body(n *syntax.Node, b *hclsyntax.Body) {
	type entry struct {
		start int
		add   func()
	}
	var entries []entry
	for _, a := range b.Attributes {
		entries = append(entries, entry{a.NameRange.Start.Byte, func() {
			set(n, key(a.Name, spanOf(a.NameRange)), s.value(a.Expr))
		}})
	}
	for _, x := range b.Blocks {
		entries = append(entries, entry{x.TypeRange.Start.Byte, func() { s.block(n, x) }})
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.start, b.start) })
	for _, e := range entries {
		e.add()
	}
}

// block adds the block x to n.
func (s hclSource) block(n *syntax.Node, x *hclsyntax.Block) {
	inner := mapping(x.OpenBraceRange.Start.Byte)
	set(n, key(x.Type, spanOf(x.TypeRange)), inner)
	for i, label := range x.Labels {
		next := mapping(x.OpenBraceRange.Start.Byte)
		set(inner, key(label, spanOf(x.LabelRanges[i])), next)
		inner = next
	}
	s.body(inner, x.Body)
}

// value returns the text, object or list x; nil for another expression.
func (s hclSource) value(x hclsyntax.Expression) *syntax.Node {
	switch x := x.(type) {
	case *hclsyntax.TemplateExpr:
		for _, part := range x.Parts {
			if l, ok := part.(*hclsyntax.LiteralValueExpr); ok && bytes.ContainsRune(s[l.SrcRange.Start.Byte:l.SrcRange.End.Byte], '\\') {
				return nil
			}
		}
		return s.text(x.SrcRange)
	case *hclsyntax.TemplateWrapExpr:
		return s.text(x.SrcRange)
	case *hclsyntax.ParenthesesExpr:
		return s.value(x.Expression)
	case *hclsyntax.ConditionalExpr:
		return alternatives([]*syntax.Node{s.value(x.TrueResult), s.value(x.FalseResult)})
	case *hclsyntax.ObjectConsExpr:
		n := mapping(x.SrcRange.Start.Byte)
		for _, item := range x.Items {
			set(n, s.objectKey(item.KeyExpr), s.value(item.ValueExpr))
		}
		return n
	case *hclsyntax.TupleConsExpr:
		n := &syntax.Node{Kind: syntax.Sequence, Tag: "!!seq"}
		for _, item := range x.Exprs {
			v := s.value(item)
			if v == nil {
				v = expression
			}
			n.Children = append(n.Children, v)
		}
		return n
	case *hclsyntax.FunctionCallExpr:
		var arguments []*syntax.Node
		for _, a := range x.Args {
			arguments = append(arguments, s.value(a))
		}
		if n := joined(x.Name, arguments); n != nil {
			return n
		}
		switch n := len(x.Args); {
		case n > 0 && firstArgument[x.Name]:
			return s.value(x.Args[0])
		case n == 3 && lastArgument[x.Name]:
			return alternatives([]*syntax.Node{s.value(x.Args[2])})
		case oneOfArguments[x.Name]:
			var all []*syntax.Node
			for _, a := range x.Args {
				all = append(all, s.value(a))
			}
			return alternatives(all)
		}
	}
	return nil
}

// key returns the key x of an object; an empty one for an expression.
func (s hclSource) objectKey(x hclsyntax.Expression) *syntax.Node {
	span := spanOf(x.Range())
	if name := hcl.ExprAsKeyword(x); name != "" {
		return key(name, span)
	}
	if k, ok := x.(*hclsyntax.ObjectConsKeyExpr); ok {
		if n := s.value(k.Wrapped); n != nil && n.Kind == syntax.Scalar {
			return n
		}
	}
	return key("", edit.Span{Start: span.Start, End: span.Start})
}

// text returns the text in quotes at r, as it is written; nil if it has line breaks, or
// is a here-document.
func (s hclSource) text(r hcl.Range) *syntax.Node {
	span := spanOf(r)
	if span.Len() < 2 || s[span.Start] != '"' || s[span.End-1] != '"' {
		return nil
	}
	span = edit.Span{Start: span.Start + 1, End: span.End - 1}
	if bytes.ContainsRune(s[span.Start:span.End], '\n') {
		return nil
	}
	return key(string(s[span.Start:span.End]), span)
}

func spanOf(r hcl.Range) edit.Span { return edit.Span{Start: r.Start.Byte, End: r.End.Byte} }
