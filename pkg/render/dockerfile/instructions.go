package dockerfile

import (
	"fmt"
	"maps"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// directives compares the directives in the comments at the top.
func (c *comparer) directives(b, a *file) {
	if b.escape != a.escape {
		c.differs(1, "# escape", "the directive changed")
	}
	if b.check != a.check {
		c.differs(1, "# check", "the directive changed")
	}
	// The image that translates the file: it has no other names than spelled-out ones.
	if b.syntax != a.syntax && !render.SameText(b.syntax, a.syntax, c.rewrite) {
		c.differs(1, "# syntax", render.FirstDifference(b.syntax, a.syntax))
	}
	if b.syntax != a.syntax {
		c.verdict.Moved++
	}
}

// instructions compares the texts of instructions.
func (c *comparer) instructions(before, after []*parser.Node) {
	if len(before) != len(after) {
		c.differs(1, "", fmt.Sprintf("the file has %s after the change, and %d before", render.Count(len(after), "instruction"), len(before)))
		return
	}
	for i := range before {
		c.instruction(before[i], after[i])
	}
}

// instruction compares the texts of one instruction.
func (c *comparer) instruction(b, a *parser.Node) {
	name := strings.ToUpper(b.Value)
	if !strings.EqualFold(b.Value, a.Value) || !maps.Equal(b.Attributes, a.Attributes) {
		c.differs(b.StartLine, name, "the instruction changed")
		return
	}
	if len(b.Flags) != len(a.Flags) {
		c.differs(b.StartLine, name, "the number of flags changed")
		return
	}
	for i := range b.Flags {
		if !c.sameFlag(b.Flags[i], a.Flags[i]) {
			c.differs(b.StartLine, name, "a flag changed: "+render.FirstDifference(b.Flags[i], a.Flags[i]))
		}
	}
	argsB, argsA := arguments(b), arguments(a)
	if len(argsB) != len(argsA) {
		c.differs(b.StartLine, name, "the number of arguments changed")
		return
	}
	for i := range argsB {
		c.argument(name, i, argsB[i], argsA[i])
	}
	if len(b.Heredocs) != len(a.Heredocs) {
		c.differs(b.StartLine, name, "the number of here-documents changed")
		return
	}
	for i, h := range b.Heredocs {
		x := a.Heredocs[i]
		content := x.Content
		x.Content = h.Content
		if x != h || !render.SameText(h.Content, content, c.textRule()) {
			c.differs(b.StartLine, name, "a here-document changed: "+render.FirstDifference(h.Content, content))
		}
	}
}

// arguments returns the arguments of an instruction.
func arguments(n *parser.Node) []*parser.Node {
	var out []*parser.Node
	for n := n.Next; n != nil; n = n.Next {
		out = append(out, n)
	}
	return out
}

// argument compares argument i, counted from 0, of the instruction called name.
func (c *comparer) argument(name string, i int, b, a *parser.Node) {
	if len(b.Children) != len(a.Children) {
		c.differs(b.StartLine, name, "the instruction changed")
		return
	}
	for j := range b.Children { // of ONBUILD
		c.instruction(b.Children[j], a.Children[j])
	}
	if !c.sameText(name, i, b.Value, a.Value) {
		c.differs(b.StartLine, name, render.FirstDifference(b.Value, a.Value))
	}
}

// sameText reports whether argument i of the instruction called name may change from b
// to a.
func (c *comparer) sameText(name string, i int, b, a string) bool {
	if b == a {
		return true
	}
	switch name {
	case "FROM":
		return i == 0 && render.SameText(b, a, c.rewrite)
	case "ARG":
		keyB, valueB, _ := strings.Cut(b, "=")
		keyA, valueA, _ := strings.Cut(a, "=")
		if keyB != keyA || isQuoted(valueB) != isQuoted(valueA) || !render.SameText(unquote(valueB), unquote(valueA), c.rewrite) {
			return false
		}
		if !render.SameText(unquote(valueB), unquote(valueA), c.textRule()) {
			c.shortArgs = append(c.shortArgs, keyB) // sources shows whether it is an image
		}
		return true
	case "ENV", "RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK":
		return render.SameText(b, a, c.textRule())
	case "LABEL":
		return render.SameText(b, a, render.WithPath(c.rewrite))
	}
	return false
}

// textRule is the rule for text that may contain references.
func (c *comparer) textRule() render.RewriteFunc {
	if c.assumeImages {
		return c.rewrite
	}
	return render.SpelledOut(c.rewrite)
}

// isQuoted reports whether s begins with a quote.
func isQuoted(s string) bool { return s != "" && (s[0] == '"' || s[0] == '\'') }

// unquote returns s without quotes around it.
func unquote(s string) string {
	if len(s) >= 2 && isQuoted(s) && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1]
	}
	return s
}

// sameFlag reports whether a flag may change from b to a: only the image of --from and
// of a mount may.
func (c *comparer) sameFlag(b, a string) bool {
	if b == a {
		return true
	}
	if valueB, ok := strings.CutPrefix(b, "--from="); ok {
		valueA, ok := strings.CutPrefix(a, "--from=")
		return ok && render.SameText(valueB, valueA, c.rewrite)
	}
	mountB, ok1 := strings.CutPrefix(b, "--mount=")
	mountA, ok2 := strings.CutPrefix(a, "--mount=")
	fieldsB, fieldsA := strings.Split(mountB, ","), strings.Split(mountA, ",")
	if !ok1 || !ok2 || len(fieldsB) != len(fieldsA) {
		return false
	}
	for i := range fieldsB {
		if fieldsB[i] == fieldsA[i] {
			continue
		}
		fromB, ok1 := strings.CutPrefix(fieldsB[i], "from=")
		fromA, ok2 := strings.CutPrefix(fieldsA[i], "from=")
		if !ok1 || !ok2 || !render.SameText(fromB, fromA, c.rewrite) {
			return false
		}
	}
	return true
}
