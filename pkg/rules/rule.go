package rules

import (
	"fmt"
	"slices"
	"strings"
)

// A Rule moves references that start with one prefix to another prefix.
type Rule struct {
	// Name is where the rule comes from, for messages and reports: "preset
	// k8s", ".regmigrate.yaml:4", "--rule". The name of a combined rule lists
	// the names of its parts, joined by " + ".
	Name string

	// From and To are host[:port][/path], without a tag or digest. A component of
	// the path of From may be a variable, $NAME or ${NAME}, which matches as it is
	// written; To may repeat variables of From. If both begin with https://, the rule moves repositories of Helm charts on web servers;
	// otherwise neither has a scheme.
	From, To string

	// Keep lists prefixes under From that do not move. An entry overrides
	// every rule that is less specific than the entry.
	Keep []string

	// Doc is a sentence that says why the prefix moves. Source is the URL of
	// the announcement. Date is the day of the announcement, such as
	// 2023-03-20, or the day on which an undated source was read. Each may be
	// empty.
	Doc, Source, Date string
}

// A parsedRule is a Rule with parsed prefixes.
type parsedRule struct {
	rule     Rule
	from, to prefix
	keep     []prefix
}

// String returns the rule as it appears in messages.
func (r parsedRule) String() string { return describe(r.rule) }

func describe(r Rule) string {
	s := r.From + " -> " + r.To
	if r.Name != "" {
		s += " (" + r.Name + ")"
	}
	return s
}

// parseRules parses rules and merges duplicates. It also returns the distinct
// From prefixes as they were written.
func parseRules(rules []Rule) ([]parsedRule, []string, error) {
	var (
		out         []parsedRule
		oldPrefixes []string
		byKey       = map[prefixKey]int{}
	)
	for _, r := range rules {
		p, err := parseRule(r)
		if err != nil {
			return nil, nil, fmt.Errorf("rule %s: %w", describe(r), err)
		}
		if !slices.Contains(oldPrefixes, p.from.spelled) {
			oldPrefixes = append(oldPrefixes, p.from.spelled)
		}
		i, duplicate := byKey[p.from.key()]
		if !duplicate {
			byKey[p.from.key()] = len(out)
			out = append(out, p)
			continue
		}
		if out[i].to.key() != p.to.key() {
			return nil, nil, fmt.Errorf("two rules move %s to different targets: %s, and %s; remove one of them", p.from.spelled, out[i], p)
		}
		for _, k := range p.keep {
			if !slices.ContainsFunc(out[i].keep, func(p prefix) bool { return p.key() == k.key() }) {
				out[i].keep = append(out[i].keep, k)
				out[i].rule.Keep = append(out[i].rule.Keep, k.spelled)
			}
		}
	}
	return out, oldPrefixes, nil
}

func parseRule(r Rule) (parsedRule, error) {
	from, err := parseRulePrefix(r.From)
	if err != nil {
		return parsedRule{}, fmt.Errorf("from %w", err)
	}
	to, err := parseRulePrefix(r.To)
	if err != nil {
		return parsedRule{}, fmt.Errorf("to %w", err)
	}
	if from.isURL() != to.isURL() {
		return parsedRule{}, mixedSchemeError(from, to)
	}
	if err := checkVariables(from, to); err != nil {
		return parsedRule{}, err
	}
	if from.key() == to.key() {
		return parsedRule{}, fmt.Errorf("from and to are the same prefix, so the rule changes nothing")
	}
	p := parsedRule{rule: r, from: from, to: to}
	p.rule.From, p.rule.To, p.rule.Keep = from.spelled, to.spelled, nil
	for _, k := range r.Keep {
		kept, err := parseRulePrefix(k)
		if err != nil {
			return parsedRule{}, fmt.Errorf("keep %w", err)
		}
		if !kept.isUnder(from) {
			return parsedRule{}, fmt.Errorf("keep %q is not under %s; expected a prefix such as %s", k, from.spelled, from.spelled+"/some-image")
		}
		p.keep = append(p.keep, kept)
		p.rule.Keep = append(p.rule.Keep, kept.spelled)
	}
	return p, nil
}

// sortBySpecificity sorts the most specific rule first: by the number of path
// components, then by length, then by text.
func sortBySpecificity(rules []parsedRule) {
	slices.SortFunc(rules, func(a, b parsedRule) int {
		x, y := a.from, b.from
		if d := strings.Count(y.path, "/") - strings.Count(x.path, "/"); d != 0 {
			return d
		}
		if d := len(y.path) - len(x.path); d != 0 {
			return d
		}
		if d := len(y.spelled) - len(x.spelled); d != 0 {
			return d
		}
		return strings.Compare(x.spelled, y.spelled)
	})
}
