package dockerfile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/shell"

	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/render"
)

// A source is an image or a stage that an instruction names.
type source struct {
	line int
	text string // the instruction, such as FROM
	raw  string // as it is written
	name string // with the values of arguments
	args []string
}

// sources compares the images of FROM and --from with the values of arguments. The
// instructions of both files are the same but for references. It returns why a comparison
// is not possible.
func (c *comparer) sources(before, after *file) (unproven string) {
	b, err := before.sources()
	if err != nil {
		return err.Error()
	}
	a, err := after.sources()
	if err != nil {
		c.differs(1, "", "after the change: "+err.Error())
		return ""
	}
	if len(b) != len(a) {
		c.differs(1, "", "the number of sources changed")
		return ""
	}
	reached := map[string]bool{}
	for i := range b {
		if why := c.source(&b[i], &a[i], before.stagesBefore(b[i].line)); why != "" && unproven == "" {
			unproven = why
		}
		for _, name := range b[i].args {
			reached[name] = true
		}
	}
	for _, name := range c.shortArgs {
		if !reached[name] {
			c.differs(1, "ARG "+name, "the value changed, and no FROM or --from shows that it is an image")
		}
	}
	return unproven
}

// source compares one source before and after the change. stages are the names and the
// numbers of the stages before it.
func (c *comparer) source(b, a *source, stages []string) (unproven string) {
	isStage := func(name string) bool {
		return slices.ContainsFunc(stages, func(s string) bool { return strings.EqualFold(s, name) })
	}
	if b.name == a.name {
		switch _, err := image.Parse(b.name); {
		case isStage(b.name):
		case err != nil:
			return fmt.Sprintf("line %d: %s %s needs a build argument", b.line, b.text, b.raw)
		default:
			if _, ok := c.rewrite(b.name); ok && b.name != "scratch" {
				c.verdict.Leftovers = append(c.verdict.Leftovers, render.Leftover{Template: c.verdict.Dir, Field: fmt.Sprintf("%s in line %d", b.text, b.line), Ref: b.name})
			}
		}
		return ""
	}
	want, ok := c.rewrite(b.name)
	switch {
	case isStage(b.name):
		c.differs(b.line, b.text, fmt.Sprintf("the stage %s became %s", b.name, a.name))
	case isStage(a.name):
		c.differs(b.line, b.text, fmt.Sprintf("%s became the stage %s", b.name, a.name))
	case b.name == "scratch" || !ok:
		c.differs(b.line, b.text, fmt.Sprintf("%s became %s, and no rule matches", b.name, a.name))
	case want != a.name:
		c.differs(b.line, b.text, fmt.Sprintf("%s became %s; the rules say %s", b.name, a.name, want))
	default:
		c.verdict.Moved++
	}
	return ""
}

// stagesBefore returns the names and the numbers of the stages that begin before a line.
func (f *file) stagesBefore(line int) []string {
	var out []string
	for i, s := range f.stages {
		if len(s.Location) == 0 || s.Location[0].Start.Line >= line {
			break
		}
		out = append(out, strconv.Itoa(i))
		if s.Name != "" {
			out = append(out, s.Name)
		}
	}
	return out
}

// platform is what BuildKit builds for and on in this comparison.
var platform = map[string]string{
	"BUILDPLATFORM": "linux/amd64", "BUILDOS": "linux", "BUILDOSVERSION": "", "BUILDARCH": "amd64", "BUILDVARIANT": "",
	"TARGETPLATFORM": "linux/amd64", "TARGETOS": "linux", "TARGETOSVERSION": "", "TARGETARCH": "amd64", "TARGETVARIANT": "",
	"TARGETSTAGE": "default",
}

// An evaluator expands words with the values of arguments.
type evaluator struct {
	lex     *shell.Lex
	values  map[string]string
	reaches map[string][]string // the arguments in the default value of an argument
}

// Get implements shell.EnvGetter.
func (e *evaluator) Get(name string) (string, bool) {
	v, ok := e.values[name]
	return v, ok
}

// Keys implements shell.EnvGetter.
func (e *evaluator) Keys() []string {
	var out []string
	for k := range e.values {
		out = append(out, k)
	}
	return out
}

