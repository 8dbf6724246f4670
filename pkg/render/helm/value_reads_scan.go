package helm

import (
	"fmt"
	"slices"
	"strings"
	"text/template/parse"
)

// A readScan finds the values that templates read. The root is the object that Helm
// passes to each template of a chart, with the field Values.
type readScan struct {
	out    *ValueReads
	bodies []readBody

	called         map[string]bool // names of the templates that actions use
	calledWithRoot map[string]bool // of those that may get the root as their argument
	anyWithRoot    bool            // a template whose name is computed may get the root
	isDynamic      bool            // the name of a template is computed

	// The state of the body that is read.
	dollarIsRoot bool
	rootVars     map[string]bool // variables that may have the root as their value
}

// A readBody is a template: a file, or a definition in a file.
type readBody struct {
	name   string
	isFile bool
	list   *parse.ListNode
}

// asksForKind are functions whose output does not depend on what is in the root.
var asksForKind = map[string]bool{"kindIs": true, "kindOf": true, "typeIs": true, "typeOf": true, "empty": true, "not": true}

// valuesMethods are the methods of the values that return more of them than their
// names say. Source: helm.sh/helm/v3/pkg/chartutil, type Values.
var valuesMethods = map[string]bool{"AsMap": true, "Encode": true, "PathValue": true, "Table": true, "YAML": true}

// asksWhetherSet are functions of conditions whose result does not depend on the text of
// their arguments.
var asksWhetherSet = map[string]bool{"and": true, "or": true, "not": true, "empty": true}

func (s *readScan) readsAll(why string) {
	if s.out.All == "" {
		s.out.All = why
	}
}

// addTemplate adds the template file called name, and the templates that it defines.
func (s *readScan) addTemplate(name, text string) {
	t := parse.New(name)
	t.Mode = parse.SkipFuncCheck
	defined := map[string]*parse.Tree{}
	if _, err := t.Parse(text, "", "", defined); err != nil {
		s.readsAll(fmt.Sprintf("reading a template: %v", err))
		return
	}
	for defName, def := range defined {
		if def.Root != nil {
			s.bodies = append(s.bodies, readBody{defName, defName == name, def.Root})
		}
	}
}

// readAll reads the templates: first to find those that may get the root, until there
// are no more, then the values.
func (s *readScan) readAll() {
	for known := ""; known != s.rootUses() && s.out.All == ""; {
		known = s.rootUses()
		s.out.Paths = nil
		for _, b := range s.bodies {
			isRoot := b.isFile || s.anyWithRoot || s.calledWithRoot[b.name]
			s.dollarIsRoot, s.rootVars = isRoot, map[string]bool{}
			s.list(b.list, isRoot)
		}
	}
	for name := range s.called {
		if !slices.ContainsFunc(s.bodies, func(b readBody) bool { return b.name == name }) {
			s.readsAll("the template " + name + " is not in the chart")
		}
	}
	if s.isDynamic && len(s.out.Absent) > 0 {
		s.readsAll("the name of a template is computed, and a sub-chart is absent")
	}
	slices.SortFunc(s.out.Paths, slices.Compare)
	s.out.Paths = slices.CompactFunc(s.out.Paths, slices.Equal)
}

// rootUses returns a text that changes if a further use of the root is found.
func (s *readScan) rootUses() string {
	return fmt.Sprint("uses ", len(s.calledWithRoot), s.anyWithRoot)
}

// list reads nodes. The parameter dot says whether the dot may be the root.
func (s *readScan) list(list *parse.ListNode, dot bool) {
	if list == nil {
		return
	}
	for _, n := range list.Nodes {
		switch n := n.(type) {
		case *parse.ActionNode:
			if s.pipe(n.Pipe, dot, false) && len(n.Pipe.Decl) == 0 {
				s.readsAll("a template prints all values")
			}
		case *parse.IfNode:
			// A condition prints nothing. It may set a variable.
			s.pipe(n.Pipe, dot, len(n.Pipe.Decl) == 0)
			s.list(n.List, dot)
			s.list(n.ElseList, dot)
		case *parse.WithNode:
			s.list(n.List, s.pipe(n.Pipe, dot, false))
			s.list(n.ElseList, dot)
		case *parse.RangeNode:
			if s.pipe(n.Pipe, dot, false) {
				s.readsAll("a template reads all values")
			}
			s.list(n.List, false)
			s.list(n.ElseList, dot)
		case *parse.TemplateNode:
			isRoot := n.Pipe != nil && s.pipe(n.Pipe, dot, false)
			s.call(n.Name, isRoot)
		}
	}
}

func (s *readScan) call(name string, withRoot bool) {
	s.called[name] = true
	if withRoot {
		s.calledWithRoot[name] = true
	}
}

