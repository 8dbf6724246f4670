package rules

import (
	"bytes"
	"slices"
	"strings"
)

// matchFilter answers Set.MayMatch.
type matchFilter struct {
	hosts        *finder
	parts        [][][][]byte // by id of the host: what else must occur, rule by rule
	hub          [][][]byte   // rules on Docker Hub: all must occur
	anyShortName bool         // a rule takes images that a file names by one word
}

func newMatchFilter(moves []parsedRule) matchFilter {
	m := matchFilter{}
	var hosts []string
	for _, r := range moves {
		if r.from.isDockerHub() {
			path := strings.TrimPrefix(strings.TrimPrefix(r.from.path, library), "/")
			if path == "" {
				m.anyShortName = true
				continue
			}
			m.hub = append(m.hub, components(path))
			continue
		}
		id := slices.Index(hosts, r.from.host)
		if id < 0 {
			id = len(hosts)
			hosts = append(hosts, r.from.host)
			m.parts = append(m.parts, nil)
		}
		m.parts[id] = append(m.parts[id], components(r.from.path))
	}
	m.hosts = newFinder(hosts)
	return m
}

func components(path string) [][]byte {
	if path == "" {
		return nil
	}
	return bytes.Split([]byte(path), []byte("/"))
}

func containsAll(chunk []byte, parts [][]byte) bool {
	for _, p := range parts {
		if !bytes.Contains(chunk, p) {
			return false
		}
	}
	return true
}

// MayMatch reports whether chunk may hold an occurrence that a rule selects,
// explicit or implied. It is false only if it holds none: neither the host of
// a rule together with all components of its path, which may stand apart; nor,
// for Docker Hub, those components alone; nor, for a rule on all of Docker
// Hub or its library, any word that goes with an image. It looks at the bytes
// as they are: escapes inside a host or a component are not undone.
func (s *Set) MayMatch(chunk []byte) bool {
	for _, parts := range s.filter.hub {
		if containsAll(chunk, parts) {
			return true
		}
	}
	if s.filter.anyShortName && containsImageWord(chunk) {
		return true
	}
	var tried []bool
	may := false
	s.filter.hosts.each(chunk, func(n needle, _ int) bool {
		if tried == nil {
			tried = make([]bool, len(s.filter.parts))
		}
		if tried[n.id] {
			return true
		}
		tried[n.id] = true
		may = slices.ContainsFunc(s.filter.parts[n.id], func(parts [][]byte) bool { return containsAll(chunk, parts) })
		return !may
	})
	return may
}

// containsImageWord reports whether a word stands in chunk that a file needs to
// name an image by its short form: the keys of Kubernetes, Compose and the CI
// systems, FROM of a Dockerfile. Upper and lower case count the same.
func containsImageWord(chunk []byte) bool {
	for _, word := range []string{"image", "repo", "from", "container", "docker", "service"} {
		if containsFold(chunk, word) {
			return true
		}
	}
	return false
}

// containsFold reports whether word, lower-case ASCII, stands in chunk in any
// case.
func containsFold(chunk []byte, word string) bool {
	for _, first := range []byte{word[0], word[0] - 'a' + 'A'} {
		for at := 0; ; at++ {
			i := bytes.IndexByte(chunk[at:], first)
			if i < 0 || at+i+len(word) > len(chunk) {
				break
			}
			at += i
			if bytes.EqualFold(chunk[at:at+len(word)], []byte(word)) {
				return true
			}
		}
	}
	return false
}
