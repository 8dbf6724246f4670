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
	Why    string // for a person: why the tag is not known; may be empty
}

// A TagState says why the tag of a reference prevents a move.
type TagState uint8

const (
	TagAllows  TagState = iota // it does not
	OtherTag                   // the rule is for other tags
	UnknownTag                 // the tag is not known, or two rules are for it
	NoImage                    // the reference is not that of an image, for which the rule is
)

// tagField is the text of Rule.Tag that stands for the tag of the reference.
const tagField = "{tag}"

// An imageRule is a rule for a single image.
type imageRule struct {
	rule       *Rule // one of Set.Rules
	from, to   prefix
	constraint *semver.Constraints // of Rule.Tags, or nil
	isDerived  bool                // a rule for a prefix moves its name to that of a rule of the user
}

// tagRE matches a tag. Source: github.com/distribution/reference, regexp.go.
var tagRE = regexp.MustCompile(`^[\w][\w.-]{0,127}$`)

// beforeTagRE and afterTagRE match text before and after {tag}. A tag can begin or end with
// other texts, such as a digit, without having been changed by the rule.
var (
	beforeTagRE = regexp.MustCompile(`^([A-Za-z_][\w.-]*)?$`)
	afterTagRE  = regexp.MustCompile(`^([._-]*[A-Za-z][\w.-]*)?$`)
)

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
	case rule.OldTag != "" && !tagRE.MatchString(rule.OldTag):
		return r, fmt.Errorf("%q is not a tag; expected, for example, 1.8.0", rule.OldTag)
	}
	if err := checkNewTag(p.rule.Tag); err != nil {
		return r, err
	}
	if p.rule.Tags != "" {
		c, err := semver.NewConstraint(p.rule.Tags)
		if err != nil {
			return r, fmt.Errorf("tags %q is not a range of versions (%w); expected, for example, %q", p.rule.Tags, err, ">=1.8.0")
		}
		if !meetsAny(c, p.rule.Tags) {
			return r, fmt.Errorf("tags %q: no version is in this range, so that the rule would select nothing; expected, for example, %q", p.rule.Tags, ">=1.8.0, <2")
		}
		r.constraint = c
	}
	return r, nil
}

// checkNewTag returns an error if text is neither a tag nor a tag around {tag}, or if a
// second run could not tell whether a tag has the text around {tag} already.
func checkNewTag(text string) error {
	before, after, ok := strings.Cut(text, tagField)
	switch {
	case text != "" && !tagRE.MatchString(strings.Replace(text, tagField, "x", 1)):
		return fmt.Errorf("tag %q is not a tag; expected, for example, v%s", text, tagField)
	case !ok:
		return nil
	case !beforeTagRE.MatchString(before):
		return fmt.Errorf("tag %q: text before %s must begin with a letter, such as v%[2]s: other tags may begin with %[3]q already, and a second run would not know", text, tagField, before)
	case !afterTagRE.MatchString(after):
		return fmt.Errorf("tag %q: text after %s must begin with a letter after a separator, such as %[2]s-alpine: other tags may end with %[3]q already, and a second run would not know", text, tagField, after)
	}
	return nil
}

// dependsOnTag reports whether the tag of a reference decides what the rule does.
func (r *imageRule) dependsOnTag() bool { return r.rule.DependsOnTag() }

// DependsOnTag reports whether the tag of a reference decides what the rule does.
func (r *Rule) DependsOnTag() bool { return r.Tags+r.OldTag+r.Tag != "" }

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

// rank orders the rules that select one tag: one for the tag comes before one for a range,
// and this before one for all tags. Derived rules come last.
func (r *imageRule) rank() int {
	n := 0
	switch {
	case r.rule.OldTag != "":
		n = 2
	case r.rule.Tags != "":
		n = 1
	}
	if !r.isDerived {
		n += 3
	}
	return n
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
	why       string // why it is not known; may be empty
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
	case separate != nil:
		g.why = separate.Why
	}
	g.hasDigest = hasDigest && digest != "" || separate != nil && separate.Digest != ""
	return g
}

// matchImage applies the rules for the single image that ends at b. If none of them
// applies, ok is false, and the match says which rule is for other tags of the image,
// if there is one.
func (v textView) matchImage(n prefixNode, b boundary, separate *Tag) (m Match, ok bool) {
	if v.isPrefix() {
		return v.matchRegistry(n, b)
	}
	if !v.endsName(b) {
		return Match{}, false
	}
	given := tagAfter(v.text, b.end, separate)
	byTag := slices.ContainsFunc(n.images, func(r imageRule) bool { return r.dependsOnTag() })
	var other Match
	var best *imageRule
	for i := range n.images {
		r := &n.images[i]
		x := v.replacement(r, b, given)
		x.ByTag = byTag
		switch {
		case !r.dependsOnTag():
		case given.hasDigest:
			other = x.kept(OtherTag, fmt.Sprintf("the rule is for %s, and the reference has a digest", r.condition()))
			continue
		case given.tag == "" && given.why != "":
			return x.kept(UnknownTag, fmt.Sprintf("the rule is for %s; %s", r.condition(), given.why)), true
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
		case best == nil || r.rank() > best.rank():
			m, best = x, r
		case r.rank() < best.rank(), m.Tag == TagAllows && x.New == m.New && x.Len == m.Len && x.NewTag == m.NewTag:
		default:
			m = m.kept(UnknownTag, fmt.Sprintf("two rules are for the tag %s: to %s, and to %s", given.tag, m.Rule.To, r.rule.To))
		}
	}
	if best != nil {
		return m, true
	}
	return other, false
}

// matchRegistry returns a match that the kind of the text prevents, if the text is the
// name of the image of n in a field for a registry: whether the tool adds another name to
// it is not known.
func (v textView) matchRegistry(n prefixNode, b boundary) (m Match, ok bool) {
	if v.kind != Registry || b.end < len(strings.TrimSuffix(v.text, "/")) {
		return Match{}, false
	}
	m = v.replacement(&n.images[0], b, givenTag{end: b.end})
	return m.kept(NoImage, fmt.Sprintf("the rule is for the image %s, and this field may be a registry, to which a name is added", m.Rule.From)), true
}

// endsName reports whether the name of an image ends at b.
func (v textView) endsName(b boundary) bool {
	return !v.isPrefix() && b.suffix == "" && !b.componentFollows && (b.end == len(v.text) || v.text[b.end] == ':' || v.text[b.end] == '@')
}

// replacement returns what the rule r does to the reference, whose name ends at b.
func (v textView) replacement(r *imageRule, b boundary, given givenTag) Match {
	m := Match{Rule: r.rule, Len: b.end, New: v.spell(r.to), ByTag: r.dependsOnTag(), IsForImage: true}
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
