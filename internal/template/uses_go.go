package template

// What functions of Go templates do with a string that they are given. They
// are those of text/template, of sprig and of Helm.
var (
	// goPredicates decide or select by any of their arguments.
	goPredicates = set("eq", "ne", "lt", "le", "gt", "ge", "hasPrefix", "hasSuffix", "contains", "has", "mustHas", "hasKey",
		"regexMatch", "mustRegexMatch", "regexFind", "mustRegexFind", "regexFindAll", "mustRegexFindAll", "semver", "semverCompare", "deepEqual",
		"kindIs", "kindOf", "typeIs", "typeIsLike", "index", "get", "pluck", "dig", "pick", "omit", "unset", "without", "mustWithout", "lookup")

	// goTransforms change their last argument where the others match.
	goTransforms = set("replace", "trimPrefix", "trimSuffix", "trimAll", "split", "splitn", "splitList",
		"regexReplaceAll", "mustRegexReplaceAll", "regexReplaceAllLiteral", "mustRegexReplaceAllLiteral", "regexSplit", "mustRegexSplit")

	// goFallbacks print an argument, or fall back to it.
	goFallbacks = set("default", "or", "coalesce", "print", "println", "printf", "ternary")
)

// A goCommand is one command of a pipeline: a function or method, and its
// arguments.
type goCommand struct {
	function string
	method   bool // of a value: what it is called with is the name of something
	args     int  // so far
	patterns []int
	unknown  bool // an argument is no literal

	later *goCommand // the next one of the pipeline
	outer *goCommand // the command that the pipeline in brackets is an argument of
	arg   int        // which
}

// A goArgument is a string literal as an argument of a command.
type goArgument struct {
	token   int
	command *goCommand
	arg     int // 0-based; -1 when it stands for the command
}

// goUses tells what an action does with each of its string literals, by the
// index of the token.
func (s *source) goUses(a action) map[int]use {
	uses := map[int]use{}
	first, decides := a.first, a.word == "if"
	switch a.word {
	case "define", "template", "block":
		uses[first+1] = use{compared: true}
		if first += 2; first > a.last {
			return uses
		}
	case "else": // if or with may follow
		if first++; first < a.last && (s.is(first, "if") || s.is(first, "with")) {
			decides = s.is(first, "if")
			first++
		}
	case "":
	default:
		first++
	}
	for _, l := range s.goArguments(first, a.last) {
		u := s.goUse(l)
		u.compared = u.compared || decides // what a condition says is never printed
		uses[l.token] = u
	}
	return uses
}

// goArguments reads the tokens [first, last) as commands, and returns the
// string literals of them.
func (s *source) goArguments(first, last int) []goArgument {
	var out []goArgument
	cmd := &goCommand{}
	started := false // the function of cmd is known
	var stack []*goCommand
	for i := first; i < last; i++ {
		t := s.tokens[i]
		switch {
		case t.kind == open:
			if !started {
				started, cmd.unknown = true, true
			}
			stack = append(stack, cmd)
			cmd = &goCommand{outer: cmd, arg: cmd.args}
			stack[len(stack)-1].args++
			stack[len(stack)-1].unknown = true
			started = false
		case t.kind == shut:
			if n := len(stack) - 1; n >= 0 {
				cmd, stack = stack[n], stack[:n]
				started = true
			}
		case t.kind == op && s.is(i, "|"):
			next := &goCommand{outer: cmd.outer, arg: cmd.arg}
			cmd.later = next
			cmd, started = next, false
		case t.kind == op && (s.is(i, ":=") || s.is(i, "=")):
			cmd, started = &goCommand{outer: cmd.outer, arg: cmd.arg}, false
		case t.kind.isString() && !started:
			out = append(out, goArgument{i, cmd, -1})
			started = true
		case t.kind.isString():
			out = append(out, goArgument{i, cmd, cmd.args})
			cmd.patterns = append(cmd.patterns, i)
			cmd.args++
		case t.kind == word && !started:
			cmd.function, started = string(s.text(t)), true
		case t.kind == name && !started:
			cmd.method, started = true, true
		case t.kind == name && i > first && s.tokens[i-1].span.End == t.span.Start && s.tokens[i-1].kind != op:
			// .b of .a.b
		case t.kind == word || t.kind == name:
			cmd.args++
			cmd.unknown = true
		}
	}
	return out
}

// maxFlow is how far the value of a literal is followed through brackets and
// pipelines. What goes further counts as compared.
const maxFlow = 64

// goUse follows the value of a literal to the end of its action.
func (s *source) goUse(l goArgument) use {
	var u use
	text, _ := s.decode(s.tokens[l.token])
	c, arg := l.command, l.arg
	if c.function == "" && !c.method && c.later != nil && goFallbacks[c.later.function] || goFallbacks[c.function] {
		u.fallback = true
	}
	direct := true
	for range maxFlow {
		if s.goCompares(c, arg, text, direct) {
			u.compared = true
			return u
		}
		direct = false
		switch {
		case c.later != nil:
			c = c.later
			arg = c.args // what is piped in comes last
		case c.outer != nil:
			c, arg = c.outer, c.arg
		default:
			return u
		}
	}
	u.compared = true
	return u
}

// goCompares reports whether a command compares or matches its argument arg,
// of which text is a part; or all of it, and a literal, when direct.
func (s *source) goCompares(c *goCommand, arg int, text string, direct bool) bool {
	switch {
	case arg < 0:
		return false
	case c.method && direct:
		return true // .Files.Get "x", .Capabilities.APIVersions.Has "x"
	case goPredicates[c.function]:
		return true
	case goTransforms[c.function]:
		if direct && !(arg > 0 && arg == c.args-1 && !c.piped()) {
			return true
		}
		return s.matches(c.patterns, text, c.function[0] == 'r' && c.function != "replace" || c.function[0] == 'm')
	case c.function == "dict":
		return direct && arg%2 == 0 // a key
	case c.function == "set":
		return direct && arg == 1
	case c.function == "include":
		return arg == 0
	}
	return false
}

// piped reports whether the last argument of c comes from a pipe. It is not
// worth keeping whether one ends at c: with one argument fewer than the
// function takes, there must be.
func (c *goCommand) piped() bool {
	switch c.function {
	case "trimPrefix", "trimSuffix", "trimAll", "split", "splitList":
		return c.args < 2
	}
	return c.args < 3
}

// matches reports whether one of the literals patterns could match within
// text, or none is known.
func (s *source) matches(patterns []int, text string, regular bool) bool {
	if regular || len(patterns) == 0 || len(patterns) > maxFlow {
		return true
	}
	for _, p := range patterns {
		// No escape is longer than ten bytes: do not decode in vain.
		if s.tokens[p].span.Len() > 10*len(text)+2 {
			continue
		}
		if pattern, _ := s.decode(s.tokens[p]); pattern != text && contains(text, pattern) {
			return true
		}
	}
	return false
}
