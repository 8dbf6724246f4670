package template

import "strings"

// What filters, tests, methods and functions of Jinja2 and Ansible do with a
// string argument.
var (
	// jinjaPredicates decide or select something by any of their arguments.
	jinjaPredicates = set("match", "search", "regex", "contains", "startswith", "endswith", "find", "index", "count", "get",
		"select", "selectattr", "reject", "rejectattr", "map", "groupby", "version", "version_compare", "equalto", "eq", "ne", "sameas", "in", "subset", "superset",
		"difference", "intersect", "symmetric_difference", "lookup", "query", "q", "extract", "json_query", "dict2items", "hostvars")

	// jinjaTransforms change the value that they are applied to where their
	// arguments match.
	jinjaTransforms = set("replace", "regex_replace", "regex_search", "regex_findall", "split", "rsplit", "partition", "rpartition",
		"strip", "lstrip", "rstrip", "removeprefix", "removesuffix")

	// jinjaFallbacks print an argument, or fall back to it.
	jinjaFallbacks = set("default", "d", "ternary")

	jinjaComparisons = set("==", "!=", "<", ">", "<=", ">=", "is", "in")

	// jinjaSeparators end an expression inside brackets or a statement.
	jinjaSeparators = set(",", ":", "=", "and", "or", "not", "if", "elif", "else")
)

// A jinjaSegment is an expression between separators, including the brackets in
// it.
type jinjaSegment struct {
	compares  bool          // it contains a comparison, or is a condition
	condition bool          // it is after an if, up to the else
	call      string        // the filter, test, method or function whose brackets contain it, or ""
	key       bool          // the brackets of x[…] contain it
	opens     int           // the token of the bracket that contains it
	outer     *jinjaSegment // the segment that contains these brackets, or nil
}

// A jinjaLiteral is a string literal in a segment.
type jinjaLiteral struct {
	token   int
	segment *jinjaSegment
}

// jinjaUses returns how an action uses each of its string literals, by the
// index of the token.
func (s *source) jinjaUses(a action) map[int]use {
	uses := map[int]use{}
	switch a.word {
	case "include", "import", "from", "extends", "block":
		for i := a.first; i < a.last; i++ {
			uses[i] = use{compared: true} // a name
		}
		return uses
	}
	r := s.readJinja(a)
	for _, l := range r.literals {
		uses[l.token] = s.jinjaUse(a, l, r.closes)
	}
	return uses
}

// A jinjaReader splits the tokens of an action into segments.
type jinjaReader struct {
	*source
	action   action
	segment  *jinjaSegment
	brackets []int           // the tokens of the open brackets
	outer    []*jinjaSegment // the segments that contain them
	closes   map[int]int     // the token of an opening bracket -> that of its closing bracket
	literals []jinjaLiteral
	forLoop  bool // the `in` of a for loop has not been read yet
}

// readJinja splits the tokens of an action into segments.
func (s *source) readJinja(a action) *jinjaReader {
	r := &jinjaReader{source: s, action: a, segment: &jinjaSegment{}, closes: map[int]int{}, forLoop: a.word == "for"}
	for i := a.first; i < a.last; i++ {
		switch t := s.tokens[i]; {
		case t.kind == open:
			r.openBracket(i)
		case t.kind == shut && len(r.brackets) > 0:
			r.closeBracket(i)
		case t.kind.isString():
			r.literals = append(r.literals, jinjaLiteral{i, r.segment})
		default:
			r.operator(i)
		}
	}
	return r
}

func (r *jinjaReader) openBracket(i int) {
	inner := &jinjaSegment{outer: r.segment, opens: i}
	if i > r.action.first {
		before := r.tokens[i-1]
		switch {
		case r.is(i, "(") && before.kind == word:
			inner.call = string(r.text(before))
		case r.is(i, "["):
			inner.key = before.kind == shut || before.kind == word && !jinjaSeparators[string(r.text(before))] && !r.is(i-1, "in")
		}
	}
	r.brackets = append(r.brackets, i)
	r.outer = append(r.outer, r.segment)
	r.segment = inner
}

