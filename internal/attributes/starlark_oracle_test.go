package attributes

import (
	"github.com/bazelbuild/buildtools/build"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// starlarkSource is a source in Starlark.
type starlarkSource struct {
	src    []byte
	root   *syntax.Node
	loaded map[string]string // names of functions, and what they are
}

// parseStarlark returns the tree of src, as the parser of Buildifier reads it; nil if
// src has an error.
func parseStarlark(src []byte) *syntax.Node {
	s := &starlarkSource{src: src, root: mapping(0), loaded: map[string]string{}}
	f, err := build.ParseDefault("", src)
	if err != nil {
		return nil
	}
	build.WalkStatements(f, func(x build.Expr, _ []build.Expr) error {
		s.statement(x)
		return nil
	})
	build.WalkInterruptable(f, func(x build.Expr, stack []build.Expr) error {
		if len(stack) > maxDepth {
			return &build.StopTraversalError{}
		}
		if c, ok := x.(*build.CallExpr); ok {
			s.call(c)
		}
		return nil
	})
	return s.root
}

// statement notes the names that the statement x gives to functions of other files.
func (s *starlarkSource) statement(x build.Expr) {
	switch x := x.(type) {
	case *build.LoadStmt:
		for i := range x.To {
			s.loaded[x.To[i].Name] = x.Module.Value + "%" + x.From[i].Name
		}
	case *build.AssignExpr:
		name, isName := x.LHS.(*build.Ident)
		c, isCall := x.RHS.(*build.CallExpr)
		if !isName || !isCall || functionName(c.X) != "use_repo_rule" || len(c.List) != 2 {
			return
		}
		file, ok := c.List[0].(*build.StringExpr)
		function, ok2 := c.List[1].(*build.StringExpr)
		if ok && ok2 {
			s.loaded[name.Name] = file.Value + "%" + function.Value
		}
	}
}

// call adds the call c to the root.
func (s *starlarkSource) call(c *build.CallExpr) {
	at := c.X
	if functionName(at) == "maybe" && len(c.List) > 0 {
		at = c.List[0] // maybe(container_pull, name = …)
	}
	name := functionName(at)
	if name == "" {
		return
	}
	span := spanOfExpr(at)
	arguments := s.arguments(c, 0)
	set(s.root, key(name, span), arguments)
	if full := s.loaded[name]; full != "" {
		set(s.root, key(full, span), arguments)
	}
}

// functionName returns the name of the function x: f, or module.f; "" for another
// expression.
func functionName(x build.Expr) string {
	switch x := x.(type) {
	case *build.Ident:
		return x.Name
	case *build.DotExpr:
		if of := functionName(x.X); of != "" {
			return of + "." + x.Name
		}
	}
	return ""
}

// arguments returns the arguments of c that have names.
func (s *starlarkSource) arguments(c *build.CallExpr, depth int) *syntax.Node {
	start, _ := c.Span()
	n := mapping(start.Byte)
	for _, x := range c.List {
		if a, ok := x.(*build.AssignExpr); ok {
			if name, ok := a.LHS.(*build.Ident); ok {
				set(n, key(name.Name, spanOfExpr(name)), s.value(a.RHS, depth+1))
			}
		}
	}
	return n
}

// value returns the text, dictionary, list or call x; nil for another expression.
func (s *starlarkSource) value(x build.Expr, depth int) *syntax.Node {
	if depth > maxDepth {
		return nil
	}
	span := spanOfExpr(x)
	switch x := x.(type) {
	case *build.StringExpr:
		return s.text(x, span)
	case *build.BinaryExpr:
		if x.Op == "or" {
			return alternatives([]*syntax.Node{s.value(x.X, depth+1), s.value(x.Y, depth+1)})
		}
		return joinedNode(s.parts(x))
	case *build.ConditionalExpr:
		return alternatives([]*syntax.Node{s.value(x.Then, depth+1), s.value(x.Else, depth+1)})
	case *build.ParenExpr:
		return s.value(x.X, depth+1)
	case *build.CallExpr:
		if dot, ok := x.X.(*build.DotExpr); ok && dot.Name == "format" {
			if _, isText := dot.X.(*build.StringExpr); isText {
				return joinedNode(s.parts(x))
			}
		}
		return s.arguments(x, depth+1)
	case *build.ListExpr:
		n := &syntax.Node{Kind: syntax.Sequence}
		for _, item := range x.List {
			if v := s.value(item, depth+1); v != nil {
				n.Children = append(n.Children, v)
			}
		}
		return n
	case *build.DictExpr:
		n := mapping(span.Start)
		for _, item := range x.List {
			if k := s.value(item.Key, depth+1); k != nil && k.Kind == syntax.Scalar {
				set(n, k, s.value(item.Value, depth+1))
			}
		}
		return n
	}
	return nil
}

// parts returns the parts of the text that x builds; nil for another expression.
func (s *starlarkSource) parts(x build.Expr) []*syntax.Node {
	texts := func(list []build.Expr) (out []*syntax.Node) {
		for _, v := range list {
			n := expression
			if text, ok := v.(*build.StringExpr); ok {
				if t := s.text(text, spanOfExpr(text)); t != nil {
					n = t
				}
			}
			out = append(out, n)
		}
		return out
	}
	if paren, ok := x.(*build.ParenExpr); ok {
		if text, isText := paren.X.(*build.StringExpr); isText {
			x = text
		}
	}
	switch x := x.(type) {
	case *build.StringExpr:
		if t := s.text(x, spanOfExpr(x)); t != nil {
			return []*syntax.Node{t}
		}
	case *build.CallExpr:
		dot, ok := x.X.(*build.DotExpr)
		if !ok || dot.Name != "format" {
			return nil
		}
		if format := s.parts(dot.X); len(format) == 1 {
			return braceFormatted(format[0], texts(x.List))
		}
	case *build.BinaryExpr:
		left := s.parts(x.X)
		switch {
		case left == nil:
		case x.Op == "%" && len(left) == 1:
			values := []build.Expr{x.Y}
			if tuple, ok := x.Y.(*build.TupleExpr); ok {
				values = tuple.List
			} else if paren, ok := x.Y.(*build.ParenExpr); ok {
				values = []build.Expr{paren.X}
			}
			return formatted(left[0], texts(values))
		case x.Op == "+":
			if right := s.parts(x.Y); right != nil {
				return append(left, right...)
			}
			return append(left, expression)
		}
	}
	return nil
}

// text returns the text x at span, as it is written; nil if it has escapes or is in
// three quotes.
func (s *starlarkSource) text(x *build.StringExpr, span edit.Span) *syntax.Node {
	if x.TripleQuote || span.Len() < 2 || s.src[span.Start] != '"' && s.src[span.Start] != '\'' {
		return nil
	}
	span = edit.Span{Start: span.Start + 1, End: span.End - 1}
	if string(s.src[span.Start:span.End]) != x.Value {
		return nil
	}
	return key(x.Value, span)
}

func spanOfExpr(x build.Expr) edit.Span {
	start, end := x.Span()
	return edit.Span{Start: start.Byte, End: end.Byte}
}
