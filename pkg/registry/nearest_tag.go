package registry

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A NearTag is an existing tag that is near a missing one.
type NearTag struct {
	Tag string
	Why string // for a person: how it differs from the missing tag
	// SameVersion says that the tags differ in a leading v only.
	SameVersion bool
}

// A versionTag is a tag that begins with a version: v1.2.3-debian-12-r5.
type versionTag struct {
	text     string
	hasV     bool
	numbers  []int
	variant  string // -debian-12
	revision int    // 5; -1 if the tag has none
}

var (
	tagRE        = regexp.MustCompile(`^[\w][\w.-]{0,127}$`) // source: github.com/distribution/reference, regexp.go
	versionTagRE = regexp.MustCompile(`^(v?)([0-9]{1,9}(?:\.[0-9]{1,9}){0,3})([-._].*)?$`)
	revisionRE   = regexp.MustCompile(`^(.*)-r([0-9]{1,9})$`) // of the images of Bitnami
	debianRE     = regexp.MustCompile(`^(-debian-[0-9]+)?$`)
	preRE        = regexp.MustCompile(`^[-.](alpha|beta|dev|pre|preview|rc)[-.0-9]*$`)
	digitsRE     = regexp.MustCompile(`[0-9]+`)
)

// parseVersionTag parses a tag. ok is false if it does not begin with a version.
func parseVersionTag(text string) (t versionTag, ok bool) {
	m := versionTagRE.FindStringSubmatch(text)
	if m == nil || !tagRE.MatchString(text) {
		return versionTag{}, false
	}
	t = versionTag{text: text, hasV: m[1] != "", variant: m[3], revision: -1}
	if r := revisionRE.FindStringSubmatch(m[3]); r != nil {
		t.variant = r[1]
		t.revision, _ = strconv.Atoi(r[2])
	}
	for n := range strings.SplitSeq(m[2], ".") {
		x, _ := strconv.Atoi(n) // at most nine digits
		t.numbers = append(t.numbers, x)
	}
	return t, true
}

// number returns the number i of the version, 0 if it has fewer.
func (t versionTag) number(i int) int {
	if i < len(t.numbers) {
		return t.numbers[i]
	}
	return 0
}

// compareVersions compares the versions of a and b without the texts after them.
func compareVersions(a, b versionTag) int {
	for i := range 4 {
		if c := cmp.Compare(a.number(i), b.number(i)); c != 0 {
			return c
		}
	}
	return 0
}

// isPreRelease reports whether the text after the version says that it is not released.
func (t versionTag) isPreRelease() bool { return preRE.MatchString(t.variant) }

// isOfKind reports whether t is the tag of an image of the same kind as o: not 1.2-alpine for 1.2.
func (t versionTag) isOfKind(o versionTag) bool {
	switch {
	case t.variant == o.variant,
		debianRE.MatchString(t.variant) && debianRE.MatchString(o.variant),
		t.variant == "" && o.isPreRelease():
		return true
	case t.variant == "" || o.variant == "" || o.isPreRelease() != t.isPreRelease():
		return false
	}
	return digitsRE.ReplaceAllString(t.variant, "0") == digitsRE.ReplaceAllString(o.variant, "0")
}

// differsInV reports whether the tags differ in a leading v only.
func (t versionTag) differsInV(o versionTag) bool {
	return t.hasV != o.hasV && strings.TrimPrefix(t.text, "v") == strings.TrimPrefix(o.text, "v")
}

// compareForm orders tags of one version by how near their forms are to that of t.
func (t versionTag) compareForm(a, b versionTag) int {
	rank := func(x versionTag) int {
		n := 0
		for i, differs := range []bool{ // the most important one last
			len(x.numbers) != len(t.numbers), x.hasV != t.hasV, (x.revision < 0) != (t.revision < 0), x.variant != t.variant,
		} {
			if differs {
				n += 1 << i
			}
		}
		return n
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(b.revision, a.revision), strings.Compare(b.variant, a.variant), strings.Compare(a.text, b.text))
}

// NearestTags returns the tags that are nearest to tag, which is missing, the nearest
// first: the same version with or without v, the newest build of the same version, the
// newest patch of the same minor version, and the next newer version or, without a newer
// one, the newest older version. Every reason occurs at most once. Tags of another kind, such as
// 1.2.3-alpine for 1.2.3, are not near. The result is empty if tag is not a version. It
// does not depend on the order of tags.
func NearestTags(tag string, tags []string) []NearTag {
	want, ok := parseVersionTag(tag)
	if !ok {
		return nil
	}
	var near []versionTag
	for _, text := range tags {
		if t, ok := parseVersionTag(text); ok && text != tag && t.isOfKind(want) {
			near = append(near, t)
		}
	}
	// The oldest version first; of one version, the nearest form first.
	slices.SortFunc(near, func(a, b versionTag) int { return cmp.Or(compareVersions(a, b), want.compareForm(a, b)) })
	var out []NearTag
	add := func(why string, selects func(t versionTag) bool, newest bool) {
		found := -1
		for i, t := range near {
			if selects(t) && (found < 0 || newest && compareVersions(near[found], t) < 0) {
				found = i
			}
		}
		if found >= 0 && !slices.ContainsFunc(out, func(n NearTag) bool { return n.Tag == near[found].text }) {
			out = append(out, NearTag{Tag: near[found].text, Why: why, SameVersion: near[found].differsInV(want)})
		}
	}
	add("the same version, with v", func(t versionTag) bool { return t.differsInV(want) && t.hasV }, false)
	add("the same version, without v", func(t versionTag) bool { return t.differsInV(want) && !t.hasV }, false)
	add("another build of the same version", func(t versionTag) bool { return compareVersions(t, want) == 0 && !t.differsInV(want) }, false)
	add("the newest patch of the same minor version", func(t versionTag) bool {
		return t.number(0) == want.number(0) && t.number(1) == want.number(1) && compareVersions(t, want) > 0
	}, true)
	add("the next newer version", func(t versionTag) bool { return compareVersions(t, want) > 0 }, false)
	if !slices.ContainsFunc(near, func(t versionTag) bool { return compareVersions(t, want) > 0 }) {
		add("the newest older version", func(t versionTag) bool { return compareVersions(t, want) < 0 }, true)
	}
	return out
}

// otherV returns the tag with v if it has none, and without it otherwise; "" if the tag
// is not a version.
func otherV(tag string) string {
	t, ok := parseVersionTag(tag)
	switch {
	case !ok:
		return ""
	case t.hasV:
		return tag[1:]
	case len(tag) == 128: // the longest tag
		return ""
	}
	return "v" + tag
}
