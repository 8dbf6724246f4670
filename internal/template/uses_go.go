package template

// What functions of Go templates do with a string argument. The functions are
// those of text/template, of sprig and of Helm.
var (
	// goPredicates decide or select something by any of their arguments.
	goPredicates = set("eq", "ne", "lt", "le", "gt", "ge", "hasPrefix", "hasSuffix", "contains", "has", "mustHas", "hasKey",
		"regexMatch", "mustRegexMatch", "regexFind", "mustRegexFind", "regexFindAll", "mustRegexFindAll", "semver", "semverCompare", "deepEqual",
		"kindIs", "kindOf", "typeIs", "typeIsLike", "index", "get", "pluck", "dig", "pick", "omit", "unset", "without", "mustWithout", "lookup")

	// goTransforms change their last argument where the other arguments match.
	goTransforms = set("replace", "trimPrefix", "trimSuffix", "trimAll", "split", "splitn", "splitList",
		"regexReplaceAll", "mustRegexReplaceAll", "regexReplaceAllLiteral", "mustRegexReplaceAllLiteral", "regexSplit", "mustRegexSplit")

	// goFallbacks print an argument, or fall back to it.
	goFallbacks = set("default", "or", "coalesce", "print", "println", "printf", "ternary")
)

// A goCommand is one command of a pipeline: a function or method, and its
// arguments.
type goCommand struct {
	function string
	method   bool  // it is a method of a value; its arguments are names
	args     int   // number of arguments
	patterns []int // the tokens of its arguments that are string literals

	later *goCommand // the next command of the pipeline
	outer *goCommand // the command that has the pipeline, in brackets, as an argument
	arg   int        // the index of that argument
}

// A goLiteral is a string literal as an argument of a command.
type goLiteral struct {
	token   int
	command *goCommand
	arg     int // 0-based; -1 if the literal is the command itself
}

// goUses returns how an action uses each of its string literals, by the index
// of the token.
func (s *source) goUses(a action) map[int]use {
	uses := map[int]use{}
	first, isCondition := a.first, a.word == "if"
	switch a.word {
	case "define", "template", "block":
		uses[first+1] = use{compared: true}
		if first += 2; first > a.last {
			return uses
		}
	case "else": // if or with may follow
		if first++; first < a.last && (s.is(first, "if") || s.is(first, "with")) {
			isCondition = s.is(first, "if")
			first++
		}
	case "":
	default:
		first++
	}
	for _, l := range s.goLiterals(first, a.last) {
		u := s.goUse(l)
		u.compared = u.compared || isCondition // the value of a condition is never printed
		uses[l.token] = u
	}
	return uses
}

// A goReader splits tokens into commands.
type goReader struct {
	*source
	first    int // the first token
	command  *goCommand
	started  bool         // the function of command is known
	brackets []*goCommand // the commands that contain the open brackets
	literals []goLiteral
}

// goLiterals returns the string literals of the tokens [first, last), with the
// commands that they are arguments of.
func (s *source) goLiterals(first, last int) []goLiteral {
	r := &goReader{source: s, first: first, command: &goCommand{}}
	for i := first; i < last; i++ {
		switch t := s.tokens[i]; {
		case t.kind == open:
			r.openBracket()
		case t.kind == shut:
			r.closeBracket()
		case t.kind == op:
			r.operator(i)
		case t.kind.isString():
			r.literal(i)
		default:
			r.nameOrWord(i)
		}
	}
	return r.literals
}

func (r *goReader) openBracket() {
	r.brackets = append(r.brackets, r.command)
	r.command, r.started = &goCommand{outer: r.command, arg: r.command.args}, false
	r.command.outer.args++
}

func (r *goReader) closeBracket() {
	if n := len(r.brackets) - 1; n >= 0 {
		r.command, r.brackets = r.brackets[n], r.brackets[:n]
		r.started = true
	}
}

