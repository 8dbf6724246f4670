package rules

import (
	"fmt"
	"slices"
	"strings"
)

// addImages adds the rules for single images. It returns an error if two of them
// contradict each other, or if a second run would change a result again.
func (s *Set) addImages(given []imageRule, prefixes []parsedRule) error {
	byKey := map[prefixKey][]imageRule{}
	type selection struct {
		key          prefixKey
		tags, oldTag string
	}
	first := map[selection]*Rule{}
	for _, r := range given {
		k := imageKey(r.from)
		id := selection{k, r.rule.Tags, r.rule.OldTag}
		if o := first[id]; o != nil {
			return fmt.Errorf("two rules move %s to different targets: %s, and %s; remove one of them", r.from.spelled, describe(*o), describe(*r.rule))
		}
		first[id] = r.rule
		byKey[k] = append(byKey[k], r)
	}
	t := newPrefixTable(prefixes)
	for i := range given {
		if err := given[i].checkChain(byKey, t); err != nil {
			return err
		}
	}
	if err := deriveImages(byKey, given, prefixes, t); err != nil {
		return err
	}
	for k, list := range byKey {
		n := s.nodeAt(prefix{host: k.host, path: k.path})
		n.images = list
		s.hosts[k.host][k.path] = n
	}
	return nil
}

// deriveImages adds to byKey the rules for images that rules for prefixes move to the name
// of an image in given: package compose follows prefixes to the end of their chain, and
// would pass by the rules for images on the way. A rename of the catalogue is not derived
// for a name that a rule of the user is for.
func deriveImages(byKey map[prefixKey][]imageRule, given []imageRule, prefixes []parsedRule, t prefixTable) error {
	ofUser := map[prefixKey]bool{}
	for _, r := range given {
		if !r.rule.isRename {
			ofUser[imageKey(r.from)] = true
		}
	}
	derivedCount := 0
	queue := slices.Clone(given)
	for len(queue) > 0 {
		r := queue[0]
		queue = queue[1:]
		for i := range prefixes {
			p := &prefixes[i]
			if !r.from.isUnder(p.to) {
				continue
			}
			derived := r
			derived.from, derived.isDerived = p.from.join(r.from.pathUnder(p.to)), true
			k := imageKey(derived.from)
			isKnown := slices.ContainsFunc(byKey[k], func(o imageRule) bool { return o.rule.Tags == r.rule.Tags && o.rule.OldTag == r.rule.OldTag })
			if e, ok := t.find(derived.from); !ok || e.rule == nil || e.from.key() != p.from.key() || isKnown || k == imageKey(r.to) || r.rule.isRename && ofUser[k] {
				continue // another rule or a keep entry decides about the name
			}
			byKey[k] = append(byKey[k], derived)
			queue = append(queue, derived)
			if derivedCount++; derivedCount > maxComposed {
				return fmt.Errorf("combining the rules for single images makes more than %d rules", maxComposed)
			}
		}
	}
	return nil
}

// maxSteps is the maximum number of rules that a result is followed through.
const maxSteps = 64

// checkChain returns an error if another rule for a single image may change the result
// of r, or if rules for prefixes lead back to r.
func (r *imageRule) checkChain(byKey map[prefixKey][]imageRule, t prefixTable) error {
	p := r.to
	for range maxSteps {
		for _, next := range byKey[imageKey(p)] {
			if r.mayReach(&next) {
				if imageKey(r.from) == imageKey(next.to) && imageKey(r.from) != imageKey(r.to) {
					return fmt.Errorf("the rules form a cycle: %s, then %s; remove one of them", describe(*r.rule), describe(*next.rule))
				}
				return fmt.Errorf("the rules form a chain: %s, then %s; write the last name as the target of the first rule", describe(*r.rule), describe(*next.rule))
			}
		}
		e, ok := t.find(p)
		if !ok || e.rule == nil {
			return nil
		}
		p = e.rule.to.join(p.pathUnder(e.from))
		if imageKey(p) == imageKey(r.from) {
			return fmt.Errorf("the rules form a cycle: %s, then %s; remove one of them", describe(*r.rule), describe(e.rule.rule))
		}
	}
	return fmt.Errorf("rule %s: its target passes through more than %d rules", describe(*r.rule), maxSteps)
}

// mayReach reports whether next may change the result of r. A rule that adds text to the
// tag of one image may follow: it does not change its own result.
func (r *imageRule) mayReach(next *imageRule) bool {
	constant := r.rule.OldTag
	if r.rule.Tag != "" {
		constant = ""
		if !strings.Contains(r.rule.Tag, tagField) {
			constant = r.rule.Tag
		} else if r.rule.OldTag != "" {
			constant = r.newTag(r.rule.OldTag)
		}
	}
	if imageKey(next.from) == imageKey(next.to) && next.rule.OldTag == "" {
		return constant != "" && next.selects(constant) && next.newTag(constant) != constant
	}
	return constant == "" || next.selects(constant)
}
