package attributes

import (
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// maxParts bounds the parts of a joined text.
const maxParts = 16

// joined returns the parts of the text that the function name of HCL makes of its
// arguments, which can be nil: join("/", ["a", "b"]), or a format that begins with a
// verb, format("%s/b", "a"). It returns nil for other functions, and if one of several
// parts is unknown.
// Source: https://developer.hashicorp.com/terraform/language/functions/join,
// https://developer.hashicorp.com/terraform/language/functions/format
func joined(name string, arguments []*syntax.Node) *syntax.Node {
	if len(arguments) < 2 || !isText(arguments[0]) {
		return nil
	}
	var parts []*syntax.Node
	switch first := arguments[0]; {
	case name == "join":
		for _, list := range arguments[1:] {
			if list == nil || list.Kind != syntax.Sequence || list.Tag != "!!seq" {
				return nil
			}
			for _, item := range list.Children {
				if len(parts) > 0 && first.Value != "" {
					parts = append(parts, first)
				}
				parts = append(parts, item)
			}
		}
	case name == "format" && strings.HasPrefix(first.Value, "%") && !strings.HasPrefix(first.Value, "%%"):
		parts = formatted(first, arguments[1:])
	}
	for _, p := range parts {
		if p.Kind != syntax.Scalar {
			return nil
		}
	}
	return joinedNode(parts)
}

// joinedNode returns the node of the text that parts make up, nil if there are too many.
func joinedNode(parts []*syntax.Node) *syntax.Node {
	if len(parts) == 0 || len(parts) > maxParts {
		return nil
	}
	at := parts[0].Span.Start
	return &syntax.Node{Kind: syntax.Sequence, Tag: Joined, Children: parts, Span: edit.Span{Start: at, End: at}}
}

func isText(n *syntax.Node) bool { return n != nil && n != expression && n.Kind == syntax.Scalar }

// formatted returns the parts of the text that format makes of arguments. It returns nil
// if format has another verb than %s and %d, or too few arguments.
func formatted(format *syntax.Node, arguments []*syntax.Node) (parts []*syntax.Node) {
	text, at := format.Value, format.Span.Start
	for text != "" {
		i := strings.IndexByte(text, '%')
		if i < 0 {
			i = len(text)
		}
		if i > 0 {
			parts = append(parts, key(text[:i], edit.Span{Start: at, End: at + i}))
			text, at = text[i:], at+i
			continue
		}
		if len(text) < 2 || text[1] != 's' && text[1] != 'd' || len(arguments) == 0 {
			return nil
		}
		argument := arguments[0]
		if argument == nil {
			argument = expression
		}
		parts, arguments, text, at = append(parts, argument), arguments[1:], text[2:], at+2
	}
	return parts
}
