package rules

import (
	"bytes"
	"slices"
	"strings"
)

// mayMatch answers Set.MayMatch.
type mayMatch struct {
	hosts *finder
	parts [][][][]byte // by id of the host: what else must occur, rule by rule
	hub   [][][]byte   // rules on Docker Hub: all must occur
	any   bool         // a rule takes images that a file names by one word
}

func newMayMatch(moves []move) mayMatch {
	m := mayMatch{}
	var hosts []string
	for _, r := range moves {
		if r.from.onHub() {
			path := strings.TrimPrefix(strings.TrimPrefix(r.from.path, library), "/")
			if path == "" {
				m.any = true
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

func holdsAll(chunk []byte, parts [][]byte) bool {
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
	for _, parts := range s.may.hub {
		if holdsAll(chunk, parts) {
			return true
		}
	}
	if s.may.any && goesWithImage(chunk) {
		return true
	}
	var tried []bool
	may := false
	s.may.hosts.each(chunk, func(n needle, _ int) bool {
		if tried == nil {
			tried = make([]bool, len(s.may.parts))
		}
		if tried[n.id] {
			return true
		}
		tried[n.id] = true
		may = slices.ContainsFunc(s.may.parts[n.id], func(parts [][]byte) bool { return holdsAll(chunk, parts) })
		return !may
	})
	return may
}

// goesWithImage reports whether a word stands in chunk that a file needs to
// name an image by its short form: the keys of Kubernetes, Compose and the CI
// systems, FROM of a Dockerfile. Upper and lower case count the same.
func goesWithImage(chunk []byte) bool {
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
