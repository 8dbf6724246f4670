// Package rules says which prefix of an image reference becomes which.
//
// A [Rule] moves a prefix: k8s.gcr.io becomes registry.k8s.io. [New] checks a
// list of rules as a whole, composes chains and makes a [Set]; [Set.Match]
// asks it about one text, [Set.Mentions] lists the raw appearances of the old
// names in a file, and [Set.MayMatch] tells at memory speed that a file holds
// nothing of interest. Rules come from embedded presets ([Preset]), a
// configuration file ([LoadConfig]) and flags ([ParseRuleFlag]).
//
// The package knows nothing of files, formats or keys: whether a text is a
// reference at all is for its callers to know, who say so by a [Kind]. It
// never touches a tag or a digest, and normalises nothing that it does not
// replace.
//
// For every set that New accepts, a match is final: what a text becomes, no
// rule of the set moves again.
package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A Rule is a prefix of references that moves.
type Rule struct {
	// Name is where the rule comes from, for messages and reports: "preset
	// k8s", ".regmigrate.yaml:4", "--rule". A composed rule has the names of
	// all that it is made of, joined by " + ".
	Name string

	// From and To are host[:port][/path], without tag, digest or scheme.
	From, To string

	// Keep are prefixes under From that stay where they are. An entry holds
	// against every rule that is less specific than the entry itself.
	Keep []string

	// Doc is a sentence for people: why the prefix moves. Source is the URL
	// where that is said, and Date the day of it, 2023-03-20, or, of what has
	// no day, the one on which the source was read. All may be empty.
	Doc, Source, Date string
}

// A Kind says what a text given to [Set.Match] is.
type Kind uint8

// The kinds of texts.
const (
	// Reference is a whole reference whose domain is spelled out, or one
	// joined of pieces.
	Reference Kind = iota

	// ShortForm is a text that certainly is an image, so that `nginx` and
	// `bitnami/redis` are images of Docker Hub.
	ShortForm

	// Registry is a registry, or a registry with a path, in a key that names
	// one: neither tag nor digest follows.
	Registry
)

// A Match says how a rule changes a text: text[:Len] becomes New.
type Match struct {
	Rule *Rule  // one of Set.Rules; not to be changed
	Len  int    // bytes of the text that are replaced; 0 inserts before a short form
	New  string // what stands there afterwards

	// Keep, when it is not empty, is the keep entry that holds the text
	// back; Len and New then say what would have been.
	Keep string
}

// A Set is a list of rules, checked and composed. It is made by New, does not
// change, and may be used by several goroutines.
type Set struct {
	rules       []Rule
	oldPrefixes []string
	hosts       map[string]map[string]prefixNode // canonical host, path → what stands there
	mentions    *finder
	filter      matchFilter
}

// A prefixNode is what the rules say about one prefix. When a rule and a keep entry
// name the same prefix, the rule wins.
type prefixNode struct {
	rule *Rule
	from prefix
	to   prefix
	keep string // as it was written, "" for none
}

// New checks rules as a whole and composes them. It returns an error for a
// malformed rule, for a rule that moves a prefix to itself, for two that
// disagree about a prefix, for a keep entry outside its rule, and for rules
// that would go on changing a text run after run. Rules that are given twice
// count once.
func New(rules []Rule) (*Set, error) {
	given, froms, err := parseRules(rules)
	if err != nil {
		return nil, err
	}
	composed, err := compose(given)
	if err != nil {
		return nil, err
	}
	s := &Set{
		oldPrefixes: froms,
		hosts:       map[string]map[string]prefixNode{},
	}
	sortSpecificFirst(composed)
	for _, m := range composed {
		s.rules = append(s.rules, m.rule)
	}
	for i, m := range composed {
		n := s.nodeAt(m.from)
		n.rule, n.from, n.to = &s.rules[i], m.from, m.to
		s.hosts[m.from.host][m.from.path] = n
	}
	for _, m := range given {
		for _, k := range m.keep {
			n := s.nodeAt(k)
			n.keep = k.spelled
			s.hosts[k.host][k.path] = n
		}
	}
	s.mentions = newFinder(froms)
	s.filter = newMatchFilter(given)
	return s, nil
}

