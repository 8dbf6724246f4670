package helm

import (
	"text/template"
	"text/template/parse"
)

// nestedTemplate is the name of the function that stands in for the action
// template.
const nestedTemplate = "regmigrateTemplate"

// countNesting replaces each action {{ template "x" . }} of the templates of t by a
// call of nestedTemplate, which does the same and counts the depth.
func (e *templateEngine) countNesting(t *template.Template) {
	isFirst := e.counted == nil
	if isFirst {
		e.counted = map[*parse.Tree]bool{}
	}
	isDefined := func(name string) bool { return t.Lookup(name) != nil }
	for _, x := range t.Templates() {
		if x.Tree == nil || e.counted[x.Tree] {
			continue
		}
		replaceTemplates(x.Root, isDefined)
		if isFirst { // copies for tpl share the trees
			e.counted[x.Tree] = true
		}
	}
}

// replaceTemplates replaces the actions in list whose template is defined. For the
// others, Go reports the error.
func replaceTemplates(list *parse.ListNode, isDefined func(name string) bool) {
	if list == nil {
		return
	}
	for i, n := range list.Nodes {
		switch n := n.(type) {
		case *parse.TemplateNode:
			if isDefined(n.Name) {
				list.Nodes[i] = nestedCall(n)
			}
		case *parse.IfNode:
			replaceInBranch(&n.BranchNode, isDefined)
		case *parse.RangeNode:
			replaceInBranch(&n.BranchNode, isDefined)
		case *parse.WithNode:
			replaceInBranch(&n.BranchNode, isDefined)
		}
	}
}

func replaceInBranch(n *parse.BranchNode, isDefined func(name string) bool) {
	replaceTemplates(n.List, isDefined)
	replaceTemplates(n.ElseList, isDefined)
}

// nestedCall returns the action {{ nestedTemplate "x" PIPELINE }} for n.
func nestedCall(n *parse.TemplateNode) parse.Node {
	args := []parse.Node{
		parse.NewIdentifier(nestedTemplate).SetPos(n.Pos),
		&parse.StringNode{NodeType: parse.NodeString, Pos: n.Pos, Quoted: n.Name, Text: n.Name},
	}
	if n.Pipe == nil {
		args = append(args, &parse.NilNode{NodeType: parse.NodeNil, Pos: n.Pos})
	} else {
		args = append(args, n.Pipe)
	}
	call := &parse.CommandNode{NodeType: parse.NodeCommand, Pos: n.Pos, Args: args}
	return &parse.ActionNode{NodeType: parse.NodeAction, Pos: n.Pos, Line: n.Line, Pipe: &parse.PipeNode{
		NodeType: parse.NodePipe, Pos: n.Pos, Line: n.Line, Cmds: []*parse.CommandNode{call},
	}}
}
