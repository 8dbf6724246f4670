package attributes

import (
	"slices"

	"github.com/regmigrate/regmigrate/internal/syntax"
)

// statements reads the calls of a Starlark file.
func (p *parser) statements() {
	for p.token.kind != end {
		t := p.token
		if t.kind != word {
			p.next()
			continue
		}
		p.next()
		switch {
		case p.token.is("("):
			p.call(t, 0)
		case p.token.is("="):
			p.assigned = t.text
			continue
		}
		p.assigned = ""
	}
}

// call reads the arguments of the function f, up to the closing bracket.
func (p *parser) call(f token, depth int) *syntax.Node {
	p.next()
	n, name := mapping(f.span.Start), f.text
	var positional []string // texts
	for p.token.kind != end && p.token.kind != closing {
		t, start := p.token, p.pos
		switch {
		case t.is(","):
			p.next()
			continue
		case t.kind == word && depth < maxDepth:
			p.next()
			switch {
			case p.token.is("="):
				p.next()
				set(n, key(t.text, t.span), p.value(depth+1))
				continue
			case p.token.is("("):
				p.call(t, depth+1)
			case name == "maybe" && len(positional) == 0:
				name = t.text // maybe(container_pull, name = …)
			}
			p.rest("", depth+1)
		default:
			if v := p.value(depth + 1); v != nil && v.Kind == syntax.Scalar {
				positional = append(positional, v.Value)
			}
		}
		if p.pos == start {
			p.skip()
		}
	}
	p.close()
	p.addCall(key(name, f.span), n, positional)
	return n
}

// addCall adds the call of the function name to the root.
func (p *parser) addCall(name, arguments *syntax.Node, positional []string) {
	switch {
	case name.Value == "load" && len(positional) > 0:
		for _, s := range positional[1:] {
			p.loaded[s] = positional[0] + "%" + s
		}
		for i := 0; i+1 < len(arguments.Children); i += 2 {
			p.loaded[arguments.Children[i].Value] = positional[0] + "%" + arguments.Children[i+1].Value
		}
	case name.Value == "use_repo_rule" && len(positional) == 2 && p.assigned != "":
		p.loaded[p.assigned] = positional[0] + "%" + positional[1]
	}
	set(p.root, name, arguments)
	if full := p.loaded[name.Value]; full != "" {
		set(p.root, key(full, name.Span), arguments)
	}
}

// isOperator reports whether the token is one of the operators names of Starlark, which
// are words.
func (p *parser) isOperator(names ...string) bool {
	return p.language == Starlark && p.token.kind == word && slices.Contains(names, p.token.text)
}

// isOneResult reports whether n, which precedes the token, is one of the values of the
// expression: "a" if x else "b", or "a" or "b".
func (p *parser) isOneResult(n *syntax.Node) bool {
	return n != nil && n != expression && p.isOperator("if", "or")
}

// condition reads the condition of a conditional expression, up to its else.
// Source: https://github.com/bazelbuild/starlark/blob/master/spec.md#conditional-expressions
func (p *parser) condition(stop string, depth int) {
	for p.next(); !p.isRestEmpty(stop) && !p.isOperator("else"); {
		p.operand(depth)
	}
}
