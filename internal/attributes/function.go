package attributes

import "github.com/regmigrate/regmigrate/internal/syntax"

// The functions of Terraform whose value is their first argument, perhaps in another
// notation or with other text in place of verbs, and those whose value is one of their
// arguments.
// Source: https://developer.hashicorp.com/terraform/language/functions
var (
	firstArgument = map[string]bool{"jsonencode": true, "yamlencode": true, "format": true, "trimspace": true, "lower": true,
		"tostring": true, "sensitive": true, "nonsensitive": true, "tolist": true, "tomap": true, "toset": true}
	oneOfArguments = map[string]bool{"coalesce": true, "try": true}
	lastArgument   = map[string]bool{"lookup": true}
)

// function reads the arguments of the function name of HCL, and returns its value.
func (p *parser) function(name string, depth int) *syntax.Node {
	var arguments []*syntax.Node
	p.bracketed(true, func() {
		for p.token.kind != end && p.token.kind != closing {
			if p.token.is(",") {
				p.next()
				continue
			}
			start := p.pos
			arguments = append(arguments, p.value(depth+1))
			if p.pos == start {
				p.skip()
			}
		}
	})
	if n := joined(name, arguments); n != nil {
		return n
	}
	switch n := len(arguments); {
	case n > 0 && firstArgument[name]:
		return arguments[0]
	case oneOfArguments[name]:
		return alternatives(arguments)
	case n == 3 && lastArgument[name]:
		return alternatives(arguments[2:])
	}
	return nil
}