// pipe reads a pipeline, and reports whether its value may be the root. Values of which
// a condition asks only whether they are set do not count.
func (s *readScan) pipe(p *parse.PipeNode, dot, isCondition bool) bool {
	isRoot := false
	isCondition = isCondition && len(p.Cmds) == 1
	for _, cmd := range p.Cmds {
		isRoot = s.command(cmd, isRoot, dot, isCondition)
	}
	for _, v := range p.Decl {
		if isRoot {
			s.rootVars[v.Ident[0]] = true
		}
	}
	return isRoot
}

// command reads a command. The parameter piped says whether the value of the command
// before it may be the root.
func (s *readScan) command(cmd *parse.CommandNode, piped, dot, isCondition bool) bool {
	fn, isCall := cmd.Args[0].(*parse.IdentifierNode)
	if !isCall {
		isRoot := s.arg(cmd.Args[0], dot, isCondition)
		for _, a := range cmd.Args[1:] {
			if s.arg(a, dot, isCondition) {
				s.readsAll("a template passes all values to a method")
			}
		}
		return isRoot
	}
	args := cmd.Args[1:]
	if base, ok := s.indexed(fn.Ident, args); ok {
		s.add(base, isCondition || fn.Ident == "hasKey")
		return false
	}
	withRoot := piped
	isCondition = isCondition && asksWhetherSet[fn.Ident]
	for _, a := range args {
		isRoot := s.arg(a, dot, isCondition)
		withRoot = withRoot || isRoot
	}
	s.function(fn.Ident, args, withRoot)
	return false
}

// function reads a call of a function. The parameter withRoot says whether an argument
// may be the root.
func (s *readScan) function(name string, args []parse.Node, withRoot bool) {
	switch {
	case name == "tpl":
		s.readsAll("a template evaluates text that may be the text of a template")
	case name == "include" && len(args) > 0:
		s.include(args[0], withRoot)
	case withRoot && !asksForKind[name]:
		s.readsAll("a template passes all values to " + name)
	}
}

// indexed returns the path of the value that index, get or hasKey reads by keys. It returns
// false for other functions.
func (s *readScan) indexed(fn string, args []parse.Node) ([]string, bool) {
	if fn != "index" && fn != "get" && fn != "hasKey" || len(args) < 2 {
		return nil, false
	}
	base, ok := valuesPath(args[0])
	if !ok {
		return nil, false
	}
	base = slices.Clone(base)
	for _, a := range args[1:] {
		key, isText := a.(*parse.StringNode)
		if !isText {
			for _, x := range args[1:] {
				s.arg(x, false, false)
			}
			break
		}
		base = append(base, key.Text)
	}
	return base, true
}

// include reads the name of a template that the function include gets.
func (s *readScan) include(name parse.Node, withRoot bool) {
	if text, ok := name.(*parse.StringNode); ok {
		s.call(text.Text, withRoot)
		return
	}
	if strings.Contains(name.String(), ".Template.BasePath") {
		return // a file of the chart, which gets the root in any case
	}
	s.isDynamic = true
	s.anyWithRoot = s.anyWithRoot || withRoot
}

// arg reads an operand, and reports whether it may be the root.
func (s *readScan) arg(n parse.Node, dot, isCondition bool) bool {
	if slices.Contains(identifiers(n), "Subcharts") {
		s.readsAll("a template reads the values of sub-charts as a whole")
	}
	if at, ok := valuesPath(n); ok {
		s.add(at, isCondition)
	}
	switch n := n.(type) {
	case *parse.DotNode:
		return dot
	case *parse.VariableNode:
		return len(n.Ident) == 1 && (s.rootVars[n.Ident[0]] || n.Ident[0] == "$" && s.dollarIsRoot)
	case *parse.ChainNode:
		s.arg(n.Node, dot, isCondition)
	case *parse.PipeNode:
		return s.pipe(n, dot, isCondition)
	case *parse.StringNode:
		if n.Text == "Values" {
			s.readsAll("a template reads all values by their name")
		}
	}
	return false
}

// valuesPath returns the path of the value that an operand reads: [image name] for
// .Values.image.name and $root.Values.image.name.
func valuesPath(n parse.Node) ([]string, bool) {
	ident := identifiers(n)
	i := slices.Index(ident, "Values")
	return ident[i+1:], i >= 0
}

// identifiers returns the names in an operand: [Values image] for .Values.image.
func identifiers(n parse.Node) []string {
	switch n := n.(type) {
	case *parse.FieldNode:
		return n.Ident
	case *parse.VariableNode:
		return n.Ident
	case *parse.ChainNode:
		return n.Field
	}
	return nil
}

// add adds a read of the value at a path.
func (s *readScan) add(at []string, isCondition bool) {
	switch {
	case isCondition:
	case len(at) == 0:
		s.readsAll("a template passes all values on")
	case valuesMethods[at[0]]:
		s.readsAll("a template calls a method of all values")
	default:
		s.out.Paths = append(s.out.Paths, at)
	}
}
