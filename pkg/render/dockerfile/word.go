package dockerfile

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// A plannedWord is a word that changed as regmigrate itself would change it, and whose
// change is not right for every value of the build arguments.
type plannedWord struct {
	name, before, after string
	line                int
}

// word compares the text of the image of a FROM, or of the default of an ARG before the
// first FROM. The values of variables are those of the defaults in [comparer.stages]; here,
// variables are not set, empty, or have the same unknown value. planned is the text as
// regmigrate itself would write it.
func (c *comparer) word(name, b, a, planned string) {
	same, ok := sameVariables(b, a)
	switch {
	case !same:
		c.differs(c.line, name, quoteChange(b, a)+": the variables changed")
		return
	case !ok:
		c.doubt(c.line, name, quoteChange(b, a)+": a variable with a pattern is not compared")
		return
	}
	var holds bool
	var why string
	switch {
	case operatorRE.MatchString(b):
		holds, why = c.holdsForAll(name, b, a)
	case name != "FROM" && !strings.Contains(b, "$"):
		holds = c.isPrefixChange(b, a)
	default:
		holds, why = c.holdsForFixed(b, a)
	}
	switch {
	case why != "":
		c.doubt(c.line, name, why)
	case holds && operatorRE.MatchString(b) && a != planned:
		c.doubt(c.line, name, quoteChange(b, a)+", and regmigrate itself would not change it so")
	case holds:
	case a == planned:
		c.plannedWords = append(c.plannedWords, plannedWord{name, b, a, c.line})
	default:
		c.differs(c.line, name, quoteChange(b, a)+", which no rule requires")
	}
}

// checkPlannedWords decides about the planned words. The images of all FROM are compared,
// and reached has the arguments that they read.
func (c *comparer) checkPlannedWords(reached map[string]bool) {
	for _, x := range c.plannedWords {
		arg, isArg := strings.CutPrefix(x.name, "ARG ")
		if isArg && !reached[arg] && reached != nil {
			continue // checkArgs decides
		}
		c.doubt(x.line, x.name, quoteChange(x.before, x.after)+": with another value of a build argument, the image may be another one")
	}
}

// holdsForFixed reports whether a is b as the rules require if all variables are empty, and
// if they have an unknown value. why says that this is not known.
func (c *comparer) holdsForFixed(b, a string) (holds bool, why string) {
	for _, value := range []string{"", unknownValue} {
		x, _, err1 := c.before.fixedEvaluator(value, &c.budget).expand(b)
		y, _, err2 := c.after.fixedEvaluator(value, &c.budget).expand(a)
		if err1 != nil || err2 != nil {
			return false, "the variables cannot be expanded"
		}
		if x != y && !c.isPrefixChange(x, y) {
			return false, ""
		}
	}
	return true, ""
}

// unknownValue stands for any value of a variable.
const unknownValue = "variable0"

// maxOperatorVariables bounds the variables of a word with operators: each has three values.
const maxOperatorVariables = 5

// holdsForAll reports whether a is b as the rules require, with each variable not set, empty,
// or of an unknown value: all texts after operators are read with some of these values. why
// says that this is not known.
func (c *comparer) holdsForAll(name, b, a string) (holds bool, why string) {
	if strings.ContainsAny(b+a, "\"'`\\") {
		return false, quoteChange(b, a) + ": quotes and escapes around a variable with an operator are not compared"
	}
	if !c.literalsMoved(b, a) {
		return false, ""
	}
	var names []string
	for _, m := range variableRE.FindAllStringSubmatch(b, -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) > maxOperatorVariables {
		return false, quoteChange(b, a) + ": it has too many variables to be compared"
	}
	count := 1
	for range names {
		count *= 3
	}
	for i := range count {
		values := map[string]string{}
		for k, rest := 0, i; k < len(names); k, rest = k+1, rest/3 {
			if rest%3 > 0 {
				values[names[k]] = []string{"", unknownValue}[rest%3-1]
			}
		}
		x, errX := c.before.expandWith(values, b, &c.budget)
		y, errY := c.after.expandWith(values, a, &c.budget)
		switch {
		case errors.Is(errX, errTooLong) || errors.Is(errY, errTooLong):
			return false, errTooLong.Error()
		case errX != nil && errY != nil: // ${NAME?message}
			continue
		case errX != nil || errY != nil || x != y && !c.isMove(name, x, y):
			return false, ""
		}
	}
	return true, ""
}

// isMove reports whether y, the value of a FROM or of an argument, is x as the rules require.
func (c *comparer) isMove(name, x, y string) bool {
	if name == "FROM" && (c.before.isStage(x, len(c.before.stages), false) || c.after.isStage(y, len(c.after.stages), false)) {
		return false
	}
	return c.isPrefixChange(x, y)
}

// operatorRE matches the start of a variable with an operator.
var operatorRE = regexp.MustCompile(`\$\{[A-Za-z_][A-Za-z0-9_]*:?[-+?]`)

// literalsMoved reports whether each text between the variables of two words, which have the
// same variables, is the same or moved as the rules require. Messages must be the same.
func (c *comparer) literalsMoved(b, a string) bool {
	literalsB, variablesB := splitWord(b)
	literalsA, variablesA := splitWord(a)
	if !slices.Equal(variablesB, variablesA) {
		return false
	}
	for i, x := range literalsB {
		y := literalsA[i]
		if x == y {
			continue
		}
		if i > 0 && strings.HasSuffix(variablesB[i-1], "?") {
			return false
		}
		for _, end := range []string{"/", ":", "@"} {
			if shortX, ok := strings.CutSuffix(x, end); ok {
				shortY, ok := strings.CutSuffix(y, end)
				if !ok {
					return false
				}
				x, y = shortX, shortY
				break
			}
		}
		if !c.isPrefixChange(x, y) {
			return false
		}
	}
	return true
}

// wordPartRE matches the start of a variable with its operator, and the end of one.
var wordPartRE = regexp.MustCompile(`\$\{[A-Za-z0-9_]+(?::?[-+?])?|\$[A-Za-z0-9_]+|\}`)

// splitWord returns the texts of a word without quotes, and what is between them: the starts
// and the ends of variables. There is one more text than there are starts and ends.
func splitWord(s string) (literals, variables []string) {
	start, depth := 0, 0
	for _, m := range wordPartRE.FindAllStringIndex(s, -1) {
		v := s[m[0]:m[1]]
		switch {
		case strings.HasPrefix(v, "${"):
			depth++
		case v == "}" && depth == 0:
			continue
		case v == "}":
			depth--
		}
		literals, variables = append(literals, s[start:m[0]]), append(variables, v)
		start = m[1]
	}
	return append(literals, s[start:]), variables
}

// isPrefixChange reports whether a is b, a reference or the first part of one, as the rules
// require.
func (c *comparer) isPrefixChange(b, a string) bool {
	if want, ok := c.rewrite(b); ok && want == a || render.SameLines(b, a, c.rewrite) {
		return true
	}
	want, ok := c.rewrite(b + "/x") // an organization
	return ok && want == a+"/x"
}
