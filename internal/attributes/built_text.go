package attributes

import (
	"strconv"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// builtText reads the rest of an expression of Starlark that begins with the text first
// and puts other values into it or after it: "a/%s" % x, "a/{}".format(x), "a/" + x. It
// returns the parts of the text, or first if there is no such rest.
// Source: https://github.com/bazelbuild/starlark/blob/master/spec.md#string-interpolation
func (p *parser) builtText(first *syntax.Node, depth int) *syntax.Node {
	parts := p.interpolated(first, depth)
	isBuilt := len(parts) != 1 || parts[0] != first
	for p.token.is("+") && depth < maxDepth && len(parts) > 0 && len(parts) <= maxParts {
		isBuilt = true
		p.next()
		switch n := p.operand(depth + 1); {
		case isText(n):
			parts = append(parts, p.interpolated(n, depth)...)
		default:
			parts = append(parts, expression)
		}
	}
	if !isBuilt {
		return first
	}
	return joinedNode(parts)
}

// interpolated reads the values that an expression puts into the text format, and returns
// the parts of the text. It returns nil if a verb has another form.
func (p *parser) interpolated(format *syntax.Node, depth int) []*syntax.Node {
	switch {
	case depth >= maxDepth:
	case p.token.is("%"):
		p.next()
		var values []*syntax.Node
		if p.token.is("(") {
			p.bracketed(true, func() { values = p.items(depth + 1) })
		} else {
			values = []*syntax.Node{p.operand(depth + 1)}
		}
		return formatted(format, onlyTexts(values))
	case p.token.is("."):
		p.next()
		if p.token.kind != word || p.token.text != "format" {
			return nil
		}
		if p.next(); !p.token.is("(") {
			return nil
		}
		var values []*syntax.Node
		p.bracketed(true, func() { values = p.items(depth + 1) })
		return braceFormatted(format, onlyTexts(values))
	}
	return []*syntax.Node{format}
}

// onlyTexts returns values with [expression] in the place of all that are no texts.
func onlyTexts(values []*syntax.Node) []*syntax.Node {
	out := make([]*syntax.Node, len(values))
	for i, v := range values {
		if out[i] = v; !isText(v) {
			out[i] = expression
		}
	}
	return out
}

// braceFormatted returns the parts of the text that the method format makes of values:
// {} is the next value, {0} the first, {name} one that is not known. It returns nil for
// other forms.
func braceFormatted(format *syntax.Node, values []*syntax.Node) (parts []*syntax.Node) {
	text, at, next := format.Value, format.Span.Start, 0
	for text != "" {
		i := strings.IndexAny(text, "{}")
		if i < 0 {
			i = len(text)
		}
		if i > 0 {
			parts = append(parts, key(text[:i], edit.Span{Start: at, End: at + i}))
			text, at = text[i:], at+i
			continue
		}
		end := strings.IndexByte(text, '}')
		if text[0] == '}' || end < 0 || strings.HasPrefix(text, "{{") {
			return nil
		}
		name := text[1:end]
		k, err := strconv.Atoi(name)
		if name == "" {
			k, err = next, nil
			next++
		}
		if err == nil && k >= 0 && k < len(values) {
			parts = append(parts, values[k])
		} else {
			parts = append(parts, expression)
		}
		text, at = text[end+1:], at+end+1
	}
	return parts
}
