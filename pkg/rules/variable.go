package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// variableRE matches a variable that a path component of a rule may be.
var variableRE = regexp.MustCompile(`^\$(?:[A-Za-z_][A-Za-z0-9_]*|\{[A-Za-z_][A-Za-z0-9_]*\})$`)

// parseRulePrefix is parsePrefix for a prefix in which components of the path may be
// variables: gcr.io/$PROJECT_ID, gcr.io/${PROJECT_ID}/team. A rule matches them as they are
// written, and not what they stand for.
func parseRulePrefix(s string) (prefix, error) {
	if !strings.Contains(s, "/$") || strings.Contains(s, "://") {
		return parsePrefix(s)
	}
	parts := strings.Split(strings.TrimSuffix(s, "/"), "/")
	literal := slices.Clone(parts)
	for i, c := range parts[1:] {
		if variableRE.MatchString(c) {
			literal[i+1] = "v"
		}
	}
	p, err := parsePrefix(strings.Join(literal, "/"))
	if err != nil {
		if _, whole := parsePrefix(s); whole != nil {
			err = whole // quotes what was written
		}
		return prefix{}, err
	}
	p.spelled, p.path = strings.Join(parts, "/"), strings.Join(parts[1:], "/")
	return p, nil
}

// hasVariable reports whether a component of the path is a variable.
func (p prefix) hasVariable() bool { return strings.Contains(p.path, "$") }

// variables returns the components of the path that are variables.
func (p prefix) variables() []string {
	if !p.hasVariable() {
		return nil
	}
	return slices.DeleteFunc(strings.Split(p.path, "/"), func(c string) bool { return !strings.HasPrefix(c, "$") })
}

// checkVariables returns an error if to has a variable that from does not have: the file
// that has the one defines it, and nothing shows that it defines another.
func checkVariables(from, to prefix) error {
	known := from.variables()
	for _, v := range to.variables() {
		if !slices.Contains(known, v) {
			return fmt.Errorf("to %q has the variable %s, which from %q does not have; expected literal text, or a variable of from", to.spelled, v, from.spelled)
		}
	}
	return nil
}

// variableEnd returns the byte offset after the variable that starts at s[i], if it is a
// whole path component, and i otherwise.
func variableEnd(s string, i int) int {
	if i > 0 && s[i-1] != '/' {
		return i
	}
	end := len(s)
	if n := strings.IndexAny(s[i:], "/:@"); n >= 0 {
		end = i + n
	}
	if !variableRE.MatchString(s[i:end]) {
		return i
	}
	return end
}

// spellings returns both spellings of a variable, $NAME and ${NAME}, and a text that is no
// variable unchanged.
func spellings(s string) []string {
	if !strings.HasPrefix(s, "$") {
		return []string{s}
	}
	name := strings.Trim(s, "${}")
	return []string{"$" + name, "${" + name + "}"}
}
