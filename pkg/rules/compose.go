package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// maxComposed is the maximum number of rules after combination. Real lists are
// far smaller: 26 prefixes of a preset times a hundred rules of a user.
const maxComposed = 20_000

// A tableEntry holds a rule for a prefix, or a nil rule for a keep entry.
type tableEntry struct {
	from prefix
	rule *parsedRule
}

// A prefixTable finds the most specific entry for a prefix. Its keys are
// hosts; the entries of a host are sorted, the most specific first.
type prefixTable map[string][]tableEntry

func newPrefixTable(rules []parsedRule) prefixTable {
	t := prefixTable{}
	for i := range rules {
		r := &rules[i]
		t[r.from.host] = append(t[r.from.host], tableEntry{r.from, r})
		for _, k := range r.keep {
			t[k.host] = append(t[k.host], tableEntry{k, nil})
		}
	}
	for _, entries := range t {
		slices.SortStableFunc(entries, func(a, b tableEntry) int {
			if d := len(b.from.path) - len(a.from.path); d != 0 || (a.rule == nil) == (b.rule == nil) {
				return d
			}
			if a.rule != nil { // a rule wins over a keep entry for the same prefix
				return -1
			}
			return 1
		})
	}
	return t
}

func (t prefixTable) find(p prefix) (tableEntry, bool) {
	for _, e := range t[p.host] {
		if p.isAtOrUnder(e.from) {
			return e, true
		}
	}
	return tableEntry{}, false
}

// follow applies rules to p until none matches. It returns the applied rules
// and the prefix after each of them. It returns an error if a rule would apply
// twice.
func (t prefixTable) follow(p prefix) (chain []*parsedRule, results []prefix, err error) {
	for {
		e, ok := t.find(p)
		if !ok || e.rule == nil {
			return chain, results, nil
		}
		if i := slices.Index(chain, e.rule); i >= 0 {
			return nil, nil, cycleError(chain[i:])
		}
		p = e.rule.to.join(p.pathUnder(e.from))
		chain, results = append(chain, e.rule), append(results, p)
	}
}

// compose returns rules that do in one step what the given rules do in
// sequence. A chain of rules replaces the To of its first rule. If the target
// of a rule contains the prefix of a later rule or keep entry, compose derives
// a more specific rule for that part.
func compose(given []parsedRule) ([]parsedRule, error) {
	t := newPrefixTable(given)
	var queue []prefix
	seen := map[prefixKey]bool{}
	add := func(p prefix) {
		if !seen[p.key()] {
			seen[p.key()] = true
			queue = append(queue, p)
		}
	}
	for _, r := range given {
		add(r.from)
	}
	var all []parsedRule
	for len(queue) > 0 {
		p := queue[0]
		queue = queue[1:]
		chain, results, err := t.follow(p)
		if err != nil {
			return nil, err
		}
		if len(chain) == 0 {
			continue // a keep entry covers p
		}
		all = append(all, composeChain(p, results[len(results)-1], chain))
		if len(all) > maxComposed {
			return nil, fmt.Errorf("combining the rules makes more than %d rules; the last one is %s", maxComposed, all[len(all)-1])
		}
		for _, result := range results {
			for _, e := range t[result.host] {
				if e.from.isUnder(result) {
					add(p.join(e.from.pathUnder(result)))
				}
			}
		}
	}
	return dropRedundant(all, len(given)), nil
}

// composeChain returns the rule that moves p to end, the result of chain.
func composeChain(p, end prefix, chain []*parsedRule) parsedRule {
	first := chain[0]
	out := parsedRule{rule: first.rule, from: p, to: end}
	out.rule.From, out.rule.To, out.rule.Keep = p.spelled, end.spelled, nil
	for _, k := range first.keep {
		if k.isUnder(p) {
			out.rule.Keep = append(out.rule.Keep, k.spelled)
		}
	}
	var names []string
	for _, r := range chain {
		if r.rule.Name != "" && !slices.Contains(names, r.rule.Name) {
			names = append(names, r.rule.Name)
		}
	}
	out.rule.Name = strings.Join(names, " + ")
	out.rule.PullOnly = slices.ContainsFunc(chain, func(r *parsedRule) bool { return r.rule.PullOnly })
	return out
}

// dropRedundant removes derived rules that have the same effect as the next
// less specific rule. The first n rules were given and are not removed.
func dropRedundant(all []parsedRule, n int) []parsedRule {
	byKey := map[prefixKey]parsedRule{}
	for _, r := range all {
		byKey[r.from.key()] = r
	}
	out := slices.Clone(all[:min(n, len(all))])
	derived := slices.Clone(all[len(out):])
	slices.SortStableFunc(derived, func(a, b parsedRule) int { return len(a.from.path) - len(b.from.path) })
	for _, r := range derived {
		parent, ok := nearestParent(byKey, r.from)
		if ok && parent.to.join(r.from.pathUnder(parent.from)).key() == r.to.key() {
			delete(byKey, r.from.key())
			continue
		}
		out = append(out, r)
	}
	return out
}

// nearestParent returns the rule for the longest prefix that contains p and is
// not p itself.
func nearestParent(byKey map[prefixKey]parsedRule, p prefix) (parsedRule, bool) {
	for path := p.path; path != ""; {
		i := strings.LastIndexByte(path, '/')
		path = path[:max(i, 0)]
		if r, ok := byKey[prefixKey{p.host, path}]; ok {
			return r, true
		}
	}
	return parsedRule{}, false
}

// cycleError returns the error for rules that would apply again and again.
func cycleError(chain []*parsedRule) error {
	r := chain[0]
	if len(chain) > 1 {
		var names []string
		for _, r := range chain {
			names = append(names, r.String())
		}
		return errors.New("the rules form a cycle: " + strings.Join(names, ", then ") + "; remove one of them")
	}
	if r.to.isAtOrUnder(r.from) {
		return fmt.Errorf("rule %s would make references longer on every run, because %s is under %s; choose a target that is not under %s",
			r, r.to.spelled, r.from.spelled, r.from.spelled)
	}
	return fmt.Errorf("rule %s would shorten %s again on a second run; choose a target that does not contain %s",
		r, r.from.join(r.from.pathUnder(r.to)).spelled, r.from.spelled)
}
