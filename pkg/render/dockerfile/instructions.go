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
	if b.syntax == a.syntax {
		return
	}
	nameB, restB, _ := strings.Cut(b.syntax, " ")
	nameA, restA, _ := strings.Cut(a.syntax, " ")
	if want, ok := c.rewrite(nameB); restB != restA || !ok || want != nameA {
		c.differs(1, "# syntax", render.FirstDifference(b.syntax, a.syntax)+", which no rule requires")
		return
	}
	c.verdict.Moved++
}

// instructions compares the texts of instructions. planned are those that regmigrate itself
// would write, or nil.
func (c *comparer) instructions(before, after, planned []*parser.Node) {
	if len(before) != len(after) {
		c.differs(after[len(after)-1].StartLine, "", fmt.Sprintf("the file has %s after the change, and %d before", render.Count(len(after), "instruction"), len(before)))
		return
	}
	for i := range before {
		if c.ctx.Err() != nil {
			return
		}
		p := before[i]
		if len(planned) == len(before) {
			p = planned[i]
		}
		c.line, c.isGlobal = before[i].StartLine, i < c.before.firstStage
		c.instruction(before[i], after[i], p)
	}
}

// instruction compares the texts of one instruction.
func (c *comparer) instruction(b, a, p *parser.Node) {
	name := strings.ToUpper(b.Value)
	switch {
	case !strings.EqualFold(b.Value, a.Value) || !maps.Equal(b.Attributes, a.Attributes):
		c.differs(c.line, name, "the instruction changed")
		return
	case len(b.Flags) != len(a.Flags):
		c.differs(c.line, name, "the number of flags changed")
		return
	}
	for i := range b.Flags {
		c.flag(name, b.Flags[i], a.Flags[i])
	}
	argsB, argsA, argsP := arguments(b), arguments(a), arguments(p)
	if len(argsB) != len(argsA) {
		c.differs(c.line, name, "the number of arguments changed")
		return
	}
	for i := range argsB {
		planned := argsB[i]
		if len(argsP) == len(argsB) {
			planned = argsP[i]
		}
		c.key = ""
		if i > 0 {
			c.key = argsB[i-1].Value
		}
		c.argument(name, i, [3]*parser.Node{argsB[i], argsA[i], planned})
	}
	c.heredocs(name, b, a, p)
}

