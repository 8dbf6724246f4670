package template

import "strings"

// What filters, tests, methods and functions of Jinja2 and Ansible do with a
// string that they are given.
var (
	jinjaPredicates = set("match", "search", "regex", "contains", "startswith", "endswith", "find", "index", "count", "get",
		"select", "selectattr", "reject", "rejectattr", "map", "groupby", "version", "version_compare", "equalto", "eq", "ne", "sameas", "in", "subset", "superset",
		"difference", "intersect", "symmetric_difference", "lookup", "query", "q", "extract", "json_query", "dict2items", "hostvars")

	// jinjaTransforms change what they are applied to where their arguments
	// match.
	jinjaTransforms = set("replace", "regex_replace", "regex_search", "regex_findall", "split", "rsplit", "partition", "rpartition",
		"strip", "lstrip", "rstrip", "removeprefix", "removesuffix")

	jinjaFallbacks = set("default", "d", "ternary")

	jinjaComparisons = set("==", "!=", "<", ">", "<=", ">=", "is", "in")

	// jinjaSeparators end an expression within brackets or a statement.
	jinjaSeparators = set(",", ":", "=", "and", "or", "not", "if", "elif", "else")
)

// A jinjaSegment is an expression between separators: its brackets belong to
// the segment that they stand in.
type jinjaSegment struct {
	compares  bool          // it has a comparison, or is a condition
	condition bool          // it stands behind an if, up to the else
	call      string        // the filter, test, method or function whose brackets it stands in
	key       bool          // it stands in the brackets of x[…]
	opens     int           // the token of the bracket that opens
	outer     *jinjaSegment // that the brackets stand in, nil for none
}

// A jinjaString is a string literal in a segment.
type jinjaString struct {
	token   int
	segment *jinjaSegment
}

// jinjaUses tells what an action does with each of its string literals, by
// the index of the token.
func (s *source) jinjaUses(a action) map[int]use {
	uses := map[int]use{}
	switch a.word {
	case "include", "import", "from", "extends", "block":
		for i := a.first; i < a.last; i++ {
			uses[i] = use{compared: true} // the name of a file
		}
		return uses
	}
	shut, list := s.jinjaStrings(a)
	for _, l := range list {
		uses[l.token] = s.jinjaUse(a, l, shut)
	}
	return uses
}

// jinjaStrings returns the string literals of an action with the segments
// they stand in, and for each bracket that opens, by the index of its token,
// the one that closes it.
func (s *source) jinjaStrings(a action) (map[int]int, []jinjaString) {
	closes := map[int]int{}
	var out []jinjaString
	var opened []int
	seg := &jinjaSegment{}
	var stack []*jinjaSegment // that the open brackets stand in
	loop := a.word == "for"
	for i := a.first; i < a.last; i++ {
		t := s.tokens[i]
		text := ""
		if !t.kind.isString() {
			text = string(s.text(t))
		}
		switch {
		case t.kind == open:
			opened = append(opened, i)
			inner := &jinjaSegment{outer: seg, opens: i}
			if i > a.first && s.tokens[i-1].kind == word && text == "(" {
				inner.call = string(s.text(s.tokens[i-1]))
			}
			if text == "[" && i > a.first && (s.tokens[i-1].kind == word && !jinjaSeparators[string(s.text(s.tokens[i-1]))] && !s.is(i-1, "in") || s.tokens[i-1].kind == shut) {
				inner.key = true
			}
			stack = append(stack, seg)
			seg = inner
		case t.kind == shut && len(opened) > 0:
			k := len(opened) - 1
			closes[opened[k]] = i
			seg = stack[k]
			opened, stack = opened[:k], stack[:k]
		case t.kind.isString():
			out = append(out, jinjaString{i, seg})
		case text == "in" && loop && len(opened) == 0:
			loop = false
		case jinjaComparisons[text]:
			seg.compares = true
		case jinjaSeparators[text] && !(text == "not" && s.isNotIn(i, a.last)):
			next := *seg
			next.condition = text == "if" || text == "elif" || seg.condition && (text == "and" || text == "or" || text == "not")
			next.compares = next.condition
			seg = &next
		}
	}
	return closes, out
}

// isNotIn reports whether the not at token i is that of `not in`, or of `is
// not`.
func (s *source) isNotIn(i, last int) bool {
	return i+1 < last && s.is(i+1, "in") || i > 0 && s.is(i-1, "is")
}

// jinjaUse follows the value of a literal to the end of its action.
func (s *source) jinjaUse(a action, l jinjaString, closes map[int]int) use {
	var u use
	text, _ := s.decode(s.tokens[l.token])
	before, behind := l.token-1, l.token+1
	u.fallback = jinjaFallbacks[l.segment.call] ||
		before > a.first && (s.is(before, "or") || s.is(before, "else")) ||
		behind < a.last && s.is(behind, "if")
	if l.segment.compares || l.segment.key || jinjaPredicates[l.segment.call] || jinjaTransforms[l.segment.call] ||
		behind < a.last && s.is(behind, ":") || before > a.first && jinjaTests(s, before, a.first) {
		u.compared = true
		return u
	}
	// What its value becomes a part of.
	at, seg := l.token, l.segment
	for range maxFlow {
		if seg.compares || jinjaPredicates[seg.call] || s.jinjaFilters(at+1, a.last, text, closes) {
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

// jinjaTests reports whether token i is the name of a test, which may take
// its argument without brackets: x is match 'y'.
func jinjaTests(s *source, i, first int) bool {
	return s.tokens[i].kind == word && i > first && (s.is(i-1, "is") || s.is(i-1, "not")) && jinjaPredicates[string(s.text(s.tokens[i]))]
}

// jinjaFilters reports whether a filter or method that is applied at token i
// matches text, which is a part of what it is applied to.
func (s *source) jinjaFilters(i, last int, text string, closes map[int]int) bool {
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

// contains reports whether pattern, unless it is empty, occurs in text.
func contains(text, pattern string) bool { return pattern != "" && strings.Contains(text, pattern) }
