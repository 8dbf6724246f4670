package rules

import (
	"strings"

	"github.com/regmigrate/regmigrate/pkg/image"
)

// A matchFilter implements [Set.MayMatch].
type matchFilter struct {
	hosts        *finder
	parts        []pathList // by index in hosts
	hub          pathList   // of rules on Docker Hub
	anyShortName bool       // a rule moves names without a namespace
}

func newMatchFilter(rules []parsedRule) matchFilter {
	f := matchFilter{}
	var hosts []string
	ids := map[string]int{}
	for _, r := range rules {
		if r.from.isDockerHub() {
			path := strings.TrimPrefix(strings.TrimPrefix(r.from.path, library), "/")
			if path == "" {
				f.anyShortName = true
				continue
			}
			f.hub.add(path)
			continue
		}
		id, ok := ids[r.from.host]
		if !ok {
			id = len(hosts)
			ids[r.from.host] = id
			hosts = append(hosts, r.from.host)
			f.parts = append(f.parts, pathList{})
		}
		f.parts[id].add(r.from.path)
	}
	f.hosts = newFinder(hosts)
	return f
}

// MayMatch reports whether chunk can contain an occurrence that a rule selects,
// spelled out or implicit. A result of true can be wrong; a result of false
// never is. MayMatch returns true if chunk contains
//
//   - the host of a rule and all path components of that rule, in any order and
//     place, or
//   - all path components of a rule on a Docker Hub namespace or image, or
//   - a word that a file needs to name an image, if a rule is on all of Docker
//     Hub or on library.
//
// A file in which a field without such a word holds an image is an exception; see
// SelectsAllOfDockerHub.
//
// MayMatch compares raw bytes: it does not decode escapes inside a host or a
// path component.
func (s *Set) MayMatch(chunk []byte) bool { return s.mayMatch(chunk, image.HasKeyword) }

// MayMatchByItself is MayMatch for a file, or a document in a file, that no other file
// explains: not for the values of a chart, in which any word may become an image. It is
// false for more chunks, and takes longer; see [image.MayHaveShortName].
func (s *Set) MayMatchByItself(chunk []byte) bool { return s.mayMatch(chunk, image.MayHaveShortName) }

func (s *Set) mayMatch(chunk []byte, mayHaveShortName func([]byte) bool) bool {
	if s.filter.hub.anyIn(chunk) {
		return true
	}
	if s.filter.anyShortName && mayHaveShortName(chunk) {
		return true
	}
	var tried []bool
	found := false
	s.filter.hosts.each(chunk, func(n needle, _ int) bool {
		if tried == nil {
			tried = make([]bool, len(s.filter.parts))
		}
		if tried[n.id] {
			return true
		}
		tried[n.id] = true
		found = s.filter.parts[n.id].anyIn(chunk)
		return !found
	})
	return found
}

// SelectsAllOfDockerHub reports whether a rule is on all of Docker Hub or on library:
// then a short name may be any word.
func (s *Set) SelectsAllOfDockerHub() bool { return s.filter.anyShortName }

// SelectsDockerHub reports whether a rule is on Docker Hub, or on a part of it: then the
// rules select short names.
func (s *Set) SelectsDockerHub() bool { return s.filter.anyShortName || len(s.filter.hub.paths) > 0 }