// heredocs compares the here-documents of an instruction.
func (c *comparer) heredocs(name string, b, a, p *parser.Node) {
	if len(b.Heredocs) != len(a.Heredocs) {
		c.differs(c.line, name, "the number of here-documents changed")
		return
	}
	for i, h := range b.Heredocs {
		x, planned := a.Heredocs[i], h.Content
		if len(p.Heredocs) == len(b.Heredocs) {
			planned = p.Heredocs[i].Content
		}
		content := x.Content
		x.Content = h.Content
		if x != h {
			c.differs(c.line, name, "the start of a here-document changed")
			continue
		}
		c.text(name+" here-document", h.Content, content, planned)
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

// argument compares argument i, counted from 0, of the instruction called name: before,
// after, and as regmigrate would write it.
func (c *comparer) argument(name string, i int, nodes [3]*parser.Node) {
	b, a, p := nodes[0], nodes[1], nodes[2]
	if len(b.Children) != len(a.Children) {
		c.differs(c.line, name, "the instruction changed")
		return
	}
	for j := range b.Children { // of ONBUILD
		planned := b.Children[j]
		if len(p.Children) == len(b.Children) {
			planned = p.Children[j]
		}
		c.onBuild = true
		c.instruction(b.Children[j], a.Children[j], planned)
		c.onBuild = false
	}
	if b.Value == a.Value {
		return
	}
	switch name {
	case "FROM":
		if i == 0 && !c.onBuild {
			c.word(name, b.Value, a.Value, p.Value)
			return
		}
	case "ARG":
		c.arg(b.Value, a.Value, p.Value)
		return
	case "ENV", "LABEL": // name, value, delimiter, name, …
		if i%3 == 1 {
			if c.text(name, b.Value, a.Value, p.Value) && name == "ENV" {
				c.changedVariables[c.key] = c.line
			}
			return
		}
	case "RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK":
		c.text(name, b.Value, a.Value, p.Value)
		return
	}
	c.differs(c.line, name, quoteChange(b.Value, a.Value)+", and this is not an image")
}

// arg compares an argument NAME=DEFAULT of ARG.
func (c *comparer) arg(b, a, p string) {
	key, valueB, _ := strings.Cut(b, "=")
	keyA, valueA, hasValue := strings.Cut(a, "=")
	if key != keyA || !hasValue || quoteOf(valueB) != quoteOf(valueA) {
		c.differs(c.line, "ARG", quoteChange(b, a)+": only the image in the default may change")
		return
	}
	if c.isGlobal {
		_, valuePlan, _ := strings.Cut(p, "=")
		c.word("ARG "+key, unquote(valueB), unquote(valueA), unquote(valuePlan))
		c.globalArgs = append(c.globalArgs, changedArg{key, c.line, unquote(valueB), unquote(valueA), b, a, p})
		return
	}
	if c.text("ARG "+key, b, a, p) {
		c.changedVariables[key] = c.line
	}
}

// text compares a text that may contain references. It reports whether the text changed.
func (c *comparer) text(name, before, after, planned string) bool {
	isPlanned := after == planned
	switch change := render.CompareText(before, after, c.rewrite); {
	case change == render.SameText:
		return false
	case change == render.MovedReference && isPlanned && c.areImages(before, after):
		c.verdict.Moved++
	case change == render.MovedReference && isPlanned:
		c.doubt(c.line, name, render.FirstDifference(before, after)+": it has no tag or digest, and may be no image")
	case change == render.MovedReference, change == render.DoubtfulChange && isPlanned:
		c.doubt(c.line, name, render.FirstDifference(before, after)+", and nothing shows that it is an image")
	default:
		c.differs(c.line, name, render.FirstDifference(before, after)+", which no rule requires here")
	}
	return true
}

// flag compares a flag: only the image of --from and of a mount may change.
func (c *comparer) flag(name, b, a string) {
	if b == a {
		return
	}
	if valueB, ok := strings.CutPrefix(b, "--from="); ok {
		if valueA, ok := strings.CutPrefix(a, "--from="); ok {
			c.from(name+" --from", valueB, valueA)
			return
		}
	}
	mountB, ok1 := strings.CutPrefix(b, "--mount=")
	mountA, ok2 := strings.CutPrefix(a, "--mount=")
	fieldsB, fieldsA := strings.Split(mountB, ","), strings.Split(mountA, ",")
	if !ok1 || !ok2 || len(fieldsB) != len(fieldsA) {
		c.differs(c.line, name, "a flag changed: "+quoteChange(b, a))
		return
	}
	for i := range fieldsB {
		if fieldsB[i] == fieldsA[i] {
			continue
		}
		keyB, fromB, _ := strings.Cut(fieldsB[i], "=")
		keyA, fromA, ok := strings.Cut(fieldsA[i], "=")
		if keyB != keyA || !ok || !strings.EqualFold(keyB, "from") {
			c.differs(c.line, name, "a mount changed: "+quoteChange(fieldsB[i], fieldsA[i]))
			continue
		}
		c.from(name+" --mount from", fromB, fromA)
	}
}

// quoteOf returns the quote at the start of s, or 0.
func quoteOf(s string) byte {
	if s != "" && (s[0] == '"' || s[0] == '\'') {
		return s[0]
	}
	return 0
}

// unquote returns s without quotes around it.
func unquote(s string) string {
	if len(s) >= 2 && quoteOf(s) != 0 && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1]
	}
	return s
}

// quoteChange formats two short texts.
func quoteChange(b, a string) string { return fmt.Sprintf("%q became %q", clip(b), clip(a)) }

// clip shortens a text for a message.
func clip(s string) string {
	if len(s) > 100 {
		return strings.ToValidUTF8(s[:100], "") + "…"
	}
	return s
}
