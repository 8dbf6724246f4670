package rules

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/regmigrate/regmigrate/pkg/image"
)

// A Tag is the tag and the digest of a reference whose text does not contain them,
// because they are in fields of their own.
type Tag struct {
	Text   string // "" if it is not known
	Digest string
}

// A TagState says why the tag of a reference prevents a move.
type TagState uint8

const (
	TagAllows  TagState = iota // it does not
	OtherTag                   // the rule is for other tags
	UnknownTag                 // the tag is not known
)

// tagField is the text of Rule.Tag that stands for the tag of the reference.
const tagField = "{tag}"

// An imageRule is a rule for a single image.
type imageRule struct {
	rule       *Rule // one of Set.Rules
	from, to   prefix
	constraint *semver.Constraints // of Rule.Tags, or nil
}

// tagRE matches a tag. Source: github.com/distribution/reference, regexp.go.
var tagRE = regexp.MustCompile(`^[\w][\w.-]{0,127}$`)

// parseImageRule checks what parseRule does not know: the tags of a rule.
func parseImageRule(p parsedRule) (imageRule, error) {
	r := imageRule{from: p.from, to: p.to}
	switch rule := &p.rule; {
	case p.from.isURL():
		return r, errors.New("a rule with tags is for an image; https:// is the URL of a repository of charts")
	case len(rule.Keep) > 0:
		return r, errors.New("a rule with tags is for a single image, and has no keep entries")
	case p.from.path == "" || p.to.path == "":
		return r, errors.New("a rule with tags is for a single image; expected the name of an image in from and to, such as registry.k8s.io/coredns")
	case rule.Tags != "" && rule.OldTag != "":
		return r, errors.New("a rule has one tag or a range of tags")
	case rule.Tag != "" && !tagRE.MatchString(strings.Replace(rule.Tag, tagField, "x", 1)):
		return r, fmt.Errorf("tag %q is not a tag; expected, for example, v%s", rule.Tag, tagField)
	case rule.OldTag != "" && !tagRE.MatchString(rule.OldTag):
		return r, fmt.Errorf("%q is not a tag; expected, for example, 1.8.0", rule.OldTag)
	case rule.Tags != "":
		c, err := semver.NewConstraint(rule.Tags)
		if err != nil {
			return r, fmt.Errorf("tags %q is not a range of versions (%w); expected, for example, %q", rule.Tags, err, ">=1.8.0")
		}
		r.constraint = c
	}
	return r, nil
}

// dependsOnTag reports whether the tag of a reference decides what the rule does.
func (r *imageRule) dependsOnTag() bool { return r.rule.Tags+r.rule.OldTag+r.rule.Tag != "" }

// selects reports whether the rule is for the given tag.
func (r *imageRule) selects(tag string) bool {
	switch {
	case r.rule.OldTag != "":
		return tag == r.rule.OldTag
	case r.constraint != nil:
		v, err := semver.NewVersion(tag)
		return err == nil && r.constraint.Check(v)
	}
	return true
}

// newTag returns the tag after the move. Text before or after {tag} that the tag
// already has is not added again, so that a second run changes nothing.
func (r *imageRule) newTag(tag string) string {
	before, after, ok := strings.Cut(r.rule.Tag, tagField)
	switch {
	case r.rule.Tag == "":
		return tag
	case !ok:
		return r.rule.Tag
	}
	if strings.HasPrefix(tag, before) {
		before = ""
	}
	if strings.HasSuffix(tag, after) {
		after = ""
	}
	return before + tag + after
}

// condition describes the tags that the rule is for.
func (r *imageRule) condition() string {
	switch {
	case r.rule.OldTag != "":
		return "tag " + r.rule.OldTag
	case r.rule.Tags != "":
		return "tags " + r.rule.Tags
	}
	return "a known tag"
}

// A givenTag is the tag of a text that is matched.
type givenTag struct {
	tag       string // "" if it is not known
	hasDigest bool
	end       int  // byte offset of the end of the tag in the text
	inText    bool // the text has the tag
}

// tagAfter returns the tag of text, whose name ends at end, or the separate one.
func tagAfter(text string, end int, separate *Tag) givenTag {
	g := givenTag{end: end}
	rest, digest, hasDigest := strings.Cut(text[end:], "@")
	switch {
	case rest != "":
		g.inText, g.end = true, end+len(rest)
		if tag := strings.TrimPrefix(rest, ":"); tagRE.MatchString(tag) && !image.HasVariable(tag) {
			g.tag = tag
		}
	case separate != nil && tagRE.MatchString(separate.Text) && !image.HasVariable(separate.Text):
		g.tag = separate.Text
	}
	g.hasDigest = hasDigest && digest != "" || separate != nil && separate.Digest != ""
	return g
}