// operator begins the next command at a pipe or an assignment.
func (r *goReader) operator(i int) {
	next := &goCommand{outer: r.command.outer, arg: r.command.arg}
	switch {
	case r.is(i, "|"):
		r.command.later = next
	case r.is(i, ":="), r.is(i, "="):
	default:
		return
	}
	r.command, r.started = next, false
}

func (r *goReader) literal(i int) {
	if !r.started {
		r.literals = append(r.literals, goLiteral{i, r.command, -1})
		r.started = true
		return
	}
	r.literals = append(r.literals, goLiteral{i, r.command, r.command.args})
	r.command.patterns = append(r.command.patterns, i)
	r.command.args++
}

func (r *goReader) nameOrWord(i int) {
	t := r.tokens[i]
	if !r.started {
		r.started = true
		if t.kind == word {
			r.command.function = string(r.text(t))
		} else {
			r.command.method = true
		}
		return
	}
	// The .b of .a.b is not another argument.
	if t.kind == name && i > r.first && r.tokens[i-1].span.End == t.span.Start && r.tokens[i-1].kind != op {
		return
	}
	r.command.args++
}

// maxFlow limits how far the value of a literal is followed through brackets and
// pipelines. Beyond it, the literal counts as compared.
const maxFlow = 64

// goUse follows the value of a literal to the end of its action.
func (s *source) goUse(l goLiteral) use {
	var u use
	text, _ := s.decode(s.tokens[l.token])
	c, arg := l.command, l.arg
	if c.function == "" && !c.method && c.later != nil && goFallbacks[c.later.function] || goFallbacks[c.function] {
		u.fallback = true
	}
	isLiteral := true
	for range maxFlow {
		if s.goCompares(c, arg, text, isLiteral) {
			u.compared = true
			return u
		}
		isLiteral = false
		switch {
		case c.later != nil:
			c = c.later
			arg = c.args // the piped value is the last argument
		case c.outer != nil:
			c, arg = c.outer, c.arg
		default:
			return u
		}
	}
	u.compared = true
	return u
}

// goCompares reports whether a command compares or matches its argument arg. The
// argument contains text; if isLiteral is set, it is the literal text.
func (s *source) goCompares(c *goCommand, arg int, text string, isLiteral bool) bool {
	switch {
	case arg < 0:
		return false
	case c.method && isLiteral:
		return true // .Files.Get "x", .Capabilities.APIVersions.Has "x"
	case goPredicates[c.function]:
		return true
	case goTransforms[c.function]:
		if isLiteral && !(arg > 0 && arg == c.args-1 && !c.isPiped()) {
			return true
		}
		isRegexp := c.function[0] == 'r' && c.function != "replace" || c.function[0] == 'm'
		return s.matches(c.patterns, text, isRegexp)
	case c.function == "dict":
		return isLiteral && arg%2 == 0 // a key
	case c.function == "set":
		return isLiteral && arg == 1
	case c.function == "include":
		return arg == 0
	}
	return false
}

// isPiped reports whether the last argument of the transform c comes from a
// pipe: c has fewer arguments than its function requires.
func (c *goCommand) isPiped() bool {
	switch c.function {
	case "trimPrefix", "trimSuffix", "trimAll", "split", "splitList":
		return c.args < 2
	}
	return c.args < 3
}

// matches reports whether one of the literals patterns may match part of text.
// It returns true if the patterns are unknown or regular expressions.
func (s *source) matches(patterns []int, text string, isRegexp bool) bool {
	if isRegexp || len(patterns) == 0 || len(patterns) > maxFlow {
		return true
	}
	for _, p := range patterns {
		// An escape has at most ten bytes, so a longer literal cannot match.
		if s.tokens[p].span.Len() > 10*len(text)+2 {
			continue
		}
		if pattern, _ := s.decode(s.tokens[p]); pattern != text && contains(text, pattern) {
			return true
		}
	}
	return false
}
