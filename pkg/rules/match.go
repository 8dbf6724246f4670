package rules

import "strings"

// A Kind says what a text that is passed to [Set.Match] is.
type Kind uint8

const (
	// Reference is a whole reference with an explicit domain, or one that was
	// joined from pieces.
	Reference Kind = iota

	// ShortForm is a text that is known to be an image, so that `nginx` and
	// `bitnami/redis` are images on Docker Hub.
	ShortForm

	// Registry is a registry, or a registry and a path, in a key that names a
	// registry. It has no tag and no digest.
	Registry

	// ChartRepository is the URL of a repository of Helm charts on a web server.
	// Only rules that begin with https:// match it, and they match nothing else.
	ChartRepository
)

// A Match says how a rule changes a text: New replaces text[:Len].
type Match struct {
	Rule *Rule  // one of Set.Rules; read-only
	Len  int    // bytes of the text that New replaces; 0 if New is inserted before a short form
	New  string // the replacement

	// NewTag is the new tag of a reference whose tag is not in the text, or "" if it
	// does not change.
	NewTag string

	// ByTag says that the tag of the reference decides about the result. IsForImage says
	// that a rule for a single image makes it.
	ByTag, IsForImage bool

	// Keep is the keep entry that prevents the move, as written, or "". Len
	// and New then describe the change that was prevented. If Tag is not TagAllows,
	// the tag prevents the move, and Keep says why.
	Keep string
	Tag  TagState
}

// maxRounds is the maximum number of times that Match checks its own result
// for another match. New rejects cycles; another round is needed only for
// Docker Hub names without a namespace, which have one path component more
// than they show.
const maxRounds = 8

// Match returns how the rules change text, which is a reference
// `[domain[:port]/]path[:tag][@digest]` or, for Kind Registry, a registry
// alone. It returns false if no rule matches.
//
// The most specific rule wins, and rules match whole path components only.
// Template or shell variables may follow the matched prefix; a text that
// starts with a variable never matches.
//
// A rule with a path and a target without a path does not match the last
// component of a reference: gcr.io/google_containers:1 would become an image
// without a name.
//
// On Docker Hub, docker.io, index.docker.io and registry-1.docker.io are the
// same host, and a reference without a namespace is in library. If both sides
// of a rule are on Docker Hub, a short form stays short and the host is not
// respelled.
//
// A rule for a single image comes before all others. If its tags are not those of the
// reference, the next rule decides; if the tag is not known, the reference does not move.
func (s *Set) Match(text string, k Kind) (Match, bool) { return s.MatchTag(text, k, nil) }

// MatchTag is Match for a reference whose tag or digest is not in text. A nil tag means
// that it has neither.
func (s *Set) MatchTag(text string, k Kind, tag *Tag) (Match, bool) {
	m, ok := s.matchOnce(text, k, tag)
	if !ok || m.Keep != "" {
		return m, ok
	}
	for range maxRounds {
		result := m.New + text[m.Len:]
		if m.NewTag != "" {
			tag = &Tag{Text: m.NewTag, Digest: tag.Digest}
		}
		next, again := s.matchOnce(result, k, tag)
		m.ByTag, m.IsForImage = m.ByTag || next.ByTag, m.IsForImage || next.IsForImage
		switch {
		case !again, next.Keep != "" && next.Tag <= OtherTag, next.New == result[:next.Len] && next.NewTag == "":
			return m, true
		case next.Keep != "":
			return m.kept(next.Tag, next.Keep), true
		}
		if next.NewTag != "" {
			m.NewTag = next.NewTag
		}
		if next.Len <= len(m.New) {
			m.New = next.New + m.New[next.Len:]
			continue
		}
		m.Len += next.Len - len(m.New)
		m.New = next.New
	}
	if m.ByTag {
		return m.kept(UnknownTag, "the rules for the tags of this image form a cycle"), true
	}
	return Match{}, false
}

// matchOnce applies the most specific rule that matches, once.
func (s *Set) matchOnce(text string, k Kind, tag *Tag) (Match, bool) {
	v, ok := splitText(text, k)
	if !ok {
		return Match{}, false
	}
	nodes := s.hosts[v.host]
	if nodes == nil {
		return Match{}, false
	}
	keep, other := "", Match{}
	for _, b := range v.boundaries() {
		if len(b.path) > s.longest[v.host] {
			continue // a reference may have a million components: do not hash all its prefixes
		}
		n, ok := nodes[b.path]
		if k == Registry && v.host == dockerHub && len(n.images) == 0 && b.path != "" && !strings.Contains(b.path, "/") {
			n.images = nodes[library+"/"+b.path].images
		}
		if !ok && len(n.images) == 0 {
			continue
		}
		if len(n.images) > 0 {
			m, ok := v.matchImage(n, b, tag)
			if ok {
				return m, true
			}
			if m.Rule != nil {
				other = m
			}
		}
		if n.rule != nil {
			if m, ok := v.apply(n, b); ok {
				m.Keep, m.ByTag = keep, other.ByTag
				return m, true
			}
		}
		if n.rule == nil && keep == "" {
			keep = n.keep
		}
	}
	return other, other.Rule != nil
}

// apply returns the match of the rule of n, whose prefix ends at b. It returns
// false if the result would have no image name.
func (v textView) apply(n prefixNode, b boundary) (Match, bool) {
	if n.from.path != "" && n.to.path == "" && !b.componentFollows && !v.isPrefix() {
		return Match{}, false
	}
	return Match{Rule: n.rule, Len: b.end, New: v.spell(n.to) + b.suffix}, true
}

// spell returns the target to as the text spells Docker Hub.
func (v textView) spell(to prefix) string {
	if v.host == dockerHub && to.isDockerHub() && to.path != "" {
		first, _, _ := strings.Cut(to.path, "/")
		switch {
		case v.spelled != "":
			return v.spelled + "/" + to.path
		case !hasDomain(first):
			return to.path
		}
	}
	return to.spelled
}
