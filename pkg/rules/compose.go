package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// maxComposed bounds what composition may make of a list of rules. Real lists
// stay far below it: 26 sources of a preset times a hundred own rules.
const maxComposed = 20_000

// A tableEntry is what the rules say about a prefix: a move, or nil for a keep
// entry.
type tableEntry struct {
	from prefix
	rule *parsedRule
}

// A prefixTable finds the most specific step for a prefix.
type prefixTable map[string][]tableEntry // by host, most specific first

func newPrefixTable(moves []parsedRule) prefixTable {
	t := prefixTable{}
	for i := range moves {
		m := &moves[i]
		t[m.from.host] = append(t[m.from.host], tableEntry{m.from, m})
		for _, k := range m.keep {
			t[k.host] = append(t[k.host], tableEntry{k, nil})
		}
	}
	for _, steps := range t {
		slices.SortStableFunc(steps, func(a, b tableEntry) int {
			if d := len(b.from.path) - len(a.from.path); d != 0 || (a.rule == nil) == (b.rule == nil) {
				return d
			}
			if a.rule != nil { // of two about one prefix the move wins
				return -1
			}
			return 1
		})
	}
	return t
}

func (t prefixTable) find(p prefix) (tableEntry, bool) {
	for _, s := range t[p.host] {
		if p.isAtOrUnder(s.from) {
			return s, true
		}
	}
	return tableEntry{}, false
}

// follow applies moves to p until none applies. It returns the moves and the
// prefixes that each led to, and an error when a move would apply twice.
func (t prefixTable) follow(p prefix) (chain []*parsedRule, stops []prefix, err error) {
	for {
		s, ok := t.find(p)
		if !ok || s.rule == nil {
			return chain, stops, nil
		}
		if i := slices.Index(chain, s.rule); i >= 0 {
			return nil, nil, cycleError(chain[i:])
		}
		p = s.rule.to.join(p.pathUnder(s.from))
		chain, stops = append(chain, s.rule), append(stops, p)
	}
}

// compose returns the rules that in one step do what the given ones do one
// after the other. A chain replaces the To of its first rule. Where a later
// rule, or a keep entry of one, is more specific than what the first leads
// to, a rule that is more specific in the same way is derived from the first.
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
	for _, m := range given {
		add(m.from)
	}
	var all []parsedRule
	for len(queue) > 0 {
		p := queue[0]
		queue = queue[1:]
		chain, stops, err := t.follow(p)
		if err != nil {
			return nil, err
		}
		if len(chain) == 0 {
			continue // a keep entry holds it
		}
		all = append(all, composeChain(p, stops[len(stops)-1], chain))
		if len(all) > maxComposed {
			return nil, fmt.Errorf("the rules compose to more than %d; the last was %s", maxComposed, all[len(all)-1])
		}
		for _, stop := range stops {
			for _, s := range t[stop.host] {
				if s.from.isUnder(stop) {
					add(p.join(s.from.pathUnder(stop)))
				}
			}
		}
	}
	return dropRedundant(all, len(given)), nil
}

// composeChain returns the rule from p to its end.
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
	for _, m := range chain {
		if m.rule.Name != "" && !slices.Contains(names, m.rule.Name) {
			names = append(names, m.rule.Name)
		}
	}
	out.rule.Name = strings.Join(names, " + ")
	return out
}

// dropRedundant leaves out the derived rules that say no more than the next
// less specific one. The first n were given and stay.
func dropRedundant(all []parsedRule, n int) []parsedRule {
	byKey := map[prefixKey]parsedRule{}
	for _, m := range all {
		byKey[m.from.key()] = m
	}
	out := slices.Clone(all[:min(n, len(all))])
	derived := slices.Clone(all[len(out):])
	slices.SortStableFunc(derived, func(a, b parsedRule) int { return len(a.from.path) - len(b.from.path) })
	for _, m := range derived {
		parent, ok := nearestParent(byKey, m.from)
		if ok && parent.to.join(m.from.pathUnder(parent.from)).key() == m.to.key() {
			delete(byKey, m.from.key())
			continue
		}
		out = append(out, m)
	}
	return out
}

// nearestParent returns the rule on the longest prefix that p lies strictly under.
func nearestParent(byKey map[prefixKey]parsedRule, p prefix) (parsedRule, bool) {
	for path := p.path; path != ""; {
		i := strings.LastIndexByte(path, '/')
		path = path[:max(i, 0)]
		if m, ok := byKey[prefixKey{p.host, path}]; ok {
			return m, true
		}
	}
	return parsedRule{}, false
}

// cycleError is the error for moves that would apply again and again.
func cycleError(chain []*parsedRule) error {
	m := chain[0]
	if len(chain) > 1 {
		var names []string
		for _, m := range chain {
			names = append(names, m.String())
		}
		return errors.New("rules that lead in a circle: " + strings.Join(names, ", then ") + "; drop one of them")
	}
	if m.to.isAtOrUnder(m.from) {
		return fmt.Errorf("rule %s would grow on every run: %s lies under %s; choose a target outside of it",
			m, m.to.spelled, m.from.spelled)
	}
	return fmt.Errorf("rule %s would shorten %s again on a second run; choose a target that %s does not lie under",
		m, m.from.join(m.from.pathUnder(m.to)).spelled, m.from.spelled)
}
