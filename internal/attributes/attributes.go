// Package attributes reads the blocks of HCL and the calls of Starlark as trees
// whose texts have byte positions.
//
// It reads what names a text: attributes, blocks with their labels, keys of
// objects, and arguments of calls. If a conditional expression, a function or the operator or chooses
// one of several texts, the tree has an [Alternatives] node with them; if a function
// joins several texts, it has a [Joined] node. In place of
// another expression, such as a variable or a text with escapes, the tree has an empty
// scalar. The package never fails: of a
// source that its language rejects, the tree has what a reader would see. The trees
// are those of package syntax; mappings may have a key several times. Positions are
// byte offsets, 0-based; a range is half-open.
package attributes

import (
	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A Language is a language that the package reads.
type Language uint8

// The languages.
const (
	HCL Language = iota
	Starlark
)

// Alternatives is the tag of a sequence whose items are the possible values of an
// expression.
const Alternatives = "!alternatives"

// Joined is the tag of a sequence whose items are, in their order, the parts of one
// text that an expression makes of them. A part that is no text is an empty scalar.
const Joined = "!joined"

const (
	// maxSource is the length of the longest source that is read.
	maxSource = 4 << 20

	// maxDepth bounds the recursion of the parser.
	maxDepth = 100
)

// Parse reads src, which is in the language l. The root is a mapping. In HCL, a
// block `resource "a" "b" {` is a mapping in the mapping b in the mapping a in the
// mapping resource. In Starlark, the keys of the root are the names of the
// functions that are called; a function that load or use_repo_rule takes from a file
// is also there as LABEL%NAME, such as @rules_img//img:pull.bzl%pull. A source over
// 4 MiB has an empty root.
func Parse(src string, l Language) *syntax.Node {
	p := &parser{scanner: scanner{src: src, language: l}, root: mapping(0)}
	if len(src) > maxSource {
		return p.root
	}
	p.next()
	if l == Starlark {
		p.loaded = map[string]string{}
		p.statements()
	} else {
		p.body(p.root, 0)
	}
	return p.root
}

// A parser reads tokens into a tree.
type parser struct {
	scanner
	token token
	root  *syntax.Node

	inBrackets bool // of a list or of arguments, in which line breaks do not end an expression

	// Of Starlark:
	loaded   map[string]string // names of functions, and what they are
	assigned string            // the variable that gets the value of the current call
}

func (p *parser) next() { p.token = p.scan() }

func mapping(at int) *syntax.Node {
	return &syntax.Node{Kind: syntax.Mapping, Tag: "!!map", Span: edit.Span{Start: at, End: at}}
}

func key(text string, span edit.Span) *syntax.Node {
	return &syntax.Node{Kind: syntax.Scalar, Tag: "!!str", Value: text, Span: span, Map: edit.Identity(span.Start, span.Len())}
}

// expression stands for an expression that is no text, object or list.
var expression = &syntax.Node{Kind: syntax.Scalar, Tag: "!!null"}

// set adds the key k with the value v to n. A nil v is an expression.
func set(n, k, v *syntax.Node) {
	if v == nil {
		v = expression
	}
	n.Children = append(n.Children, k, v)
}

// body reads attributes and blocks into n, up to a closing bracket.
func (p *parser) body(n *syntax.Node, depth int) {
	for p.token.kind != end && p.token.kind != closing {
		if p.token.kind != word && p.token.kind != text {
			p.skip()
			continue
		}
		names := []token{p.token}
		p.next()
		for len(names) < maxDepth && (p.token.kind == word || p.token.kind == text) && !p.token.afterBreak {
			names = append(names, p.token)
			p.next()
		}
		first := names[0]
		switch {
		case len(names) == 1 && (p.token.is("=") || p.token.is(":")):
			p.next()
			set(n, key(first.text, first.span), p.value(depth+1))
		case p.token.is("{") && depth < maxDepth:
			p.next()
			inner := n
			for _, name := range names {
				m := mapping(p.token.span.Start)
				set(inner, key(name.text, name.span), m)
				inner = m
			}
			p.body(inner, depth+1)
			p.close()
		}
	}
}

// close reads a closing bracket.
func (p *parser) close() {
	if p.token.kind == closing {
		p.next()
	}
}

// skip reads a token, and everything in the brackets that it opens.
func (p *parser) skip() {
	for open := 0; p.token.kind != end; {
		switch p.token.kind {
		case opening:
			open++
		case closing:
			open--
		}
		p.next()
		if open <= 0 {
			return
		}
	}
}

// value reads a value, and returns nil for an expression that has no text, object or
// list as its value.
func (p *parser) value(depth int) *syntax.Node { return p.valueBefore("", depth) }

// valueBefore is value for an expression that the symbol stop ends.
func (p *parser) valueBefore(stop string, depth int) *syntax.Node {
	n := p.operand(depth)
	if p.language == Starlark && isText(n) {
		n = p.builtText(n, depth)
	}
	isResult := p.isOneResult(n)
	switch results, isExpression := p.rest(stop, depth); {
	case isResult && len(results) > 0:
		return alternatives(append([]*syntax.Node{n}, results...))
	case len(results) > 0:
		return alternatives(results)
	case isExpression:
		return nil
	}
	return n
}

// isRestEmpty reports whether the expression ends here.
func (p *parser) isRestEmpty(stop string) bool {
	isAfterBreak := p.token.afterBreak && !p.inBrackets && !p.isOperator("if", "else", "or")
	return p.token.kind == end || p.token.kind == closing || isAfterBreak || p.token.is(",") || stop != "" && p.token.is(stop)
}

// rest reads the rest of an expression, up to a comma, a line break, a closing bracket
// or the symbol stop. It reports whether there is any, and returns the results of a
// conditional expression.
func (p *parser) rest(stop string, depth int) (results []*syntax.Node, isExpression bool) {
	for !p.isRestEmpty(stop) {
		isExpression = true
		switch {
		case p.language == HCL && p.token.is("?") && depth < maxDepth:
			p.next()
			results = append(results, p.valueBefore(":", depth+1))
			if p.token.is(":") {
				p.next()
				results = append(results, p.valueBefore(stop, depth+1))
			}
		case p.isOperator("if") && depth < maxDepth:
			if p.condition(stop, depth); p.isOperator("else") {
				p.next()
				results = append(results, p.valueBefore(stop, depth+1))
			}
		case p.isOperator("or") && depth < maxDepth:
			p.next()
			results = append(results, p.valueBefore(stop, depth+1))
		case p.language == HCL && p.token.kind == opening && depth < maxDepth:
			p.operand(depth)
		default:
			p.skip()
		}
	}
	return results, isExpression
}

// alternatives returns a node for results, which can be nil or alternatives
// themselves. It returns nil if all results are nil.
func alternatives(results []*syntax.Node) *syntax.Node {
	n := &syntax.Node{Kind: syntax.Sequence, Tag: Alternatives}
	for _, r := range results {
		switch {
		case r == nil:
		case r.Tag == Alternatives:
			n.Children = append(n.Children, r.Children...)
		default:
			n.Children = append(n.Children, r)
		}
	}
	if len(n.Children) == 0 {
		return nil
	}
	n.Span = edit.Span{Start: n.Children[0].Span.Start, End: n.Children[0].Span.Start}
	return n
}

// operand reads a text, an object, a list or a call.
func (p *parser) operand(depth int) *syntax.Node {
	t := p.token
	switch {
	case depth >= maxDepth:
		p.skip()
		return nil
	case t.kind == text:
		p.next()
		if !t.isPlain {
			return nil
		}
		return key(t.text, t.span)
	case t.is("{"):
		n := mapping(t.span.Start)
		p.bracketed(false, func() { p.body(n, depth) })
		return n
	case t.is("["):
		n := &syntax.Node{Kind: syntax.Sequence, Tag: "!!seq", Span: edit.Span{Start: t.span.Start, End: t.span.Start}}
		p.bracketed(true, func() { n.Children = p.items(depth) })
		return n
	case t.kind == word && p.language == Starlark:
		p.next()
		if p.token.is("(") {
			return p.call(t, depth)
		}
		return nil
	case t.is("("):
		var n []*syntax.Node
		p.bracketed(true, func() { n = p.items(depth) })
		if len(n) != 1 || n[0] == expression {
			return nil
		}
		return n[0]
	case t.kind == word && p.language == HCL:
		p.next()
		if p.token.is("(") && !p.token.afterBreak {
			return p.function(t.text, depth)
		}
		return nil
	}
	p.skip()
	return nil
}

// bracketed reads an opening bracket, what read reads, and a closing bracket. isList
// says that line breaks in the brackets do not end an expression.
func (p *parser) bracketed(isList bool, read func()) {
	outer := p.inBrackets
	p.inBrackets = isList
	p.next()
	read()
	p.inBrackets = outer
	p.close()
}

// items reads the items of a list up to its closing bracket. In place of an item that is
// no text, object or list is an empty scalar.
func (p *parser) items(depth int) (items []*syntax.Node) {
	for p.token.kind != end && p.token.kind != closing {
		if p.token.is(",") {
			p.next()
			continue
		}
		start := p.pos
		v := p.value(depth + 1)
		if p.pos == start { // value reads at least one token, unless a line break precedes it
			p.skip()
		}
		if v == nil {
			v = expression
		}
		items = append(items, v)
	}
	return items
}
