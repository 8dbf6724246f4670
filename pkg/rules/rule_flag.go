package rules

import (
	"fmt"
	"strings"
)

// flagExample is the second line of errors about --rule.
const flagExample = "\n  for example: --rule k8s.gcr.io=registry.k8s.io"

// ParseRuleFlag parses the value of --rule, FROM=TO. Its errors name the flag
// and show an example on a second line.
func ParseRuleFlag(s string) (Rule, error) {
	from, to, ok := strings.Cut(s, "=")
	if !ok || from == "" || to == "" {
		return Rule{}, fmt.Errorf("--rule %q: expected FROM=TO"+flagExample, s)
	}
	if from == AnyRegistry {
		return Rule{}, fmt.Errorf("--rule %q: expected a prefix\n  for all registries: --mirror %s", s, to)
	}
	m, err := parseRule(Rule{Name: "--rule", From: from, To: to})
	if err != nil {
		return Rule{}, fmt.Errorf("--rule %q: %w"+flagExample, s, err)
	}
	return m.rule, nil
}