// nodeAt returns the node of p, and makes sure that its host has a map.
func (s *Set) nodeAt(p prefix) prefixNode {
	if s.hosts[p.host] == nil {
		s.hosts[p.host] = map[string]prefixNode{}
	}
	return s.hosts[p.host][p.path]
}

// Rules returns the rules in force after composition, the most specific
// first. The caller may change the slice, not what it points to.
func (s *Set) Rules() []Rule { return slices.Clone(s.rules) }

// OldPrefixes returns the From of every rule that was given, each as its author
// spelled it (a final slash left out) and once: the needles of Mentions.
func (s *Set) OldPrefixes() []string { return slices.Clone(s.oldPrefixes) }

// Mentions returns the raw appearances of Froms in src, whatever they mean
// there: leftmost-longest, not overlapping, sorted. They are what
// `LC_ALL=C grep -oF -e FROM1 -e FROM2` prints.
func (s *Set) Mentions(src []byte) []edit.Span { return s.mentions.longest(src) }

// parsedRule is a parsed rule.
type parsedRule struct {
	rule     Rule
	from, to prefix
	keep     []prefix
}

// String is the rule as messages show it.
func (m parsedRule) String() string { return describe(m.rule) }

func describe(r Rule) string {
	s := r.From + " -> " + r.To
	if r.Name != "" {
		s += " (" + r.Name + ")"
	}
	return s
}

// parseRules returns the rules without duplicates, and the needles.
func parseRules(rules []Rule) ([]parsedRule, []string, error) {
	var (
		out   []parsedRule
		froms []string
		byKey = map[prefixKey]int{}
	)
	for _, r := range rules {
		m, err := parseRule(r)
		if err != nil {
			return nil, nil, fmt.Errorf("rule %s: %w", describe(r), err)
		}
		if !slices.Contains(froms, m.from.spelled) {
			froms = append(froms, m.from.spelled)
		}
		i, twice := byKey[m.from.key()]
		if !twice {
			byKey[m.from.key()] = len(out)
			out = append(out, m)
			continue
		}
		if out[i].to.key() != m.to.key() {
			return nil, nil, fmt.Errorf("two rules disagree about %s: %s, and %s; drop one of them", m.from.spelled, out[i], m)
		}
		for _, k := range m.keep {
			if !slices.ContainsFunc(out[i].keep, func(p prefix) bool { return p.key() == k.key() }) {
				out[i].keep = append(out[i].keep, k)
				out[i].rule.Keep = append(out[i].rule.Keep, k.spelled)
			}
		}
	}
	return out, froms, nil
}

func parseRule(r Rule) (parsedRule, error) {
	from, err := parsePrefix(r.From)
	if err != nil {
		return parsedRule{}, fmt.Errorf("from %w", err)
	}
	to, err := parsePrefix(r.To)
	if err != nil {
		return parsedRule{}, fmt.Errorf("to %w", err)
	}
	if from.key() == to.key() {
		return parsedRule{}, fmt.Errorf("from and to are the same registry, so nothing would move")
	}
	m := parsedRule{rule: r, from: from, to: to}
	m.rule.From, m.rule.To, m.rule.Keep = from.spelled, to.spelled, nil
	for _, k := range r.Keep {
		p, err := parsePrefix(k)
		if err != nil {
			return parsedRule{}, fmt.Errorf("keep %w", err)
		}
		if !p.isUnder(from) {
			return parsedRule{}, fmt.Errorf("keep %q does not lie under %s, for example %s", k, from.spelled, from.spelled+"/some-image")
		}
		m.keep = append(m.keep, p)
		m.rule.Keep = append(m.rule.Keep, p.spelled)
	}
	return m, nil
}

// sortSpecificFirst orders by path components, then length, then text.
func sortSpecificFirst(moves []parsedRule) {
	slices.SortFunc(moves, func(a, b parsedRule) int {
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
