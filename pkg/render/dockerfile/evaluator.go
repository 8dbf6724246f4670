package dockerfile

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// platform is what BuildKit builds for and on in this comparison.
var platform = map[string]string{
	"BUILDPLATFORM": "linux/amd64", "BUILDOS": "linux", "BUILDOSVERSION": "", "BUILDARCH": "amd64", "BUILDVARIANT": "",
	"TARGETPLATFORM": "linux/amd64", "TARGETOS": "linux", "TARGETOSVERSION": "", "TARGETARCH": "amd64", "TARGETVARIANT": "",
	"TARGETSTAGE": "default",
}

// Limits of the words that are expanded. A word with doubled arguments grows
// exponentially, line by line.
const (
	maxWord      = 1 << 20  // bytes
	maxVariables = 1000     // of a word
	maxExpanded  = 64 << 20 // bytes of all words of a file
)

var errTooLong = errors.New("the words with the values of their arguments are too long to be compared")

// An evaluator expands words with the values of arguments.
type evaluator struct {
	lex     *shell.Lex
	values  map[string]string
	reaches map[string][]string // the arguments in the default value of an argument
	longest int                 // of the values, in bytes
	budget  *int                // bytes that can still be expanded

	// all is the value of every variable if fixed is set.
	all   string
	fixed bool
}

// Get implements shell.EnvGetter.
func (e *evaluator) Get(name string) (string, bool) {
	if e.fixed {
		return e.all, true
	}
	v, ok := e.values[name]
	return v, ok
}

// Keys implements shell.EnvGetter. Only suggestions in error messages need the names.
func (e *evaluator) Keys() []string { return nil }

// expand returns word with the values of arguments, and the arguments that it depends on.
func (e *evaluator) expand(word string) (string, []string, error) {
	n := strings.Count(word, "$")
	if n == 0 && !strings.ContainsAny(word, `"'`+"\\`") {
		return word, nil, nil
	}
	size := len(word) + n*max(e.longest, len(e.all))
	*e.budget -= size
	if n > maxVariables || size > maxWord || *e.budget < 0 {
		return "", nil, errTooLong
	}
	r, err := e.lex.ProcessWordWithMatches(word, e)
	if err != nil {
		return "", nil, oneLine(err)
	}
	var args []string
	for name := range r.Matched {
		args = append(append(args, name), e.reaches[name]...)
		if len(args) > maxVariables {
			return "", nil, errTooLong
		}
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
	*e.budget -= 64 * len(args) // the list needs memory, too
	e.values[name], e.reaches[name] = v, args
	e.longest = max(e.longest, len(v))
	return nil
}

// globals returns the arguments before the first FROM with their defaults.
func (f *file) globals(budget *int) (*evaluator, error) {
	e := &evaluator{lex: shell.NewLex(f.escape), values: map[string]string{}, reaches: map[string][]string{}, budget: budget}
	for k, v := range platform {
		e.values[k] = v
		e.longest = max(e.longest, len(v))
	}
	for _, n := range f.nodes[:f.firstStage] {
		x, err := instructions.ParseInstruction(n)
		if err != nil {
			return nil, oneLine(err)
		}
		arg, ok := x.(*instructions.ArgCommand)
		if !ok {
			continue
		}
		for _, kv := range arg.Args {
			if kv.Value == nil {
				continue
			}
			if err := e.set(kv.Key, *kv.Value); err != nil {
				return nil, err
			}
		}
	}
	return e, nil
}

// fixedEvaluator returns an evaluator that gives every variable the same value.
func (f *file) fixedEvaluator(value string, budget *int) *evaluator {
	return &evaluator{lex: shell.NewLex(f.escape), all: value, fixed: true, budget: budget}
}

// variableRE matches the start of a variable, with its operator.
var variableRE = regexp.MustCompile(`\$\{?([A-Za-z_][A-Za-z0-9_]*)(:?[-+?]|##?|%%?|//?)?`)

// sameVariables reports whether two words have the same variables with the same operators,
// in the same order. ok is false if one has an operator that reads a pattern.
func sameVariables(b, a string) (same, ok bool) {
	ok = true
	read := func(s string) []string {
		var out []string
		for _, m := range variableRE.FindAllStringSubmatch(s, -1) {
			if braced := strings.HasPrefix(m[0], "${"); !braced {
				m[2] = ""
			} else if strings.ContainsAny(m[2], "#%/") {
				ok = false
			}
			out = append(out, m[1]+m[2])
		}
		return out
	}
	return slices.Equal(read(b), read(a)), ok
}

// expandWith returns word with the given values of variables; the others are not set.
func (f *file) expandWith(values map[string]string, word string, budget *int) (string, error) {
	e := &evaluator{lex: shell.NewLex(f.escape), values: values, longest: len(unknownValue), budget: budget}
	out, _, err := e.expand(word)
	return out, err
}