// Limits of the words that are expanded. A word with doubled arguments grows
// exponentially, line by line.
const (
	maxWord      = 1 << 20 // bytes
	maxVariables = 1000    // of a word
)

// expand returns word with the values of arguments, and the arguments that it depends on.
func (e *evaluator) expand(word string) (string, []string, error) {
	n := strings.Count(word, "$")
	if n == 0 && !strings.ContainsAny(word, `"'\`) {
		return word, nil, nil
	}
	longest := 0
	for _, v := range e.values {
		longest = max(longest, len(v))
	}
	if n > maxVariables || len(word)+n*longest > maxWord {
		return "", nil, fmt.Errorf("a word with the values of its arguments is too long to be compared")
	}
	r, err := e.lex.ProcessWordWithMatches(word, e)
	if err != nil {
		return "", nil, oneLine(err)
	}
	var args []string
	for name := range r.Matched {
		args = append(append(args, name), e.reaches[name]...)
	}
	slices.Sort(args)
	return r.Result, slices.Compact(args), nil
}

// set sets an argument to the value of word.
func (e *evaluator) set(name, word string) error {
	v, args, err := e.expand(word)
	if err != nil {
		return err
	}
	e.values[name], e.reaches[name] = v, args
	return nil
}

// sources returns the sources of the file in order.
func (f *file) sources() ([]source, error) {
	global := &evaluator{shell.NewLex(f.escape), map[string]string{}, map[string][]string{}}
	for k, v := range platform {
		global.values[k] = v
	}
	for _, arg := range f.args {
		for _, kv := range arg.Args {
			if kv.Value == nil {
				continue
			}
			if err := global.set(kv.Key, *kv.Value); err != nil {
				return nil, err
			}
		}
	}
	var out []source
	for i := range f.stages {
		s := &f.stages[i]
		name, args, err := global.expand(s.BaseName)
		if err != nil {
			return nil, err
		}
		line := 0
		if len(s.Location) > 0 {
			line = s.Location[0].Start.Line
		}
		out = append(out, source{line, "FROM", s.BaseName, name, args})
		more, err := stageSources(s, global, f.escape)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}

// stageSources returns the sources of --from in a stage.
func stageSources(s *instructions.Stage, global *evaluator, escape rune) ([]source, error) {
	e := &evaluator{shell.NewLex(escape), map[string]string{}, map[string][]string{}}
	var out []source
	for _, command := range s.Commands {
		line := 0
		if at := command.Location(); len(at) > 0 {
			line = at[0].Start.Line
		}
		names, err := e.run(command, global)
		if err != nil {
			return nil, err
		}
		for _, raw := range names {
			if raw == "" {
				continue
			}
			name, args, err := e.expand(raw)
			if err != nil {
				return nil, err
			}
			out = append(out, source{line, strings.ToUpper(command.Name()) + " --from", raw, name, args})
		}
	}
	return out, nil
}

// run sets the arguments that a command sets, and returns the values of its --from.
func (e *evaluator) run(command instructions.Command, global *evaluator) (from []string, err error) {
	switch x := command.(type) {
	case *instructions.ArgCommand:
		for _, kv := range x.Args {
			switch v, isGlobal := global.values[kv.Key]; {
			case kv.Value != nil:
				err = e.set(kv.Key, *kv.Value)
			case isGlobal:
				e.values[kv.Key], e.reaches[kv.Key] = v, global.reaches[kv.Key]
			}
			if err != nil {
				return nil, err
			}
		}
	case *instructions.EnvCommand:
		values := map[string]string{} // each value sees the environment before the command
		for _, kv := range x.Env {
			v, _, err := e.expand(kv.Value)
			if err != nil {
				return nil, err
			}
			values[kv.Key] = v
		}
		for k, v := range values {
			e.values[k] = v
		}
	case *instructions.CopyCommand:
		from = []string{x.From}
	case *instructions.RunCommand:
		if err := x.Expand(func(word string) (string, error) { return word, nil }); err != nil {
			return nil, oneLine(err)
		}
		for _, m := range instructions.GetMounts(x) {
			from = append(from, m.From)
		}
	}
	return from, nil
}