// matchImage applies the rules for the single image that ends at b. If none of them
// applies, ok is false, and the match says which rule is for other tags of the image,
// if there is one.
func (v textView) matchImage(n prefixNode, b boundary, separate *Tag) (m Match, ok bool) {
	if !v.endsName(b) {
		return Match{}, false
	}
	given := tagAfter(v.text, b.end, separate)
	var other Match
	found := false
	for i := range n.images {
		r := &n.images[i]
		x := v.replacement(r, b, given)
		switch {
		case !r.dependsOnTag():
		case given.hasDigest:
			other = x.kept(OtherTag, fmt.Sprintf("the rule is for %s, and the reference has a digest", r.condition()))
			continue
		case given.tag == "":
			return x.kept(UnknownTag, fmt.Sprintf("the rule is for %s, and the tag of the reference is not known", r.condition())), true
		case !r.selects(given.tag):
			other = x.kept(OtherTag, fmt.Sprintf("the rule is for %s, and the tag is %s", r.condition(), given.tag))
			continue
		case x.New == v.text[:x.Len] && x.NewTag == "":
			other = x.kept(OtherTag, "the tag is "+given.tag+" already")
			continue
		}
		switch {
		case !found:
			m, found = x, true
		case x.New == m.New && x.Len == m.Len && x.NewTag == m.NewTag:
		case m.Rule.Tags+m.Rule.OldTag != "" && !r.dependsOnTag():
			// A rule for the tag comes before one for all tags.
		default:
			return m.kept(UnknownTag, fmt.Sprintf("two rules are for the tag %s: to %s, and to %s", given.tag, m.Rule.To, r.rule.To)), true
		}
	}
	if found {
		return m, true
	}
	return other, false
}

// endsName reports whether the name of an image ends at b.
func (v textView) endsName(b boundary) bool {
	return !v.isPrefix() && b.suffix == "" && !b.componentFollows && (b.end == len(v.text) || v.text[b.end] == ':' || v.text[b.end] == '@')
}

// replacement returns what the rule r does to the reference, whose name ends at b.
func (v textView) replacement(r *imageRule, b boundary, given givenTag) Match {
	m := Match{Rule: r.rule, Len: b.end, New: v.spell(r.to), ByTag: r.dependsOnTag()}
	if tag := r.newTag(given.tag); given.tag != "" && tag != given.tag {
		if given.inText {
			m.Len, m.New = given.end, m.New+":"+tag
		} else {
			m.NewTag = tag
		}
	}
	return m
}

// kept returns m as a move that the tag prevents.
func (m Match) kept(state TagState, why string) Match {
	m.Keep, m.Tag, m.NewTag = why, state, ""
	return m
}

// imageKey returns the key of a single image: one without a namespace on Docker Hub is
// in library.
func imageKey(p prefix) prefixKey {
	k := p.key()
	if k.host == dockerHub && !strings.Contains(k.path, "/") {
		k.path = library + "/" + k.path
	}
	return k
}

// addImages adds the rules for single images. It returns an error if two of them
// contradict each other, or if a second run would change a result again.
func (s *Set) addImages(given []imageRule, prefixes []parsedRule) error {
	byKey := map[prefixKey][]imageRule{}
	for _, r := range given {
		k := imageKey(r.from)
		for _, o := range byKey[k] {
			if o.rule.Tags == r.rule.Tags && o.rule.OldTag == r.rule.OldTag {
				return fmt.Errorf("two rules move %s to different targets: %s, and %s; remove one of them", r.from.spelled, describe(*o.rule), describe(*r.rule))
			}
		}
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
// would pass by the rules for images on the way.
func deriveImages(byKey map[prefixKey][]imageRule, given []imageRule, prefixes []parsedRule, t prefixTable) error {
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
			derived.from = p.from.join(r.from.pathUnder(p.to))
			k := imageKey(derived.from)
			isKnown := slices.ContainsFunc(byKey[k], func(o imageRule) bool { return o.rule.Tags == r.rule.Tags && o.rule.OldTag == r.rule.OldTag })
			if e, ok := t.find(derived.from); !ok || e.rule == nil || e.from.key() != p.from.key() || isKnown || k == imageKey(r.to) {
				continue // another rule decides about the name
			}
			byKey[k] = append(byKey[k], derived)
			if queue = append(queue, derived); len(queue) > maxComposed {
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

// mayReach reports whether next may change the result of r. A rule that changes only the
// tag may follow: it does not change its own result.
func (r *imageRule) mayReach(next *imageRule) bool {
	isSelf := imageKey(next.from) == imageKey(next.to)
	if isSelf && next.rule.OldTag == "" {
		return false
	}
	constant := r.rule.OldTag
	if r.rule.Tag != "" {
		constant = ""
		if !strings.Contains(r.rule.Tag, tagField) {
			constant = r.rule.Tag
		} else if r.rule.OldTag != "" {
			constant = r.newTag(r.rule.OldTag)
		}
	}
	return constant == "" || next.selects(constant)
}
