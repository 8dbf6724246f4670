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

	// IsImage says that From is the name of a single image and not a prefix. The rules
	// for a single image come before those for prefixes.
	//
	// Tags is the range of versions that the rule is for, such as >=1.8.0, and OldTag
	// the only tag; without both, it is for all tags. Tag is the tag after the move, in
	// which {tag} stands for the old one; "" keeps it. If one of the three is set, the
	// rule is not for references with a digest, and those whose tag is not known do not
	// move.
	IsImage           bool
	Tags, OldTag, Tag string

	isRename bool // of the catalogue: rules of the user for the same name come first

	// PullOnly says that To is a mirror: what a build pushes does not move.
	PullOnly bool

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
	s := r.From + withTags(r.Tags, r.OldTag) + " -> " + r.To + withTags("", r.Tag)
	if r.Name != "" {
		s += " (" + r.Name + ")"
	}
	return s
}

// withTags returns what follows the name of an image in a message.
func withTags(tags, tag string) string {
	switch {
	case tag != "":
		return ":" + tag
	case tags != "":
		return " (" + tags + ")"
	}
	return ""
}

// An imageID identifies a rule for a single image by what it does.
type imageID struct {
	from, to          prefixKey
	tags, oldTag, tag string
}

// imageID returns the ID of a rule for a single image.
func (r *parsedRule) imageID() imageID {
	return imageID{imageKey(r.from), r.to.key(), r.rule.Tags, r.rule.OldTag, r.rule.Tag}
}

// parsedRules are the rules of a Set as they are given, each once.
type parsedRules struct {
	prefixes, images []parsedRule
	oldPrefixes      []string // the distinct From prefixes as they were written
}

// parseRules parses rules and merges duplicates.
func parseRules(rules []Rule) (out parsedRules, err error) {
	byKey, seen, images := map[prefixKey]int{}, map[string]bool{}, map[imageID]bool{}
	for _, r := range rules {
		p, err := parseRule(r)
		if err != nil {
			return out, fmt.Errorf("rule %s: %w", describe(r), err)
		}
		if !seen[p.from.spelled] {
			seen[p.from.spelled] = true
			out.oldPrefixes = append(out.oldPrefixes, p.from.spelled)
		}
		if p.rule.IsImage {
			if id := p.imageID(); !images[id] {
				images[id] = true
				out.images = append(out.images, p)
			}
			continue
		}
		i, duplicate := byKey[p.from.key()]
		if !duplicate {
			byKey[p.from.key()] = len(out.prefixes)
			out.prefixes = append(out.prefixes, p)
			continue
		}
		o := &out.prefixes[i]
		if o.to.key() != p.to.key() {
			return out, fmt.Errorf("two rules move %s to different targets: %s, and %s; remove one of them", p.from.spelled, o, p)
		}
		for _, k := range p.keep {
			if !slices.ContainsFunc(o.keep, func(p prefix) bool { return p.key() == k.key() }) {
				o.keep = append(o.keep, k)
				o.rule.Keep = append(o.rule.Keep, k.spelled)
			}
		}
	}
	return out, nil
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
	if from.key() == to.key() && !r.IsImage || r.IsImage && imageKey(from) == imageKey(to) && r.newTagIsOld() {
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
	if r.IsImage {
		if _, err := parseImageRule(p); err != nil {
			return parsedRule{}, err
		}
	}
	return p, nil
}

// newTagIsOld reports whether the rule does not change a tag.
func (r Rule) newTagIsOld() bool { return r.Tag == "" || r.Tag == tagField || r.Tag == r.OldTag }

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
