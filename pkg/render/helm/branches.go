package helm

import (
	"fmt"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"
)

// A branchChooser decides which branches of its conditions a chart prints, whatever its
// values are. Each rendering is a round: in a round, a condition has one result. The rounds
// together print each branch, unless maxBranchRounds ends them. The values of a chart
// select few of the branches; other users of the chart select the others.
type branchChooser struct {
	choices []choice
	round   int
	steps   int // executions of templates in the round
}

// Exact bounds on the renderings of branches. Some conditions end a recursion: without
// them, it would go on.
const (
	maxBranchRounds  = 6
	maxBranchSteps   = 4000 // executions of templates in a round
	maxBranchNesting = 40
)

// A choice is an action if, or a call of a function that selects one of its arguments.
type choice struct {
	within  []int   // the numbers of the choices in each branch: see inBranch
	inFalse int     // how many of within are in the branch for false, at the end
	printed [2]bool // the branches that were printed, for true and for false
	tries   [2]int  // the number of rounds for each
	round   int     // the last round with a decision, from 1
	isTrue  bool    // the decision
}

// The functions of templates that choose. The first argument is the number of the choice.
const (
	chooseBranch = "regmigrateBranch"
	chooseFirst  = "regmigrateFirst"  // ternary
	chooseValue  = "regmigrateValue"  // default: the default value, or what default returns
	chooseLatter = "regmigrateLatter" // coalesce and or: the last argument, or what they return
)

// start begins a round. It is false if there is nothing more to print.
func (b *branchChooser) start() bool {
	b.steps = 0
	if b.round++; b.round == 1 {
		return true
	}
	return b.round <= maxBranchRounds && slices.ContainsFunc(b.choices, func(c choice) bool {
		return c.tries[0]+c.tries[1] > 0 && !b.isDone(&c)
	})
}

// isDone reports whether both branches of c, and of the choices in them, were printed.
func (b *branchChooser) isDone(c *choice) bool { return b.isBranchDone(c, 0) && b.isBranchDone(c, 1) }

func (b *branchChooser) isBranchDone(c *choice, branch int) bool {
	if !c.printed[branch] {
		return false
	}
	within := c.within[:len(c.within)-c.inFalse]
	if branch == 1 {
		within = c.within[len(c.within)-c.inFalse:]
	}
	return !slices.ContainsFunc(within, func(n int) bool { return !b.isDone(&b.choices[n]) })
}

// decide returns the result of the condition with the number n in this round.
func (b *branchChooser) decide(n int) bool {
	c := &b.choices[n]
	if c.round == b.round {
		return c.isTrue
	}
	c.round = b.round
	first, second := b.isBranchDone(c, 0), b.isBranchDone(c, 1)
	switch {
	case first == second:
		c.isTrue = c.tries[0] <= c.tries[1]
	default:
		c.isTrue = second
	}
	branch := 1
	if c.isTrue {
		branch = 0
	}
	c.printed[branch] = true
	c.tries[branch]++
	return c.isTrue
}

// add adds a choice and returns its number.
func (b *branchChooser) add() int {
	b.choices = append(b.choices, choice{})
	return len(b.choices) - 1
}

// replaceIn makes the choices of the templates of t. The templates of each round must be
// the same.
func (b *branchChooser) replaceIn(t *template.Template) {
	all := t.Templates()
	slices.SortFunc(all, func(x, y *template.Template) int { return strings.Compare(x.Name(), y.Name()) })
	r := branchReplacer{chooser: b, isKnown: len(b.choices) > 0}
	for _, x := range all {
		if x.Tree != nil {
			r.list(x.Root)
		}
	}
}

// A branchReplacer replaces conditions by calls of functions that choose.
type branchReplacer struct {
	chooser *branchChooser
	isKnown bool // the choices are those of an earlier round
	next    int
}

// number returns the number of the next choice.
func (r *branchReplacer) number() int {
	if !r.isKnown {
		r.chooser.add()
	}
	r.next++
	return r.next - 1
}

func (r *branchReplacer) list(list *parse.ListNode) {
	if list == nil {
		return
	}
	for _, n := range list.Nodes {
		switch n := n.(type) {
		case *parse.ActionNode:
			r.pipe(n.Pipe)
		case *parse.IfNode:
			r.condition(n)
		case *parse.RangeNode:
			r.pipe(n.Pipe)
			r.list(n.List)
			r.list(n.ElseList)
		case *parse.WithNode:
			r.pipe(n.Pipe)
			r.list(n.List)
			r.list(n.ElseList)
		}
	}
}

// condition replaces the condition of n, unless it sets a variable.
func (r *branchReplacer) condition(n *parse.IfNode) {
	if len(n.Pipe.Decl) > 0 {
		r.list(n.List)
		r.list(n.ElseList)
		return
	}
	number := r.number()
	start := r.next
	r.list(n.List)
	middle := r.next
	r.list(n.ElseList)
	n.Pipe = callOf(chooseBranch, number)
	if !r.isKnown && number < len(r.chooser.choices) {
		c := &r.chooser.choices[number]
		for i := start; i < r.next; i++ {
			c.within = append(c.within, i)
		}
		c.inFalse = r.next - middle
	}
}

// selectors are the functions that select an argument, and what replaces them.
var selectors = map[string]string{"ternary": chooseFirst, "default": chooseValue, "coalesce": chooseLatter, "or": chooseLatter}

// pipe replaces the functions of p that select one of their arguments.
func (r *branchReplacer) pipe(p *parse.PipeNode) {
	if p == nil {
		return
	}
	for _, cmd := range p.Cmds {
		for _, a := range cmd.Args {
			if inner, ok := a.(*parse.PipeNode); ok {
				r.pipe(inner)
			}
		}
		fn, ok := cmd.Args[0].(*parse.IdentifierNode)
		if !ok || selectors[fn.Ident] == "" {
			continue
		}
		call := callOf(selectors[fn.Ident], r.number()).Cmds[0]
		cmd.Args = append(call.Args[:2:2], cmd.Args[1:]...)
	}
}

// callOf returns the pipeline {{ NAME NUMBER }}.
func callOf(name string, number int) *parse.PipeNode {
	t := parse.New("branches")
	t.Mode = parse.SkipFuncCheck
	if _, err := t.Parse(fmt.Sprintf("{{%s %d}}", name, number), "", "", map[string]*parse.Tree{}); err != nil {
		panic(err) // the text is ours
	}
	return t.Root.Nodes[0].(*parse.ActionNode).Pipe
}

// functions returns the functions that choose. isEmpty says which arguments default,
// coalesce and or pass over.
func (b *branchChooser) functions(isEmpty func(v any) bool) template.FuncMap {
	firstSet := func(args []any) any {
		for _, v := range args {
			if !isEmpty(v) {
				return v
			}
		}
		return nil
	}
	return template.FuncMap{
		chooseBranch: b.decide,
		chooseFirst: func(n int, args ...any) any {
			if len(args) < 2 {
				return nil
			}
			if b.decide(n) {
				return args[0]
			}
			return args[1]
		},
		chooseValue: func(n int, args ...any) any {
			if len(args) == 0 {
				return nil
			}
			if b.decide(n) && len(args) > 1 && !isEmpty(args[1]) {
				return args[1]
			}
			return args[0]
		},
		chooseLatter: func(n int, args ...any) any {
			if len(args) == 0 {
				return nil
			}
			last := args[len(args)-1]
			if b.decide(n) {
				if v := firstSet(args); v != nil {
					return v
				}
			}
			return last
		},
	}
}