func (r *jinjaReader) closeBracket(i int) {
	k := len(r.brackets) - 1
	r.closes[r.brackets[k]] = i
	r.segment = r.outer[k]
	r.brackets, r.outer = r.brackets[:k], r.outer[:k]
}

// operator handles a word or operator: a comparison, or a separator that begins
// the next segment.
func (r *jinjaReader) operator(i int) {
	text := string(r.text(r.tokens[i]))
	switch {
	case text == "in" && r.forLoop && len(r.brackets) == 0:
		r.forLoop = false
	case jinjaComparisons[text]:
		r.segment.compares = true
	case jinjaSeparators[text] && !(text == "not" && r.isNegatedTest(i)):
		next := *r.segment
		next.condition = text == "if" || text == "elif" || r.segment.condition && (text == "and" || text == "or" || text == "not")
		next.compares = next.condition
		r.segment = &next
	}
}

// isNegatedTest reports whether the `not` at token i is part of `not in` or `is
// not`.
func (r *jinjaReader) isNegatedTest(i int) bool {
	return i+1 < r.action.last && r.is(i+1, "in") || i > 0 && r.is(i-1, "is")
}

// jinjaUse follows the value of a literal to the end of its action. closes maps
// the token of an opening bracket to that of its closing bracket.
func (s *source) jinjaUse(a action, l jinjaLiteral, closes map[int]int) use {
	var u use
	text, _ := s.decode(s.tokens[l.token])
	before, after := l.token-1, l.token+1
	u.fallback = jinjaFallbacks[l.segment.call] ||
		before > a.first && (s.is(before, "or") || s.is(before, "else")) ||
		after < a.last && s.is(after, "if")
	if l.segment.compares || l.segment.key || jinjaPredicates[l.segment.call] || jinjaTransforms[l.segment.call] ||
		after < a.last && s.is(after, ":") || before > a.first && s.isJinjaTest(before, a.first) {
		u.compared = true
		return u
	}
	// Follow the expressions that contain the value.
	at, seg := l.token, l.segment
	for range maxFlow {
		if seg.compares || jinjaPredicates[seg.call] || s.jinjaFiltersMatch(at+1, a.last, text, closes) {
			u.compared = true
			return u
		}
		if seg.outer == nil {
			return u
		}
		end, ok := closes[seg.opens]
		if !ok {
			break
		}
		at, seg = end, seg.outer
	}
	u.compared = true
	return u
}

// isJinjaTest reports whether token i is the name of a test, whose argument
// needs no brackets: x is match 'y'.
func (s *source) isJinjaTest(i, first int) bool {
	return s.tokens[i].kind == word && i > first && (s.is(i-1, "is") || s.is(i-1, "not")) && jinjaPredicates[string(s.text(s.tokens[i]))]
}

// jinjaFiltersMatch reports whether one of the filters and methods that begin at
// token i may match text, which is part of the value that they are applied to.
func (s *source) jinjaFiltersMatch(i, last int, text string, closes map[int]int) bool {
	for n := 0; i+1 < last && s.tokens[i].kind == op && (s.is(i, "|") || s.is(i, ".")) && s.tokens[i+1].kind == word; n++ {
		if n > maxFlow {
			return true
		}
		function := string(s.text(s.tokens[i+1]))
		i += 2
		var patterns []int
		if i < last && s.is(i, "(") {
			end, ok := closes[i]
			if !ok || n+end-i > 4*maxFlow {
				return true
			}
			for ; i < end; i++ {
				if s.tokens[i].kind.isString() {
					patterns = append(patterns, i)
				}
			}
			i++
		}
		if jinjaPredicates[function] || jinjaTransforms[function] && s.matches(patterns, text, strings.HasPrefix(function, "regex")) {
			return true
		}
	}
	return false
}

// contains reports whether text contains pattern, which is not empty.
func contains(text, pattern string) bool { return pattern != "" && strings.Contains(text, pattern) }
