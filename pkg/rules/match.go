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

	// Keep is the keep entry that prevents the move, as written, or "". Len
	// and New then describe the change that was prevented.
	Keep string
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
func (s *Set) Match(text string, k Kind) (Match, bool) {
	m, ok := s.matchOnce(text, k)
	if !ok || m.Keep != "" {
		return m, ok
	}
	for range maxRounds {
		result := m.New + text[m.Len:]
		next, again := s.matchOnce(result, k)
		if !again || next.Keep != "" || next.New == result[:next.Len] {
			return m, true
		}
		if next.Len <= len(m.New) {
			m.New = next.New + m.New[next.Len:]
			continue
		}
		m.Len += next.Len - len(m.New)
		m.New = next.New
	}
	return Match{}, false
}

// matchOnce applies the most specific rule that matches, once.
func (s *Set) matchOnce(text string, k Kind) (Match, bool) {
	v, ok := splitText(text, k)
	if !ok {
		return Match{}, false
	}
	nodes := s.hosts[v.host]
	if nodes == nil {
		return Match{}, false
	}
	keep := ""
	for _, b := range v.boundaries() {
		n, ok := nodes[b.path]
		if !ok {
			continue
		}
		if n.rule != nil {
			if m, ok := v.apply(n, b); ok {
				m.Keep = keep
				return m, true
			}
		}
		if n.rule == nil && keep == "" {
			keep = n.keep
		}
	}
	return Match{}, false
}

// apply returns the match of the rule of n, whose prefix ends at b. It returns
// false if the result would have no image name.
func (v textView) apply(n prefixNode, b boundary) (Match, bool) {
	if n.from.path != "" && n.to.path == "" && !b.componentFollows && !v.isPrefix() {
		return Match{}, false
	}
	to := n.to.spelled
	if v.host == dockerHub && n.to.isDockerHub() && n.to.path != "" {
		first, _, _ := strings.Cut(n.to.path, "/")
		switch {
		case v.spelled != "":
			to = v.spelled + "/" + n.to.path
		case !hasDomain(first):
			to = n.to.path
		}
	}
	return Match{Rule: n.rule, Len: b.end, New: to + b.suffix}, true
}
