package dockerfile

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"

	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/render"
)

// A changedArg is an ARG before the first FROM whose default changed.
type changedArg struct {
	key                    string
	line                   int
	before, after          string // the values, without quotes
	textB, textA, textPlan string // NAME=VALUE; textPlan is what regmigrate would write
}

// from compares the value of a --from: the name or the number of a stage, or an image.
// BuildKit expands no variable there.
func (c *comparer) from(name, b, a string) {
	want, ok := c.rewrite(b)
	switch {
	case strings.ContainsAny(b+a, "$\"'\\"):
		c.differs(c.line, name, quoteChange(b, a)+": BuildKit expands no variable here")
	case c.before.isStage(b, len(c.before.stages), true):
		c.differs(c.line, name, fmt.Sprintf("the stage %s became %s", clip(b), clip(a)))
	case c.after.isStage(a, len(c.after.stages), true):
		c.differs(c.line, name, fmt.Sprintf("%s became the stage %s", clip(b), clip(a)))
	case b == "scratch" || !ok:
		c.differs(c.line, name, fmt.Sprintf("%s became %s, and no rule matches", clip(b), clip(a)))
	case want != a:
		c.differs(c.line, name, fmt.Sprintf("%s became %s; the rules require %s", clip(b), clip(a), want))
	case c.onBuild && !isSpelledOut(b):
		c.doubt(c.line, "ONBUILD "+name, fmt.Sprintf("%s became %s: it may be a stage of another Dockerfile", clip(b), clip(a)))
	default:
		c.verdict.Moved++
	}
}

// isSpelledOut reports whether a reference has a registry.
func isSpelledOut(text string) bool {
	ref, err := image.Parse(text)
	return err == nil && ref.Domain != "" && ref.Path != ""
}

// isStage reports whether name is the name of one of the first n stages or, if numbers
// count, a number: a number that no stage has ends the build.
func (f *file) isStage(name string, n int, numbers bool) bool {
	if _, err := strconv.Atoi(name); err == nil && numbers {
		return true
	}
	i, ok := f.stageNames[strings.ToLower(name)]
	return ok && i < n
}

// stages compares the images and the platforms of all FROM, with the defaults of
// arguments. The instructions are the same but for references.
func (c *comparer) stages() {
	b, err := c.before.globals(&c.budget)
	if err != nil {
		c.doubt(1, "ARG", err.Error())
		c.checkPlannedWords(nil)
		return
	}
	a, err := c.after.globals(&c.budget)
	if err != nil {
		c.doubt(1, "ARG", "after the change: "+err.Error())
		c.checkPlannedWords(nil)
		return
	}
	reached := map[string]bool{}
	for i := range c.before.stages {
		if c.ctx.Err() != nil {
			return
		}
		sB, sA := &c.before.stages[i], &c.after.stages[i]
		c.line = lineOf(sB)
		x, args, err1 := b.expand(sB.BaseName)
		y, _, err2 := a.expand(sA.BaseName)
		platformB, _, err3 := b.expand(sB.Platform)
		platformA, _, err4 := a.expand(sA.Platform)
		for _, err := range []error{err1, err2, err3, err4} {
			if err != nil {
				c.doubt(c.line, "FROM", err.Error())
				c.checkPlannedWords(nil)
				return
			}
		}
		if platformB != platformA {
			c.differs(c.line, "FROM", "the platform changed: "+quoteChange(platformB, platformA))
		}
		c.source(i, sB.BaseName, x, y)
		for _, name := range args {
			reached[name] = true
		}
	}
	c.checkPlannedWords(reached)
	c.checkArgs(reached)
	for _, name := range slices.Sorted(maps.Keys(b.values)) {
		if line, isRead := c.before.declares(name); isRead && b.values[name] != a.values[name] {
			c.doubt(line, "ARG "+name, "the value changes for the commands of this stage, too")
		}
	}
}

// checkArgs checks the changed arguments that no FROM reaches: nothing shows that they
// are images.
func (c *comparer) checkArgs(reached map[string]bool) {
	for _, x := range c.globalArgs {
		if !reached[x.key] {
			c.line = x.line
			c.text("ARG "+x.key, x.textB, x.textA, x.textPlan)
		}
	}
}

// lineOf returns the line of a stage, 1-based.
func lineOf(s *instructions.Stage) int {
	if len(s.Location) > 0 && s.Location[0].Start.Line > 0 {
		return s.Location[0].Start.Line
	}
	return 1
}

// declares returns the line of an ARG after the first FROM that takes over the argument
// called name from those before it.
func (f *file) declares(name string) (line int, ok bool) {
	if f.inherited == nil {
		f.inherited = map[string]int{}
		for i := range f.stages {
			for _, command := range f.stages[i].Commands {
				arg, ok := command.(*instructions.ArgCommand)
				if !ok {
					continue
				}
				for _, kv := range arg.Args {
					if _, exists := f.inherited[kv.Key]; kv.Value == nil && !exists {
						f.inherited[kv.Key] = max(1, arg.Location()[0].Start.Line)
					}
				}
			}
		}
	}
	line, ok = f.inherited[name]
	return line, ok
}

// source compares the image of stage i, before and after the change.
func (c *comparer) source(i int, raw, b, a string) {
	if b == a {
		switch _, err := image.Parse(b); {
		case c.before.isStage(b, i, false):
			if !c.after.isStage(a, i, false) {
				c.differs(c.line, "FROM", "the stage "+clip(b)+" is an image after the change")
			}
		case err != nil:
			c.doubt(c.line, "FROM", noReference(raw))
		case b != "scratch":
			if _, ok := c.rewrite(b); ok {
				c.verdict.Leftovers = append(c.verdict.Leftovers, render.Leftover{Template: c.verdict.Dir, Field: fmt.Sprintf("FROM in line %d", c.line), Ref: b})
			}
		}
		return
	}
	want, ok := c.rewrite(b)
	switch {
	case c.before.isStage(b, i, false):
		c.differs(c.line, "FROM", fmt.Sprintf("the stage %s became %s", clip(b), clip(a)))
	case c.after.isStage(a, i, false):
		c.differs(c.line, "FROM", fmt.Sprintf("%s became the stage %s", clip(b), clip(a)))
	case b == "scratch" || !ok:
		if _, err := image.Parse(b); err != nil && b != "scratch" {
			c.doubt(c.line, "FROM", noReference(raw))
			return
		}
		c.differs(c.line, "FROM", fmt.Sprintf("%s became %s, and no rule matches", clip(b), clip(a)))
	case want != a:
		c.differs(c.line, "FROM", fmt.Sprintf("%s became %s; the rules require %s", clip(b), clip(a), want))
	default:
		c.verdict.Moved++
	}
}

// noReference says why the text of a FROM is no reference.
func noReference(raw string) string {
	if strings.Contains(raw, "$") {
		return clip(raw) + " needs a build argument that has no default"
	}
	return clip(raw) + " is not an image reference"
}
