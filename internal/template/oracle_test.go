package template

import (
	"testing"
	"text/template/parse"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

func scalars(f *File) []*syntax.Node {
	var out []*syntax.Node
	var walk func(n *syntax.Node)
	walk = func(n *syntax.Node) {
		if n.Kind == syntax.Scalar {
			out = append(out, n)
		}
		for _, c := range n.Children {
			walk(c)
		}
	}
	for _, d := range f.Docs {
		if d.Root != nil {
			walk(d.Root)
		}
	}
	return out
}

// checkFile fails the test unless all positions of f are valid in src.
func checkFile(t *testing.T, src []byte, f *File) {
	t.Helper()
	all := edit.Span{Start: 0, End: len(src)}
	checkMap := func(what, text string, m edit.Map, in edit.Span) {
		for _, r := range m {
			s := edit.Span{Start: r.Src, End: r.Src + r.Len}
			if !in.Contains(s) || r.Dec < 0 || r.Dec+r.Len > len(text) || text[r.Dec:r.Dec+r.Len] != string(src[s.Start:s.End]) {
				t.Fatalf("%s %.80q differs from the source at its map %v: %.200q", what, text, m, src)
			}
		}
	}
	for _, n := range scalars(f) {
		if !all.Contains(n.Span) || n.Span.Len() < 0 {
			t.Fatalf("the scalar %.80q is at %v of %d bytes", n.Value, n.Span, len(src))
		}
		checkMap("the value", n.Value, n.Map, n.Span)
	}
	for _, d := range f.Docs {
		if !all.Contains(d.Span) || d.Span.Len() < 0 {
			t.Fatalf("a document is at %v of %d bytes", d.Span, len(src))
		}
	}
	at := 0
	for _, l := range f.Literals {
		if l.Span.Start < at || !l.Action.Contains(l.Span) || l.Span.Len() < 2 {
			t.Fatalf("the literal %.80q is at %v, in the action at %v", l.Text, l.Span, l.Action)
		}
		at = l.Span.End
		checkMap("the literal", l.Text, l.Map, l.Span)
	}
	for _, spans := range [][]edit.Span{f.Comments, f.Unparsed} {
		at = 0
		for _, s := range spans {
			if s.Start < at || s.End > len(src) || s.Len() <= 0 {
				t.Fatalf("spans out of order: %v", spans)
			}
			at = s.End
		}
	}
	if f.Verified != (len(f.Unparsed) == 0) {
		t.Fatalf("verified is %v, with %d unparsed spans", f.Verified, len(f.Unparsed))
	}
}

// parsedStrings returns the string literals that text/template/parse finds,
// by their offset. It returns nil if that package does not parse src.
func parsedStrings(t *testing.T, src []byte) map[int]string {
	t.Helper()
	tree := parse.New("")
	tree.Mode = parse.SkipFuncCheck | parse.ParseComments
	trees := map[string]*parse.Tree{}
	if _, err := tree.Parse(string(src), "", "", trees); err != nil {
		return nil
	}
	out := map[int]string{}
	var list func(l *parse.ListNode)
	var walk func(n parse.Node)
	list = func(l *parse.ListNode) {
		if l != nil {
			for _, n := range l.Nodes {
				walk(n)
			}
		}
	}
	pipe := func(p *parse.PipeNode) {
		if p != nil {
			for _, c := range p.Cmds {
				for _, a := range c.Args {
					walk(a)
				}
			}
		}
	}
	branch := func(b parse.BranchNode) {
		pipe(b.Pipe)
		list(b.List)
		list(b.ElseList)
	}
	walk = func(n parse.Node) {
		switch n := n.(type) {
		case *parse.StringNode:
			out[int(n.Pos)] = n.Text
		case *parse.ListNode:
			list(n)
		case *parse.PipeNode:
			pipe(n)
		case *parse.ChainNode:
			walk(n.Node)
		case *parse.ActionNode:
			pipe(n.Pipe)
		case *parse.TemplateNode:
			pipe(n.Pipe)
		case *parse.IfNode:
			branch(n.BranchNode)
		case *parse.RangeNode:
			branch(n.BranchNode)
		case *parse.WithNode:
			branch(n.BranchNode)
		}
	}
	for _, tr := range trees {
		if tr.Root != nil {
			list(tr.Root)
		}
	}
	return out
}

// parsedTexts returns the text nodes of trees, by offset.
func parsedTexts(trees map[string]*parse.Tree) map[int]string {
	out := map[int]string{}
	var list func(l *parse.ListNode)
	list = func(l *parse.ListNode) {
		if l == nil {
			return
		}
		for _, n := range l.Nodes {
			switch n := n.(type) {
			case *parse.TextNode:
				out[int(n.Pos)] = string(n.Text)
			case *parse.IfNode:
				list(n.List)
				list(n.ElseList)
			case *parse.RangeNode:
				list(n.List)
				list(n.ElseList)
			case *parse.WithNode:
				list(n.List)
				list(n.ElseList)
			}
		}
	}
	for _, tr := range trees {
		list(tr.Root)
	}
	return out
}
